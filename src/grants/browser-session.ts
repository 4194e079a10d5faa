import { AuthError } from '../errors/auth-error.ts'
import { provePassword, type SignInOrigin } from '../login/password.ts'
import { type Client, FIRST_PARTY } from '../model/client.ts'
import { scopesOfRoles } from '../model/scope-policy.ts'
import { limitsFor, type SessionLimits } from '../model/session-limits.ts'
import type { User } from '../model/user.ts'
import { COOKIE_SECRET_BYTES, type SessionCookie } from '../tokens/session-cookie.ts'
import { answerChallenge, type FactorAnswer } from './challenge-answer.ts'
import type { GrantParts } from './grant.ts'
import { openSession } from './session-start.ts'

/** What numbers call a session that lives in a cookie. */
export const BROWSER_SESSION = 'browser_session'

/** From which browser, and what becomes of the session it had: ended once the new one is there (rule F-1). */
export interface FromBrowser {
  readonly origin: SignInOrigin
  readonly endFormer: () => Promise<void>
}

export interface BrowserSignIn extends FromBrowser {
  readonly username: string
  readonly password: string
}

/** Somebody who has proven who they are, and how (RFC 8176). */
export interface Proven {
  readonly user: User
  readonly client: Client
  readonly amr: readonly string[]
  /** When, where that was not just now, or `NOBODY_KNOWS_WHEN`. Milliseconds since 1970. */
  readonly authenticatedAt?: number | undefined
}

export interface StartedBrowserSession {
  readonly cookie: SessionCookie
  readonly limits: SessionLimits
}

/** The password sign-in of a browser: the session's secret goes into its cookie, and there is no refresh token. */
export async function startBrowserSession(
  { username, password, ...from }: BrowserSignIn,
  parts: GrantParts,
): Promise<StartedBrowserSession> {
  const client = await firstParty(parts)
  const { user } = await provePassword(username, password, from.origin, parts)
  return makeBrowserSession({ user, client, amr: ['pwd'] }, from, parts)
}

/** Goes on with a sign-in whose password was right, or begins and ends one by a passkey alone. */
export async function continueBrowserSession(
  { challenge, answer, ...from }: FromBrowser & { readonly challenge: string; readonly answer: FactorAnswer },
  parts: GrantParts,
): Promise<StartedBrowserSession> {
  const client = await firstParty(parts)
  const { user, amr } = await answerChallenge(
    { text: challenge, purpose: 'session', clientId: client.id, answer, origin: from.origin },
    parts,
  )
  return makeBrowserSession({ user, client, amr }, from, parts)
}

/** For somebody whom a provider, or whatever else is believed here, has proven. */
export async function startProvenSession(
  proven: Omit<Proven, 'client'>,
  from: FromBrowser,
  parts: GrantParts,
): Promise<StartedBrowserSession> {
  return makeBrowserSession({ ...proven, client: await firstParty(parts) }, from, parts)
}

/** A session with an id and a secret of its own, for somebody who has just proven who they are. */
export async function makeBrowserSession(
  { user, client, amr, authenticatedAt }: Proven,
  { origin, endFormer }: FromBrowser,
  parts: GrantParts,
): Promise<StartedBrowserSession> {
  const limits = limitsFor(await scopesOfRoles(parts.policy, user.roles), parts.settings.browserSessions)
  const secret = parts.random(COOKIE_SECRET_BYTES)
  const goesOnAt = 'session' as const
  const signIn = { user, client, scope: undefined, amr, authenticatedAt, origin, goesOnAt }
  const { facts } = await openSession(signIn, secret, limits, parts)
  await endFormer()
  parts.meters.granted(BROWSER_SESSION)
  return { cookie: { userId: user.id, sessionId: facts.sessionId, secret }, limits }
}

async function firstParty({ clients }: Pick<GrantParts, 'clients'>): Promise<Client> {
  const client = (await clients.find(FIRST_PARTY))?.client
  if (client === undefined) throw new AuthError('CLIENT_NOT_ALLOWED', { details: { clientId: FIRST_PARTY } })
  return client
}
