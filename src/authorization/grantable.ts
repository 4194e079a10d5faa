import { getsRefreshToken } from '../grants/approved-session.ts'
import type { GrantParts } from '../grants/grant.ts'
import type { Client } from '../model/client.ts'
import { scopesOfPerson } from '../model/identity-scopes.ts'
import { scopesOfClient, scopesOfRoles } from '../model/scope-policy.ts'
import type { User } from '../model/user.ts'

/** What a client asks of a person; no scope where it named none. */
export interface Wish {
  readonly client: Client
  readonly scope: readonly string[] | undefined
}

/** At most as asked, at most what client and user may have; where nothing was asked, all of the API that they may. */
export async function grantableScope(
  { client, scope }: Wish,
  user: User,
  { policy }: Pick<GrantParts, 'policy'>,
): Promise<readonly string[]> {
  if (scope === undefined) return scopesOfClient(client, await scopesOfRoles(policy, user.roles))
  const held = await scopesOfPerson(policy, client, user)
  return scope.filter((name) => held.includes(name))
}

/** How long the client could go on by itself with it. */
export function lifeSecondsOf(
  client: Client,
  scope: readonly string[],
  { settings }: Pick<GrantParts, 'settings'>,
): number {
  return getsRefreshToken(client, scope)
    ? Math.floor(settings.sessionLifeMilliseconds / 1000)
    : settings.accessLifeSeconds
}
