import type { Origin } from '../audit/events.ts'
import { AuthError } from '../errors/auth-error.ts'
import { provePassword } from '../login/password.ts'
import { FIRST_PARTY } from '../model/client.ts'
import { scopesOfRoles } from '../model/scope-policy.ts'
import { limitsFor, type SessionLimits } from '../model/session-limits.ts'
import { COOKIE_SECRET_BYTES, type SessionCookie } from '../tokens/session-cookie.ts'
import type { GrantParts } from './grant.ts'
import { openSession } from './session-start.ts'

export interface BrowserSignIn {
  readonly username: string
  readonly password: string
  readonly origin: Origin
  /** Once the password was right and before the new session begins: ends the one that the browser had (rule F-1). */
  readonly endFormer: () => Promise<void>
}

export interface StartedBrowserSession {
  readonly cookie: SessionCookie
  readonly limits: SessionLimits
}

/** The password sign-in of a browser: the session's secret goes into its cookie, and there is no refresh token. */
export async function startBrowserSession(
  { username, password, origin, endFormer }: BrowserSignIn,
  parts: GrantParts,
): Promise<StartedBrowserSession> {
  const client = (await parts.clients.find(FIRST_PARTY))?.client
  if (client === undefined) throw new AuthError('CLIENT_NOT_ALLOWED', { details: { clientId: FIRST_PARTY } })
  const { user } = await provePassword(username, password, origin, parts)
  await endFormer()
  const limits = limitsFor(scopesOfRoles(parts.policy, user.roles), parts.settings.browserSessions)
  const secret = parts.random(COOKIE_SECRET_BYTES)
  const signIn = { user, client, scope: undefined, amr: ['pwd'], origin }
  const { facts } = await openSession(signIn, secret, limits, parts)
  return { cookie: { userId: user.id, sessionId: facts.sessionId, secret }, limits }
}
