import { encodeBase64Url } from '../base/base64url.ts'
import type { Random } from '../base/random.ts'
import type { SecretKey, SecretKeys } from '../keys/secret-keys.ts'

/** For scanners that look for leaked secrets. */
const PREFIX = 'cs_device_'
const SECRET_BYTES = 32

/** Consonants alone: no words arise, and no letter is taken for a digit or another one (RFC 8628 section 6.1). */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'
const USER_CODE_LENGTH = 8

/** How long a device waits for somebody to allow it (RFC 8628 section 3.2). */
export const DEVICE_CODE_LIFE_MILLISECONDS = 600_000

/** How long a device waits between two questions. */
export const POLL_MILLISECONDS = 5000

/** What a device asks with: 256 random bits. Only the store knows whether it is good. */
export function makeDeviceCode(random: Random): string {
  return PREFIX + encodeBase64Url(random(SECRET_BYTES))
}

/** What a person types: eight letters of twenty, 34 bits. Who guesses is slowed down (RFC 8628 section 5.1). */
export function makeUserCode(random: Random): string {
  // Bytes above are dropped, so that each letter is as likely as any other.
  const fair = 256 - (256 % LETTERS.length)
  let code = ''
  while (code.length < USER_CODE_LENGTH) {
    const [byte = fair] = random(1)
    if (byte < fair) code += LETTERS[byte % LETTERS.length]
  }
  return code
}

/** As it is shown: `WDJB-MJHT`. */
export function showUserCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`
}

/** What somebody typed, without what separates; undefined where it cannot be a code of ours. */
export function readUserCode(text: string): string | undefined {
  const code = text.toUpperCase().replaceAll(/[\s\p{P}]/gu, '')
  return code.length === USER_CODE_LENGTH && [...code].every((letter) => LETTERS.includes(letter))
    ? code
    : undefined
}

/** What is kept of it. Keyed, for from a plain hash so short a text would be found by trying all. */
export function hashUserCode(code: string, key: SecretKey): string {
  return Buffer.from(key.mac('user code', code), 'latin1').toString('base64url')
}

/** The same under each key, for the key that writes may have changed since. */
export function userCodeHashes(code: string, keys: SecretKeys): string[] {
  return keys.fingerprints.flatMap((fingerprint) => {
    const key = keys.find(fingerprint)
    return key === undefined ? [] : [hashUserCode(code, key)]
  })
}
