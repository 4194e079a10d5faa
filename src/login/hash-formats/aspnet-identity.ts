import { pbkdf2Hash } from './derivation.ts'
import { decodeBase64, type HashFormat } from './format.ts'

const VERSION_3_DIGESTS = ['sha1', 'sha256', 'sha512'] as const

/**
 * ASP.NET Identity: base64 of a version byte and what belongs to it, numbers with the highest byte first.
 * 0: salt of 16 bytes, hash of 32 (PBKDF2 with SHA-1, 1,000 iterations).
 * 1: digest, iterations and salt length (4 bytes each), salt, hash.
 */
export const aspnetIdentity: HashFormat = {
  name: 'ASP.NET Identity',
  recognises: (stored) => /^A[AQ][A-Za-z0-9+/]{60,}={0,2}$/.test(stored),
  read(stored) {
    const decoded = decodeBase64(stored)
    if (!decoded) return 'malformed'
    const bytes = Buffer.from(decoded)
    if (bytes[0] === 0) {
      if (bytes.byteLength !== 49) return 'malformed'
      return pbkdf2Hash({
        digest: 'sha1',
        iterations: 1000,
        salt: bytes.subarray(1, 17),
        expected: bytes.subarray(17),
      })
    }
    const digest = VERSION_3_DIGESTS[bytes.readUInt32BE(1)]
    const saltEnd = 13 + bytes.readUInt32BE(9)
    if (bytes[0] !== 1 || !digest || saltEnd > bytes.byteLength) return 'malformed'
    return pbkdf2Hash({
      digest,
      iterations: bytes.readUInt32BE(5),
      salt: bytes.subarray(13, saltEnd),
      expected: bytes.subarray(saltEnd),
    })
  },
}
