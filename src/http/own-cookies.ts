import { Refusal } from '../errors/refusal.ts'
import { readCookie } from '../guard/credentials/cookie-header.ts'
import type { GuardRequest } from '../model/guard-request.ts'

/**
 * What every cookie of ours carries. Lax, and not Strict: people come back from the pages of a provider, and a form
 * from there is led on by GET.
 */
export function cookieAttributes(https: boolean): string {
  return `Path=/; HttpOnly; SameSite=Lax${https ? '; Secure' : ''}`
}

/** The value of a cookie of ours; undefined for one that is empty, or sent twice. */
export function ownCookie(request: Pick<GuardRequest, 'header'>, name: string): string | undefined {
  const text = readCookie(request.header('cookie'), name)
  return text instanceof Refusal || text === '' ? undefined : text
}

/** A browser keeps 4096 bytes, name and attributes included (RFC 6265 section 6.1). */
const LONGEST = 3800

/** Whether a browser would keep it. */
export function fitsCookie(text: string): boolean {
  return text.length <= LONGEST
}
