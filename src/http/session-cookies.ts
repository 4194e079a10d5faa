import type { Refusal } from '../errors/refusal.ts'
import { isFromOwnPage, refuseForgery, saysNothingOfPages } from '../guard/csrf.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import { readSessionCookie, type SessionCookie, writeSessionCookie } from '../tokens/session-cookie.ts'
import { cookieAttributes, ownCookie } from './own-cookies.ts'

/** The session cookie as the endpoints set, read and clear it. */
export interface SessionCookies {
  /** The value of Set-Cookie. */
  set(cookie: SessionCookie, lifeSeconds: number): string
  readonly cleared: string
  /** What the browser sent. That the request may rely on it is not looked at: see `refuseForgery`. */
  read(request: GuardRequest): SessionCookie | undefined
  refuseForgery(request: GuardRequest, cookie: SessionCookie): Refusal | undefined
  /** Whether a page of ours sent the request, or no browser at all. For a sign-in, where there is no session yet (F-5). */
  maySignIn(request: GuardRequest): boolean
  /** Whether pages of this origin may act for whoever is signed in. */
  isOwnOrigin(origin: string): boolean
}

export interface SessionCookiesOptions {
  readonly name: string
  readonly https: boolean
  readonly ownOrigins: ReadonlySet<string>
}

export function createSessionCookies({ name, https, ownOrigins }: SessionCookiesOptions): SessionCookies {
  const attributes = cookieAttributes(https)
  return {
    set: (cookie, lifeSeconds) =>
      `${name}=${writeSessionCookie(cookie)}; Max-Age=${lifeSeconds}; ${attributes}`,
    cleared: `${name}=; Max-Age=0; ${attributes}`,
    read(request) {
      const text = ownCookie(request, name)
      return text === undefined ? undefined : readSessionCookie(text)
    },
    refuseForgery: (request, { secret }) => refuseForgery(request, secret, ownOrigins),
    isOwnOrigin: (origin) => ownOrigins.has(origin),
    maySignIn: (request) => saysNothingOfPages(request) || isFromOwnPage(request, ownOrigins),
  }
}
