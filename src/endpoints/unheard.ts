import { Refusal } from '../errors/refusal.ts'
import { findOwnerNow, isHeld } from '../grants/owner-now.ts'
import { FIRST_PARTY } from '../model/client.ts'
import type { Principal } from '../model/principal.ts'
import { scopesNamedByRoles } from '../model/scope-policy.ts'
import type { Services } from './services.ts'

/**
 * Why the database does not let somebody change anything whom memory lets in. Memory learns within seconds what another
 * process has ended or taken. Where something outlives the request that is too late: whoever was thrown out by a reset
 * would set up a way back in meanwhile, whoever lost a role give it back to themselves, and a client that was disabled
 * register another one. Asked of sessions, API keys and clients, also of a client that acts for a person; a person's
 * token of none of these and their HTTP Basic are as the guard found them. A client whose secret was replaced is not known
 * by its token.
 */
export async function refuseUnheard(
  principal: Principal,
  parts: Pick<Services['grants'], 'store' | 'policy'>,
): Promise<Refusal | undefined> {
  const { store, policy } = parts
  const { id: userId, clientId, kind, scopes, sessionId, via } = principal
  const refusal = clientId === FIRST_PARTY ? undefined : await refuseChangedClient(principal, parts)
  if (refusal !== undefined || kind === 'client' || !isHeld(principal)) return refusal
  const user = await findOwnerNow(principal, store)
  if (user === undefined) {
    return new Refusal(sessionId === undefined ? 'API_KEY_UNKNOWN' : 'SESSION_ENDED', { details: { userId } })
  }
  const held = await scopesNamedByRoles(policy, user.roles)
  const isLost = (scope: string) => Object.hasOwn(policy.scopes, scope) && !held.has(scope)
  if (!scopes.some(isLost)) return undefined
  // A token is refreshed. A cookie or a key is not: a moment later this process knows what they still may.
  const why = 'a role was taken or narrowed'
  return new Refusal(via === 'bearer' ? 'TOKEN_VERSION_STALE' : 'REVOCATION_STALE', {
    details: { userId, why },
  })
}

async function refuseChangedClient(
  { clientId, scopes }: Principal,
  { store, policy }: Pick<Services['grants'], 'store' | 'policy'>,
): Promise<Refusal | undefined> {
  const client = await store.clients.find(clientId)
  const isLost = (name: string) =>
    Object.hasOwn(policy.scopes, name) && client?.scopes?.includes(name) === false
  if (client?.state === 'active' && !scopes.some(isLost)) return undefined
  return new Refusal('TOKEN_VERSION_STALE', { details: { clientId, why: 'disabled, or a scope was taken' } })
}
