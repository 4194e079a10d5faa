import { decodeBase64Url } from '../base/base64url.ts'
import { equalInConstantTime } from '../base/constant-time.ts'
import { uuidFromHex, uuidToHex } from '../base/uuid.ts'
import { AuthError } from '../errors/auth-error.ts'
import { Refusal } from '../errors/refusal.ts'
import type { SecretKey, SecretKeys } from '../keys/secret-keys.ts'

/** For scanners that look for leaked secrets. */
const PREFIX = 'cs_rt_'
const VERSION = 1
const VERSION_HEX = '01'

/** version 1 · user id 16 · secret key 4 · session id 16 · generation 6 · session secret 16 · MAC 32 */
const AT = { user: 1, key: 17, session: 21, generation: 37, secret: 43, mac: 59, end: 91 } as const

export const SESSION_SECRET_BYTES = 16
const LARGEST_GENERATION = 2 ** 48 - 1

/** What the text of a refresh token says. Its MAC was right; whether it is current only the store can tell. */
export interface RefreshToken {
  readonly userId: string
  readonly sessionId: string
  readonly generation: number
  /** Fingerprint of the secret key its MAC is made with. */
  readonly keyId: string
  /** Constant through the life of the session; the store holds only its hash. */
  readonly sessionSecret: Uint8Array
}

/**
 * Refresh tokens of one issuer. A token's text is a pure function of its parts and the secret key: one generation has
 * one text, so a repeated answer is the same answer, and a crash cannot fork a session. The MAC covers every part,
 * the purpose and the issuer, and is checked before any database is asked.
 */
export interface RefreshTokens {
  /** Throws AuthError `SECRET_KEY_UNKNOWN` where another node has turned the session under a key that this one lacks. */
  write(token: RefreshToken): string
  /** The genuine token, or why not. Says nothing about sessions: a forgery learns only that it is one. */
  read(text: string): RefreshToken | Refusal
}

export function createRefreshTokens(issuer: string, secretKeys: SecretKeys): RefreshTokens {
  const head = Buffer.from(`${issuer}\0`).toString('latin1')
  const macOf = (key: SecretKey, token: Buffer): Buffer =>
    Buffer.from(key.mac('refresh-token', head + token.toString('latin1', 0, AT.mac)), 'latin1')

  return {
    write(token) {
      const key = secretKeys.find(token.keyId)
      if (key === undefined) throw new AuthError('SECRET_KEY_UNKNOWN', { details: { keyId: token.keyId } })
      const bytes = Buffer.alloc(AT.end)
      bytes.write(bodyOf(token), 'hex')
      bytes.set(macOf(key, bytes), AT.mac)
      return PREFIX + bytes.toString('base64url')
    },

    read(text) {
      const bytes = text.startsWith(PREFIX) ? decodeBase64Url(text.slice(PREFIX.length)) : undefined
      if (bytes === undefined || bytes.length !== AT.end || bytes[0] !== VERSION) {
        return new Refusal('REFRESH_TOKEN_INVALID', { details: { why: 'form' } })
      }
      const hex = bytes.toString('hex')
      const keyId = part(hex, AT.key, AT.session)
      const key = secretKeys.find(keyId)
      // A node that has not got the new SECRET_KEY yet must not sign anybody out (PROTOCOL 1.4).
      if (key === undefined) return new Refusal('SECRET_KEY_UNKNOWN', { details: { keyId } })
      if (!equalInConstantTime(macOf(key, bytes), bytes.subarray(AT.mac))) {
        return new Refusal('REFRESH_TOKEN_INVALID', { details: { why: 'mac' } })
      }
      return {
        userId: uuidFromHex(part(hex, AT.user, AT.key)),
        sessionId: uuidFromHex(part(hex, AT.session, AT.generation)),
        generation: Number.parseInt(part(hex, AT.generation, AT.secret), 16),
        keyId,
        sessionSecret: bytes.subarray(AT.secret, AT.mac),
      }
    },
  }
}

/** All that the MAC covers, hexadecimal: one text is put together faster than bytes are. */
function bodyOf({ userId, sessionId, generation, keyId, sessionSecret }: RefreshToken): string {
  if (!(Number.isInteger(generation) && generation >= 0 && generation <= LARGEST_GENERATION)) {
    throw new RangeError('a generation is a whole number of 48 bits')
  }
  const counted = generation.toString(16).padStart(12, '0')
  const secret = Buffer.from(sessionSecret).toString('hex')
  return VERSION_HEX + uuidToHex(userId) + keyId + uuidToHex(sessionId) + counted + secret
}

/** Some of the bytes that are written in hexadecimal. */
function part(hex: string, from: number, to: number): string {
  return hex.slice(from * 2, to * 2)
}
