import { createHmac } from 'node:crypto'
import { decodeBase64Url, encodeBase64Url } from '../base/base64url.ts'
import { uuidFromBytes, uuidToBytes } from '../base/uuid.ts'

/** For scanners that look for leaked secrets. */
const PREFIX = 'cs_session_'
/** user id 16 · session id 16 · secret 32 */
const AT = { session: 16, secret: 32, end: 64 } as const

export const COOKIE_SECRET_BYTES = AT.end - AT.secret

/** What the text of a session cookie says. Whether there is such a session only the store can tell. */
export interface SessionCookie {
  readonly userId: string
  readonly sessionId: string
  readonly secret: Uint8Array
}

/**
 * The name of the cookie. `__Host-` keeps sub-domains from setting it (rule F-2); over http, which is for development on
 * this machine only, browsers refuse that prefix.
 */
export function sessionCookieName(https: boolean): string {
  return https ? '__Host-countersign' : 'countersign'
}

export function writeSessionCookie({ userId, sessionId, secret }: SessionCookie): string {
  return PREFIX + encodeBase64Url(Buffer.concat([uuidToBytes(userId), uuidToBytes(sessionId), secret]))
}

/** Undefined for a text that is none. Proves nothing. */
export function readSessionCookie(text: string): SessionCookie | undefined {
  const bytes = text.startsWith(PREFIX) ? decodeBase64Url(text.slice(PREFIX.length)) : undefined
  if (bytes?.length !== AT.end) return undefined
  return {
    userId: uuidFromBytes(bytes.subarray(0, AT.session)),
    sessionId: uuidFromBytes(bytes.subarray(AT.session, AT.secret)),
    secret: bytes.subarray(AT.secret),
  }
}

/**
 * The CSRF token of a session: an HMAC under the secret that the cookie holds. A page of another site cannot read the
 * cookie and so cannot make it, and it changes with every sign-in.
 */
export function csrfTokenOf(secret: Uint8Array): string {
  return createHmac('sha256', secret).update('countersign csrf').digest('base64url')
}
