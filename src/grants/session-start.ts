import { type Moment, momentOf } from '../base/clock.ts'
import { networkOf } from '../base/network.ts'
import { randomId } from '../base/random.ts'
import { AuthError, orThrow } from '../errors/auth-error.ts'
import type { SignInOrigin } from '../login/password.ts'
import type { Client } from '../model/client.ts'
import {
  declaredIn,
  declaredScope,
  grantedScope,
  scopesOfClient,
  scopesOfRoles,
} from '../model/scope-policy.ts'
import type { SessionFacts } from '../model/session.ts'
import type { SessionLimits } from '../model/session-limits.ts'
import type { User } from '../model/user.ts'
import { SESSION_SECRET_BYTES } from '../tokens/refresh-token.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import { passAccountGate } from './account-gate.ts'
import type { Granted, GrantParts } from './grant.ts'
import { scopesHeld, scopeToKeep } from './held-scopes.ts'
import { ownClaims } from './own-claims.ts'

/** What the store starts a session with (see `SessionVerbs.start`). */
export const FIRST_GENERATION = 0

/** A sign-in about to become a session. */
export interface SignIn {
  /** As read together with what was proven; a later epoch in the store voids the sign-in. */
  readonly user: User
  readonly client: Client
  /** Those asked for by name; all that the roles allow where undefined. */
  readonly scope: readonly string[] | undefined
  readonly amr: readonly string[]
  /** When they proved it, where that was not just now, or `NOBODY_KNOWS_WHEN`. Milliseconds since 1970. */
  readonly authenticatedAt?: number | undefined
  readonly origin: SignInOrigin
  /** Where it can go on if a second factor is due. */
  readonly goesOnAt: 'token' | 'session'
}

/** A sign-in that has become a row. */
export interface OpenedSession {
  readonly user: User
  readonly facts: SessionFacts
  readonly scope: readonly string[]
  /** The secret key that its first refresh token is made with. */
  readonly keyId: string
  readonly asked: Moment
}

/** Makes the session of a sign-in, and its first refresh token. */
export async function startSession(signIn: SignIn, parts: GrantParts): Promise<Granted> {
  const { settings } = parts
  const sessionSecret = parts.random(SESSION_SECRET_BYTES)
  const limits = {
    idleMilliseconds: settings.idleMilliseconds,
    lifeMilliseconds: settings.sessionLifeMilliseconds,
  }
  ownClaims(signIn.user, signIn.client, parts)
  const { user, facts, scope, keyId, asked } = await openSession(signIn, sessionSecret, limits, parts)
  const { sessionId } = facts
  const refreshToken = parts.refreshTokens.write({
    userId: user.id,
    sessionId,
    generation: FIRST_GENERATION,
    keyId,
    sessionSecret,
  })
  return { user, facts, refreshToken, scope, asked }
}

/** With which a sign-in goes on that a second factor is due for. */
export function challengeFor(
  { user, client, scope, amr, goesOnAt }: SignIn,
  { challenges }: Pick<GrantParts, 'challenges'>,
): string {
  const facts = { userId: user.id, userEpoch: user.epoch, clientId: client.id, scope: scope?.join(' '), amr }
  return challenges.write({ purpose: goesOnAt, ...facts })
}

/** Gate, scope, row and event, whatever carries the session's secret. */
export async function openSession(
  signIn: SignIn,
  secret: Uint8Array,
  limits: SessionLimits,
  parts: GrantParts,
): Promise<OpenedSession> {
  const { user, client, amr, authenticatedAt, origin } = signIn
  const { secretKeys, random } = parts
  // Before a second factor is asked for: it would be spent on what cannot be had.
  const asksFor = orThrow(declaredScope(signIn.scope, declaredIn(parts.policy)))
  await passAccountGate({ user, amr, origin, challenge: () => challengeFor(signIn, parts) }, parts)
  const from = { address: origin.address, agent: origin.agent }
  await parts.hooks.before?.signIn?.(user, from)
  const held = scopesOfClient(client, await scopesOfRoles(parts.policy, user.roles))
  const scope = grantedScope(asksFor, held)
  const kept = await scopeToKeep({ user, client, scope }, signIn.scope !== undefined, parts)

  const sessionId = randomId(random)
  const keyId = secretKeys.writing.fingerprint
  const asked = momentOf(parts.clock)
  const started = await parts.store.sessions.start(
    {
      id: sessionId,
      userId: user.id,
      clientId: client.id,
      secretHash: hashSecret(secret),
      keyId,
      userEpoch: user.epoch,
      scope: kept,
      resources: [],
      amr,
      authenticatedAt,
      address: origin.address,
      network: networkOf(origin.address),
      agent: origin.agent,
      ...limits,
    },
    { name: 'session.started', origin, userId: user.id, sessionId, clientId: client.id },
  )
  if (started.outcome === 'stale') {
    throw new AuthError('CREDENTIALS_WRONG', { details: { account: 'changed meanwhile', userId: user.id } })
  }
  parts.inBackground(() => parts.hooks.after?.signIn?.(started.user, { id: sessionId }, from))
  const { facts } = started
  const now = await scopesHeld({ client, user: started.user, facts }, parts)
  return { user: started.user, facts, scope: now, keyId, asked }
}
