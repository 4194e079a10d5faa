import { Refusal } from '../errors/refusal.ts'
import { findOwnerNow, isHeld } from '../grants/owner-now.ts'
import type { Principal } from '../model/principal.ts'
import { scopesNamedByRoles } from '../model/scope-policy.ts'
import type { Services } from './services.ts'

/**
 * Why the database does not let somebody change anything whom memory lets in. Memory learns within seconds what another
 * process has ended or taken. Where something outlives the request that is too late: whoever was thrown out by a reset
 * would set up a way back in meanwhile, and whoever lost a role give it back to themselves. Asked of sessions and API
 * keys; a token of neither, a client and HTTP Basic are as the guard found them.
 */
export async function refuseUnheard(
  principal: Principal,
  { store, policy }: Pick<Services['grants'], 'store' | 'policy'>,
): Promise<Refusal | undefined> {
  const { id: userId, scopes, sessionId, via } = principal
  if (!isHeld(principal)) return undefined
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
