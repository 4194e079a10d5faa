import assert from 'node:assert/strict'
import { codeOf, stepAt } from '../../src/factors/totp.ts'
import { type Answer, claimsOf, PASSWORD, type TestIssuer, type Tokens, tokensOf } from './issuer.ts'

export const CHALLENGE_GRANT = 'urn:countersign:grant-type:challenge'

/** A user with an authenticator app, in the hands of a test. */
export interface AppUser {
  readonly id: string
  readonly username: string
  readonly secret: Uint8Array
  readonly recoveryCodes: readonly string[]
  /** The session that set the app up. */
  readonly tokens: Tokens
}

/** The bytes of an unpadded base32 text (RFC 4648 section 6), by a way of its own. */
export function fromBase32(text: string): Uint8Array {
  const bits = [...text]
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('')
  return Uint8Array.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** The code that an app shows at a moment. */
export function codeAt(secret: Uint8Array, now: number): string {
  return codeOf(secret, stepAt(now))
}

/** Registers, signs in and sets an app up; `now` is the issuer's clock. */
export async function signUpWithApp(
  issuer: TestIssuer,
  username: string,
  now: () => number,
): Promise<AppUser> {
  const tokens = await issuer.signUp(username)
  const offer = await issuer.call('POST', '/users/me/totp', { token: tokens.access })
  assert.equal(offer.status, 200, offer.text)
  const secret = fromBase32(String(offer.body.secret))
  const json = { challenge_token: offer.body.challenge_token, code: codeAt(secret, now()) }
  const confirmed = await issuer.call('POST', '/users/me/totp/confirm', { token: tokens.access, json })
  assert.equal(confirmed.status, 201, confirmed.text)
  const recoveryCodes = confirmed.body.recovery_codes as string[]
  return { id: String(claimsOf(tokens.access).sub), username, secret, recoveryCodes, tokens }
}

/** The challenge of a sign-in whose password was right. */
export async function challengeOf(
  issuer: TestIssuer,
  username: string,
  more: Record<string, string> = {},
  address = '127.0.0.1',
): Promise<string> {
  const form = { grant_type: 'password', username, password: PASSWORD, ...more }
  const refused = await issuer.call('POST', '/token', { form, address })
  assert.equal(refused.status, 403, refused.text)
  assert.equal(refused.body.error, 'mfa_required')
  return String(refused.body.challenge_token)
}

export function answer(
  issuer: TestIssuer,
  challenge: string,
  code: string,
  more: { readonly address?: string; readonly form?: Record<string, string> } = {},
): Promise<Answer> {
  const form = { grant_type: CHALLENGE_GRANT, challenge_token: challenge, code, ...more.form }
  return issuer.call('POST', '/token', { form, ...(more.address && { address: more.address }) })
}

export async function signInWithApp(issuer: TestIssuer, user: AppUser, code: string): Promise<Tokens> {
  return tokensOf(await answer(issuer, await challengeOf(issuer, user.username), code))
}
