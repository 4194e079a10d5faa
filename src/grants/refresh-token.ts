import { momentOf } from '../base/clock.ts'
import { networkOf } from '../base/network.ts'
import { AuthError, orThrow } from '../errors/auth-error.ts'
import type { TokenUse } from '../login/hooks.ts'
import type { Client } from '../model/client.ts'
import { scopeAskedOfPerson } from '../model/identity-scopes.ts'
import { grantedScope } from '../model/scope-policy.ts'
import type { RefreshOutcome } from '../store/sessions.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import type { Grant, GrantParts, TokenRequest } from './grant.ts'
import { scopesHeld } from './held-scopes.ts'
import { ownClaims } from './own-claims.ts'
import { required } from './parameter.ts'

/**
 * RFC 6749 section 6, with rotation by the rules of one conditional statement (see `decideRefresh`): a retry, a second
 * tab or a lost answer gets the current token; a token used again later ends the session.
 */
export const refreshToken: Grant = {
  type: 'refresh_token',
  async prove(request, { client }, parts) {
    const token = orThrow(parts.refreshTokens.read(required(request, 'refresh_token')))
    // What memory knows to have ended stays ended, whatever a database says that has lost commits (PROTOCOL 2.4).
    if (parts.isEnded('session', token.sessionId)) {
      throw new AuthError('SESSION_ENDED', { details: { sessionId: token.sessionId } })
    }

    // Before the row is changed: a token that a refused request has used up would be a stolen one the next time.
    const asksFor = orThrow(scopeAskedOfPerson(request.parameters.get('scope'), parts.policy))
    await tryOwnClaims(token.userId, client, parts)

    const { settings } = parts
    const asked = momentOf(parts.clock)
    const outcome = await parts.store.sessions.refresh({
      userId: token.userId,
      sessionId: token.sessionId,
      clientId: client.id,
      secretHash: hashSecret(token.sessionSecret),
      generation: token.generation,
      attempt: attemptOf(request),
      reuseWindowMilliseconds: settings.reuseWindowMilliseconds,
      idleMilliseconds: settings.idleMilliseconds,
      writingKeyId: parts.secretKeys.writing.fingerprint,
      clockUnsure: parts.clockUnsure(),
      onReuse: settings.onReuse,
      repeatElsewhere: settings.repeatElsewhere,
      network: networkOf(request.origin.address),
      origin: request.origin,
    })
    parts.meters.refreshed(outcome.verdict)
    if (outcome.verdict === 'ahead' || outcome.verdict === 'hold') parts.storeFellBack()
    if (!('facts' in outcome)) return refuseRefresh(outcome, token.sessionId, request, parts)

    const { facts, user } = outcome
    if (outcome.elsewhere) {
      const report = {
        userId: user.id,
        sessionId: token.sessionId,
        now: useOf(request, parts),
        last: outcome.last,
      }
      parts.inBackground(() => parts.hooks.after?.repeatElsewhere?.(report))
    }
    const allowed = await scopesHeld({ client, user, facts }, parts)
    if (mayNotGoOn(facts.scope, allowed)) return endOffline(facts.sessionId, user.id, request, parts)
    const scope = grantedScope(asksFor, allowed)
    return {
      user,
      facts,
      asked,
      scope,
      ...(scope.includes('openid') && {
        identity: { key: await parts.idKey(client.idTokenAlgorithm), nonce: undefined },
      }),
      refreshToken: parts.refreshTokens.write({
        ...token,
        generation: outcome.generation,
        keyId: outcome.keyId,
      }),
    }
  },
}

/** Whoever asked with OpenID Connect goes on by `offline_access` alone (Core section 11), which its client may have lost. */
export function mayNotGoOn(granted: readonly string[], allowed: readonly string[]): boolean {
  return granted.includes('openid') && !allowed.includes('offline_access')
}

async function endOffline(
  id: string,
  userId: string,
  { origin }: TokenRequest,
  { store, revocationsChanged }: GrantParts,
): Promise<never> {
  const why = 'offline_access was taken from the client'
  const event = { name: 'session.ended', origin, userId, sessionId: id, data: { why } } as const
  await store.sessions.end({ userId, id, why: 'ended_by_admin' }, event)
  await revocationsChanged()
  throw new AuthError('SESSION_ENDED', { details: { sessionId: id, why } })
}

/** One look at the user more, for applications with claims of their own. What is wrong with the user is said later. */
async function tryOwnClaims(userId: string, client: Client, parts: GrantParts): Promise<void> {
  const user = parts.claims && (await parts.store.users.find(userId))
  if (user !== undefined) ownClaims(user, client, parts)
}

const LONGEST_IDEMPOTENCY_KEY = 256

function attemptOf({ idempotencyKey }: TokenRequest): string | undefined {
  if (idempotencyKey === undefined || idempotencyKey === '') return undefined
  if (idempotencyKey.length <= LONGEST_IDEMPOTENCY_KEY) return hashSecret(idempotencyKey)
  throw new AuthError('REQUEST_INVALID', {
    fields: [{ field: 'Idempotency-Key', message: `At most ${LONGEST_IDEMPOTENCY_KEY} characters.` }],
  })
}

async function refuseRefresh(
  outcome: Exclude<RefreshOutcome, { facts: unknown }>,
  sessionId: string,
  request: TokenRequest,
  parts: GrantParts,
): Promise<never> {
  const details = { sessionId, verdict: outcome.verdict }
  switch (outcome.verdict) {
    case 'unknown':
      throw new AuthError('REFRESH_TOKEN_INVALID', { details })
    case 'ended':
      throw new AuthError('SESSION_ENDED', { details })
    case 'expired':
      throw new AuthError('REFRESH_EXPIRED', { details })
    case 'hold':
      throw new AuthError('SESSION_AHEAD', { details })
    case 'reuse': {
      await parts.revocationsChanged()
      const report = { userId: outcome.userId, sessionId, now: useOf(request, parts), last: outcome.last }
      parts.inBackground(() => parts.hooks.after?.reuse?.(report))
      throw new AuthError('REFRESH_REUSE_THEFT', { details })
    }
  }
}

function useOf({ origin: { address, agent } }: TokenRequest, { clock }: GrantParts): TokenUse {
  return { address, agent, at: clock.now() }
}
