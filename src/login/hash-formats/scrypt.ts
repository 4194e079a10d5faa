import { createCipheriv } from 'node:crypto'
import { scryptHash } from './derivation.ts'
import { decodeBase64, type HashFormat } from './format.ts'

const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,4}),p=(\d{1,4})\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/

/** `$scrypt$ln=16,r=8,p=1$salt$hash`, as passlib and the PHC libraries write it. */
export const scrypt: HashFormat = {
  name: 'scrypt',
  recognises: (stored) => stored.startsWith('$scrypt$'),
  read(stored) {
    const [, costBits, blockSize, lanes, salt, expected] = PHC.exec(stored) ?? []
    if (!salt || !expected) return 'malformed'
    return scryptHash({
      cost: 2 ** Number(costBits),
      blockSize: Number(blockSize),
      lanes: Number(lanes),
      salt: decodeBase64(salt),
      expected: decodeBase64(expected),
    })
  },
}

const FIREBASE =
  /^\$fbscrypt\$v=1,n=(\d{1,2}),r=(\d{1,4}),p=(\d{1,4}),ss=([\w+/=-]+),sk=([\w+/=-]+)\$([\w+/=-]+)\$([\w+/=-]+)$/

/** Firebase exports base64url; tools that build this text write either alphabet. */
function decodeEither(text: string): Uint8Array | undefined {
  return decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/'))
}

/**
 * `$fbscrypt$v=1,n=14,r=8,p=1,ss=…,sk=…$salt$hash`: Firebase's scrypt with the four parameters of its project (memory
 * cost, rounds, salt separator, signer key), in the text that Supabase's importer made customary. What scrypt derives
 * is the AES-256-CTR key under which the signer key was encrypted; that is the hash.
 */
export const firebaseScrypt: HashFormat = {
  name: 'Firebase scrypt',
  recognises: (stored) => stored.startsWith('$fbscrypt$'),
  read(stored) {
    const [, costBits, blockSize, lanes, ...texts] = FIREBASE.exec(stored) ?? []
    const [separator, signerKey, userSalt, expected] = texts.map(decodeEither)
    if (!separator || !signerKey || !userSalt || !expected) return 'malformed'
    if (signerKey.byteLength !== expected.byteLength || expected.byteLength < 32) return 'malformed'
    const key = scryptHash({
      cost: 2 ** Number(costBits),
      blockSize: Number(blockSize),
      lanes: Number(lanes),
      salt: Buffer.concat([userSalt, separator]),
      expected: new Uint8Array(32),
    })
    if (typeof key === 'string') return key
    return {
      expected,
      derive(password) {
        const derived = key.derive(password)
        if (typeof derived === 'string') return derived
        return createCipheriv('aes-256-ctr', derived, new Uint8Array(16)).update(signerKey)
      },
    }
  },
}
