import type { Origin } from '../audit/events.ts'
import type { Moment } from '../base/clock.ts'
import { networkOf } from '../base/network.ts'
import { randomId } from '../base/random.ts'
import type { Client } from '../model/client.ts'
import type { SessionFacts } from '../model/session.ts'
import type { SessionLimits } from '../model/session-limits.ts'
import type { User } from '../model/user.ts'
import type { NewSession } from '../store/sessions.ts'
import { SESSION_SECRET_BYTES } from '../tokens/refresh-token.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import type { Granted, GrantParts } from './grant.ts'
import { scopesHeld } from './held-scopes.ts'
import { FIRST_GENERATION } from './session-start.ts'

/** What a person allowed a client in their browser, and how they were signed in there. */
export interface Approval {
  readonly userId: string
  /** Under which the browser's session stood; a later one in the store voids what was allowed. */
  readonly userEpoch: number
  readonly scope: readonly string[]
  readonly resources: readonly string[]
  readonly amr: readonly string[]
  /** Milliseconds since 1970. */
  readonly authenticatedAt: number
}

/** A session that a store verb is about to make of a code, and what comes of it. */
export interface ApprovedSession {
  readonly session: NewSession
  /** Tells the hooks, and answers with what the tokens are made from. */
  granted(facts: SessionFacts, user: User, asked: Moment): Promise<Granted>
}

/** Prepares the session of a client for what was allowed, whatever kind of code tells of it. */
export async function approvedSession(
  approval: Approval,
  {
    client,
    origin,
    nonce,
  }: { readonly client: Client; readonly origin: Origin; readonly nonce?: string | undefined },
  parts: GrantParts,
): Promise<ApprovedSession> {
  const { userId, userEpoch, scope, resources, amr, authenticatedAt } = approval
  const idKey = scope.includes('openid') ? await parts.idKey(client.idTokenAlgorithm) : undefined
  const secret = parts.random(SESSION_SECRET_BYTES)
  const sessionId = randomId(parts.random)
  const keyId = parts.secretKeys.writing.fingerprint
  const refreshes = getsRefreshToken(client, scope)
  const from = { address: origin.address, agent: origin.agent }
  return {
    session: {
      id: sessionId,
      userId,
      clientId: client.id,
      secretHash: hashSecret(secret),
      keyId,
      userEpoch,
      scope,
      resources,
      amr,
      authenticatedAt,
      ...from,
      network: networkOf(origin.address),
      ...limitsOf(refreshes, parts),
    },
    async granted(facts, user, asked) {
      parts.inBackground(() => parts.hooks.after?.signIn?.(user, { id: sessionId }, from))
      const generation = FIRST_GENERATION
      const refreshToken = { userId, sessionId, generation, keyId, sessionSecret: secret }
      return {
        user,
        facts,
        asked,
        scope: await scopesHeld({ client, user, facts }, parts),
        refreshToken: refreshes ? parts.refreshTokens.write(refreshToken) : undefined,
        ...(idKey !== undefined && { identity: { key: idKey, nonce } }),
      }
    },
  }
}

/**
 * Whoever asks with OpenID Connect asks for `offline_access` by name (Core section 11); in plain OAuth there is no such
 * word, and the registration of the client decides.
 */
export function getsRefreshToken({ grants }: Client, scope: readonly string[]): boolean {
  return grants.includes('refresh_token') && (scope.includes('offline_access') || !scope.includes('openid'))
}

/** A session without a refresh token is over with its access token. */
function limitsOf(refreshes: boolean, { settings }: GrantParts): SessionLimits {
  const lifeMilliseconds = refreshes ? settings.sessionLifeMilliseconds : settings.accessLifeSeconds * 1000
  return { lifeMilliseconds, idleMilliseconds: Math.min(settings.idleMilliseconds, lifeMilliseconds) }
}
