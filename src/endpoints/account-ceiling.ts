import { BUILT_IN_SCOPES } from '../config/settings/permissions.ts'
import { AuthError } from '../errors/auth-error.ts'
import { scopesAbove, scopesNamedByRoles } from '../model/scope-policy.ts'
import type { User } from '../model/user.ts'
import { principalOf, type RouteContext } from './route.ts'

/** Who has one of these looks after the service: everything but the look at one's own account. */
const OF_THE_SERVICE = Object.keys(BUILT_IN_SCOPES).filter((name) => name !== 'profile:read')

/** The account that the path names. Throws `NOT_FOUND`. */
export async function userOf({ params, services }: Pick<RouteContext, 'params' | 'services'>): Promise<User> {
  const user = await services.grants.store.users.find(params.id ?? '')
  if (user === undefined) throw new AuthError('NOT_FOUND')
  return user
}

/**
 * The account that the path names, to be changed. Else whoever may look after accounts could take out those who look after
 * more: disable them, take their second factors, keep them signed out. Throws `NOT_FOUND`, `SCOPE_MISSING`.
 */
export async function userToChange(
  context: Pick<RouteContext, 'params' | 'services' | 'principal'>,
): Promise<User> {
  const user = await userOf(context)
  const held = await scopesNamedByRoles(context.services.grants.policy, user.roles)
  refuse(scopesAbove([...held], principalOf(context).scopes, OF_THE_SERVICE))
  return user
}

/** Else whoever may look after accounts could make themselves anything. */
export async function refuseRolesBeyond(
  context: Pick<RouteContext, 'services' | 'principal'>,
  roles: readonly string[],
): Promise<void> {
  refuseScopesBeyond(context, [...(await scopesNamedByRoles(context.services.grants.policy, roles))])
}

export function refuseScopesBeyond(context: Pick<RouteContext, 'principal'>, given: readonly string[]): void {
  const { scopes } = principalOf(context)
  refuse(given.filter((scope) => !scopes.includes(scope)))
}

function refuse(beyond: readonly string[]): void {
  if (beyond.length === 0) return
  throw new AuthError('SCOPE_MISSING', { challenge: { scopes: beyond }, details: { scopes: beyond } })
}
