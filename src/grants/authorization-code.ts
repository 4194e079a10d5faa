import { momentOf } from '../base/clock.ts'
import { networkOf } from '../base/network.ts'
import { randomId } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Cause } from '../errors/codes.ts'
import type { RefusalDetails } from '../errors/refusal.ts'
import type { Client } from '../model/client.ts'
import { faultOfVerifier } from '../model/pkce.ts'
import type { SessionLimits } from '../model/session-limits.ts'
import type { CodeStanding } from '../store/codes.ts'
import { readCode } from '../tokens/authorization-code.ts'
import { hashSecret, SESSION_SECRET_BYTES } from '../tokens/refresh-token.ts'
import { passAccountGate } from './account-gate.ts'
import type { Grant, GrantParts, TokenRequest } from './grant.ts'
import { ownClaims } from './own-claims.ts'
import { required } from './parameter.ts'
import { FIRST_GENERATION } from './session-start.ts'

/**
 * RFC 6749 section 4.1.3, with PKCE. What is wrong with the request leaves the code as it is; a code that was used
 * before ends what it was used for (C4), in the transaction that would have used it.
 */
export const authorizationCode: Grant = {
  type: 'authorization_code',
  async prove(request, { client }, parts) {
    const text = required(request, 'code')
    const { origin } = request
    const userId = readCode(text)?.userId
    const hash = hashSecret(text)
    const standing = userId === undefined ? undefined : await parts.store.codes.find(userId, hash)
    if (userId === undefined || standing === undefined) throw refused('CODE_INVALID', { why: 'not known' })
    const { code, user, state } = standing
    const of = { userId, clientId: client.id }
    if (code.clientId !== client.id) {
      const event = { name: 'code.wrong_client', origin, ...of, data: { owner: code.clientId } } as const
      await parts.store.events.record(event)
      throw refused('CODE_OF_OTHER_CLIENT', of)
    }
    if (state !== 'used') {
      checkExchange(request, standing, parts)
      await passAccountGate({ user, amr: code.amr, origin }, parts)
      await parts.hooks.before?.signIn?.(user, { address: origin.address, agent: origin.agent })
      ownClaims(user, client, parts)
    }
    const idKey = code.scope.includes('openid') ? await parts.idKey() : undefined

    const secret = parts.random(SESSION_SECRET_BYTES)
    const sessionId = randomId(parts.random)
    const keyId = parts.secretKeys.writing.fingerprint
    const refreshes = getsRefreshToken(client, code.scope)
    const asked = momentOf(parts.clock)
    const redemption = await parts.store.codes.redeem(
      { userId, hash },
      {
        id: sessionId,
        userId,
        clientId: client.id,
        secretHash: hashSecret(secret),
        keyId,
        userEpoch: code.userEpoch,
        scope: code.scope,
        resources: code.resources,
        amr: code.amr,
        authenticatedAt: code.authenticatedAt,
        address: origin.address,
        network: networkOf(origin.address),
        agent: origin.agent,
        ...limitsOf(refreshes, parts),
      },
      {
        started: { name: 'session.started', origin, ...of, sessionId },
        reused: { name: 'code.reused', origin, ...of },
      },
    )
    if (redemption.outcome === 'reused') {
      await parts.revocationsChanged()
      throw refused('CODE_REUSED', { ...of, sessionId: redemption.sessionId })
    }
    if (redemption.outcome === 'void') throw refused('CODE_INVALID', { ...of, why: 'void meanwhile' })
    const { facts, user: owner } = redemption
    const from = { address: origin.address, agent: origin.agent }
    parts.inBackground(() => parts.hooks.after?.signIn?.(owner, { id: sessionId }, from))
    const generation = FIRST_GENERATION
    const refreshToken = { userId, sessionId, generation, keyId, sessionSecret: secret }
    return {
      user: owner,
      facts,
      asked,
      scope: code.scope,
      refreshToken: refreshes ? parts.refreshTokens.write(refreshToken) : undefined,
      ...(idKey !== undefined && { identity: { key: idKey, nonce: code.nonce } }),
    }
  },
}

function checkExchange(request: TokenRequest, { code, state }: CodeStanding, parts: GrantParts): void {
  const of = { userId: code.userId, clientId: code.clientId }
  if (state !== 'good') throw refused('CODE_INVALID', { ...of, why: state })
  if (request.parameters.get('redirect_uri') !== code.redirectUri) throw refused('CODE_REDIRECT_URI', of)
  const fault = faultOfVerifier(request.parameters.get('code_verifier') || undefined, code.challenge)
  if (fault !== undefined) throw refused(fault, of)
  const resource = request.parameters.get('resource')
  if (resource !== undefined && resource !== '' && resource !== parts.settings.audience) {
    throw new AuthError('RESOURCE_UNKNOWN', { details: of })
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

function refused(cause: Cause, details: RefusalDetails): AuthError {
  return new AuthError(cause, { details })
}
