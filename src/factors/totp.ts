import { createHmac } from 'node:crypto'
import { encodeBase32 } from '../base/base32.ts'
import { equalTexts } from '../base/constant-time.ts'

/** What RFC 6238 calls X: a code is good for that long. */
const STEP_MILLISECONDS = 30_000
const DIGITS = 6
/** As long as the output of SHA-1 (RFC 4226 section 4, R6). */
export const TOTP_SECRET_BYTES = 20

export interface CodeForm {
  readonly digits: number
  readonly hash: 'sha1' | 'sha256' | 'sha512'
}

/** The form that every authenticator app knows. */
const STANDARD: CodeForm = { digits: DIGITS, hash: 'sha1' }

/** The number of the step that a moment lies in (RFC 6238 section 4.2). Milliseconds since 1970. */
export function stepAt(now: number): number {
  return Math.floor(now / STEP_MILLISECONDS)
}

/** The code of a step (RFC 4226 section 5.3). */
export function codeOf(secret: Uint8Array, step: number, { digits, hash }: CodeForm = STANDARD): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac(hash, secret).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 0xf
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/**
 * The step whose code this is: the present one, or a neighbour, for clocks differ (RFC 6238 section 5.2). Whether it was
 * used before only the store can tell. Takes equally long whatever is right.
 */
export function stepOf(secret: Uint8Array, code: string, now: number): number | undefined {
  const present = stepAt(now)
  let found: number | undefined
  for (const step of [present - 1, present, present + 1]) {
    if (equalTexts(codeOf(secret, step), code)) found = step
  }
  return found
}

/** Whether a text could be a code, once the spaces are gone that some apps show. */
export function asCode(text: string): string | undefined {
  const digits = text.replaceAll(' ', '')
  return /^\d{6}$/.test(digits) ? digits : undefined
}

/** What the QR code says: the key URI that authenticator apps read. `service` is shown above the account's name. */
export function keyUri(secret: Uint8Array, service: string, account: string): string {
  const label = `${encodeURIComponent(service)}:${encodeURIComponent(account)}`
  const query = `secret=${encodeBase32(secret)}&issuer=${encodeURIComponent(service)}`
  return `otpauth://totp/${label}?${query}&algorithm=SHA1&digits=${DIGITS}&period=${STEP_MILLISECONDS / 1000}`
}
