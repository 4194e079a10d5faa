import { equalTexts } from '../base/constant-time.ts'
import { Refusal } from '../errors/refusal.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import { csrfTokenOf } from '../tokens/session-cookie.ts'

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Whether a request may rely on a cookie that the browser added by itself (rule F-4): undefined, or why not. What
 * changes something has to come from a page of ours and carry the token of the very session. To open a WebSocket changes
 * nothing yet, but no later message is asked again: it has to come from a page of ours too. Reading is not looked at: its
 * answer is kept from other sites by the browser.
 */
export function refuseForgery(
  request: GuardRequest,
  secret: Uint8Array,
  ownOrigins: ReadonlySet<string>,
): Refusal | undefined {
  if (isHarmless(request)) return undefined
  if (!isFromOwnPage(request, ownOrigins)) return new Refusal('CSRF_ORIGIN')
  if (SAFE_METHODS.has(request.method)) return undefined
  const token = request.header('x-csrf-token')
  if (token === undefined) return new Refusal('CSRF_TOKEN_STALE', { details: { why: 'no X-CSRF-Token' } })
  return equalTexts(token, csrfTokenOf(secret)) ? undefined : new Refusal('CSRF_TOKEN_STALE')
}

/** Whether a page of another site may make the browser send it: it only reads, and opens nothing that goes on. */
export function isHarmless(request: Pick<GuardRequest, 'method' | 'header'>): boolean {
  return SAFE_METHODS.has(request.method) && request.header('upgrade') === undefined
}

/**
 * The same for what a browser adds by itself and other programs send too, such as a password by Basic: nothing was ever
 * made that only our pages know, so it goes by what the browser says. What is no browser says nothing.
 */
export function refuseForeignPage(
  request: GuardRequest,
  ownOrigins: ReadonlySet<string>,
): Refusal | undefined {
  if (isHarmless(request)) return undefined
  return saysNothingOfPages(request) || isFromOwnPage(request, ownOrigins)
    ? undefined
    : new Refusal('CSRF_ORIGIN')
}

/** As programs that are no browsers do. */
export function saysNothingOfPages(request: Pick<GuardRequest, 'header'>): boolean {
  return request.header('origin') === undefined && request.header('sec-fetch-site') === undefined
}

/**
 * Whether the browser says that a page of ours sent it: `Sec-Fetch-Site` (Fetch Metadata) where it says `same-origin` or
 * that a person did it directly, else an `Origin` (RFC 6454) on the list. Neither of them can be set by a page.
 */
export function isFromOwnPage(
  request: Pick<GuardRequest, 'header'>,
  ownOrigins: ReadonlySet<string>,
): boolean {
  const site = request.header('sec-fetch-site')
  return site === 'same-origin' || site === 'none' || ownOrigins.has(request.header('origin') ?? '')
}
