import { pbkdf2Hash } from './derivation.ts'
import { decodeBase64, type HashFormat } from './format.ts'

const PATTERN =
  /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$(?:i=)?(\d{1,9})(?:,l=\d{1,3})?\$([\w+/.=]+)\$([\w+/.=]+)$/

/** passlib writes a dot for the plus of standard base64. */
function decodeAdapted(text: string): Uint8Array | undefined {
  return decodeBase64(text.replaceAll('.', '+'))
}

/** `$pbkdf2-sha256$29000$salt$hash` of passlib (no digest named: SHA-1), and `i=…,l=…` as PHC libraries write it. */
export const pbkdf2: HashFormat = {
  name: 'PBKDF2',
  recognises: (stored) => stored.startsWith('$pbkdf2'),
  read(stored) {
    const [, digest = 'sha1', iterations, salt, expected] = PATTERN.exec(stored) ?? []
    if (!salt || !expected) return 'malformed'
    return pbkdf2Hash({
      digest: digest === 'sha256' || digest === 'sha512' ? digest : 'sha1',
      iterations: Number(iterations),
      salt: decodeAdapted(salt),
      expected: decodeAdapted(expected),
    })
  },
}
