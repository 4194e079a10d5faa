/**
 * The most bytes a password may have, as UTF-8. A cap that nobody meets by typing: it only keeps the work of a hash
 * within bounds. It leaves room for 256 characters of any script.
 */
export const MAXIMUM_PASSWORD_BYTES = 1024

/**
 * The form in which a password is hashed: Unicode NFC, so that an `é` typed as one character and one typed as letter and
 * accent are the same password. NFC (as RFC 8265 section 4.2 asks for passwords) and not NFKC: it keeps apart what
 * looks different (`²` and `2`), and leaves what keyboards send as it is, so that hashes move to and from systems that
 * do not normalise. Nothing is trimmed, cut or folded.
 */
export function normalisePassword(password: string): string {
  return password.normalize('NFC')
}

/**
 * Whether a hash of this text means this text and no other. A NUL does not do: bcrypt ends there, and HMAC (so PBKDF2
 * and scrypt) cannot tell `pw` from `pw` and NUL. Half a surrogate pair does not do: UTF-8 writes them all alike.
 */
export function isHashable(password: string): boolean {
  return (
    !password.includes('\0') &&
    password.isWellFormed() &&
    Buffer.byteLength(password) <= MAXIMUM_PASSWORD_BYTES
  )
}
