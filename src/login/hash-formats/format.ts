/**
 * Why a stored hash could not be compared with a password at all. `format_refused`: known and not safe to read.
 * `password_unsuitable`: this format would not hash the whole password.
 */
export type HashProblem =
  | 'format_unknown'
  | 'format_refused'
  | 'malformed'
  | 'cost_too_high'
  | 'password_unsuitable'

/** A stored hash, read: what the right password derives to, and how to derive it. */
export interface StoredHash {
  readonly expected: Uint8Array
  /** Throws nothing that depends on the password. */
  derive(password: string): Uint8Array | HashProblem
}

/** One way other systems write down a password hash. Its costs are checked on reading, before anything is derived. */
export interface HashFormat {
  readonly name: string
  recognises(stored: string): boolean
  read(stored: string): StoredHash | HashProblem
}

/** Bytes of standard base64, with or without padding, in its one canonical spelling; otherwise undefined. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  const canonical = bytes.toString('base64')
  return text === canonical || text === canonical.replace(/=+$/, '') ? bytes : undefined
}
