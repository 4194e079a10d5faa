import { hash } from 'node:crypto'
import { decodeBase64Url, encodeBase64Url } from '../base/base64url.ts'
import { equalInConstantTime } from '../base/constant-time.ts'
import { uuidFromBytes, uuidToBytes } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import { Refusal } from '../errors/refusal.ts'
import type { SecretKey, SecretKeys } from '../keys/secret-keys.ts'

/** For scanners that look for leaked secrets. */
const PREFIX = 'cs_rt_'
const VERSION = 1

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
  const head = `${issuer}\0`
  const macOf = (key: SecretKey, body: Uint8Array): Uint8Array =>
    key.hmac('refresh-token').update(head).update(body).digest()

  return {
    write(token) {
      const key = secretKeys.find(token.keyId)
      if (key === undefined) throw new AuthError('SECRET_KEY_UNKNOWN', { details: { keyId: token.keyId } })
      if (!(token.generation >= 0 && token.generation <= LARGEST_GENERATION)) {
        throw new RangeError('a generation is a whole number of 48 bits')
      }
      const bytes = Buffer.alloc(AT.end)
      bytes[0] = VERSION
      bytes.set(uuidToBytes(token.userId), AT.user)
      bytes.write(token.keyId, AT.key, 'hex')
      bytes.set(uuidToBytes(token.sessionId), AT.session)
      bytes.writeUIntBE(token.generation, AT.generation, 6)
      bytes.set(token.sessionSecret, AT.secret)
      bytes.set(macOf(key, bytes.subarray(0, AT.mac)), AT.mac)
      return PREFIX + encodeBase64Url(bytes)
    },

    read(text) {
      const bytes = text.startsWith(PREFIX) ? decodeBase64Url(text.slice(PREFIX.length)) : undefined
      if (bytes === undefined || bytes.length !== AT.end || bytes[0] !== VERSION) {
        return new Refusal('REFRESH_TOKEN_INVALID', { details: { why: 'form' } })
      }
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const keyId = buffer.toString('hex', AT.key, AT.session)
      const key = secretKeys.find(keyId)
      // A node that has not got the new SECRET_KEY yet must not sign anybody out (PROTOCOL 1.4).
      if (key === undefined) return new Refusal('SECRET_KEY_UNKNOWN', { details: { keyId } })
      if (!equalInConstantTime(macOf(key, buffer.subarray(0, AT.mac)), buffer.subarray(AT.mac))) {
        return new Refusal('REFRESH_TOKEN_INVALID', { details: { why: 'mac' } })
      }
      return {
        userId: uuidFromBytes(buffer.subarray(AT.user, AT.key)),
        sessionId: uuidFromBytes(buffer.subarray(AT.session, AT.generation)),
        generation: buffer.readUIntBE(AT.generation, 6),
        keyId,
        sessionSecret: new Uint8Array(buffer.subarray(AT.secret, AT.mac)),
      }
    },
  }
}

/** What the store holds of a secret that is presented to us: its SHA-256, base64url. */
export function hashSecret(secret: Uint8Array | string): string {
  return hash('sha256', secret, 'base64url')
}
