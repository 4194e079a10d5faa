import { createHash } from 'node:crypto'
import { argon2 } from './argon2.ts'
import { readBcrypt } from './bcrypt.ts'
import { pbkdf2Hash, scryptHash } from './derivation.ts'
import { decodeBase64, type HashFormat, type HashProblem, type StoredHash } from './format.ts'

/** Django's salts are text and used as such. */
const utf8 = (text: string) => new TextEncoder().encode(text)

const PBKDF2 = /^pbkdf2_(sha1|sha256)\$(\d{1,9})\$([^$]+)\$([A-Za-z0-9+/]+=*)$/
const SCRYPT = /^scrypt\$(\d{1,8})\$([^$]+)\$(\d{1,4})\$(\d{1,4})\$([A-Za-z0-9+/]+=*)$/

const readers: Readonly<Record<string, (stored: string) => StoredHash | HashProblem>> = {
  pbkdf2(stored) {
    const [, digest, iterations, salt, expected] = PBKDF2.exec(stored) ?? []
    if (!salt || !expected) return 'malformed'
    return pbkdf2Hash({
      digest: digest === 'sha256' ? 'sha256' : 'sha1',
      iterations: Number(iterations),
      salt: utf8(salt),
      expected: decodeBase64(expected),
    })
  },
  scrypt(stored) {
    const [, cost, salt, blockSize, lanes, expected] = SCRYPT.exec(stored) ?? []
    if (!salt || !expected) return 'malformed'
    return scryptHash({
      cost: Number(cost),
      blockSize: Number(blockSize),
      lanes: Number(lanes),
      salt: utf8(salt),
      expected: decodeBase64(expected),
    })
  },
  argon2: (stored) => argon2.read(stored.slice('argon2'.length)),
  bcrypt: (stored) => readBcrypt(stored.slice('bcrypt$'.length)),
  bcrypt_sha256: (stored) =>
    readBcrypt(stored.slice('bcrypt_sha256$'.length), (password) =>
      createHash('sha256').update(password).digest('hex'),
    ),
}

function readerOf(stored: string) {
  const name = /^(pbkdf2|scrypt|argon2|bcrypt_sha256|bcrypt)(?=[_$])/.exec(stored)?.[1]
  return name === undefined ? undefined : readers[name]
}

/** `pbkdf2_sha256$1000000$salt$hash` and the other hashers that Django offers, each behind its name and a dollar. */
export const django: HashFormat = {
  name: 'Django',
  recognises: (stored) => readerOf(stored) !== undefined,
  read: (stored) => readerOf(stored)?.(stored) ?? 'malformed',
}
