import { momentOf } from '../base/clock.ts'
import { isRegisteredRedirectUri } from '../clients/redirect-uri.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Cause } from '../errors/codes.ts'
import type { RefusalDetails } from '../errors/refusal.ts'
import type { Client } from '../model/client.ts'
import { faultOfVerifier } from '../model/pkce.ts'
import type { CodeStanding } from '../store/codes.ts'
import { readCode } from '../tokens/authorization-code.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import { passAccountGate } from './account-gate.ts'
import { approvedSession } from './approved-session.ts'
import type { Grant, GrantParts, TokenRequest } from './grant.ts'
import { ownClaims } from './own-claims.ts'
import { required } from './parameter.ts'

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
      checkExchange(request, standing)
      await checkRegistration(client, standing, parts)
      await passAccountGate({ user, amr: code.amr, origin, isSignedIn: true }, parts)
      await parts.hooks.before?.signIn?.(user, { address: origin.address, agent: origin.agent })
      ownClaims(user, client, parts)
    }
    const { session, granted } = await approvedSession(code, { client, origin, nonce: code.nonce }, parts)
    const sessionId = session.id
    const asked = momentOf(parts.clock)
    const redemption = await parts.store.codes.redeem({ userId, hash }, session, {
      started: { name: 'session.started', origin, ...of, sessionId },
      reused: { name: 'code.reused', origin, ...of },
    })
    if (redemption.outcome === 'reused') {
      await parts.revocationsChanged()
      throw refused('CODE_REUSED', { ...of, sessionId: redemption.sessionId })
    }
    if (redemption.outcome === 'void') throw refused('CODE_INVALID', { ...of, why: 'void meanwhile' })
    return granted(redemption.facts, redemption.user, asked)
  },
}

function checkExchange(request: TokenRequest, { code, state }: CodeStanding): void {
  const of = { userId: code.userId, clientId: code.clientId }
  if (state !== 'good') throw refused('CODE_INVALID', { ...of, why: state })
  if (request.parameters.get('redirect_uri') !== code.redirectUri) throw refused('CODE_REDIRECT_URI', of)
  const fault = faultOfVerifier(request.parameters.get('code_verifier') || undefined, code.challenge)
  if (fault !== undefined) throw refused(fault, of)
}

/**
 * Whether the client could still be given such a code: it may have lost the address since, or with its secret the leave to
 * do without PKCE. What is remembered of it may let it pass; only what stands now turns it away.
 */
async function checkRegistration(
  client: Client,
  { code }: CodeStanding,
  { clients }: GrantParts,
): Promise<void> {
  const permits = ({ redirectUris, requirePkce }: Client): boolean =>
    isRegisteredRedirectUri(code.redirectUri, redirectUris) && (code.challenge !== undefined || !requirePkce)
  if (permits(client)) return
  const now = (await clients.read(client.id))?.client
  if (now !== undefined && permits(now)) return
  const why = 'the client is registered otherwise by now'
  throw refused('CODE_INVALID', { userId: code.userId, clientId: client.id, why })
}

function refused(cause: Cause, details: RefusalDetails): AuthError {
  return new AuthError(cause, { details })
}
