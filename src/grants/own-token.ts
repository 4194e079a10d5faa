import { toSeconds } from '../base/clock.ts'
import { AuthError } from '../errors/auth-error.ts'
import { type Client, FIRST_PARTY } from '../model/client.ts'
import type { Principal } from '../model/principal.ts'
import { scopesOfClient, scopesOfRoles } from '../model/scope-policy.ts'
import type { User } from '../model/user.ts'
import type { GrantParts } from './grant.ts'
import { isNarrowed, rolesNamed } from './held-scopes.ts'
import { signAccessToken, type TokenAnswer } from './mint.ts'

/** What a token is to be held within: the principal that it will stand for elsewhere. */
export type TokenBounds = Pick<
  Principal,
  'id' | 'roles' | 'scopes' | 'sessionId' | 'amr' | 'authTime' | 'expiresAt'
> &
  Partial<Pick<Principal, 'clientId' | 'via' | 'tokenId' | 'isNarrowed'>>

export interface OwnTokenOrder {
  readonly owner: User
  /** That of the bounds, where there are any: what ends the client ends the token as well. */
  readonly client: Client
  readonly scopes: readonly string[] | undefined
  readonly lifetimeSeconds: number
  readonly within: TokenBounds | undefined
  /** Milliseconds since 1970 by the store's clock. */
  readonly asOf: number
  readonly storeEpoch: number
}

/**
 * An access token that code of the application's own asked for. It holds no role or scope that its owner does not hold
 * now, and none that its bounds do not; it ends with the session of its bounds, and no later than they do, and does not
 * act on the account where they may not. Not checked: that the bounds are those of a principal that a guard let in.
 */
export async function signOwnToken(order: OwnTokenOrder, parts: GrantParts): Promise<TokenAnswer> {
  const { owner, client, scopes, lifetimeSeconds, within, asOf, storeEpoch } = order
  const { accessLifeSeconds } = parts.settings
  if (!(lifetimeSeconds > 0 && lifetimeSeconds <= accessLifeSeconds)) {
    throw new RangeError(`lifetimeSeconds: from 1 to ${accessLifeSeconds}`)
  }
  if (within !== undefined && within.id !== owner.id) throw new TypeError('within: of another user')
  if (owner.state !== 'active') throw new AuthError('USER_DISABLED', { details: { userId: owner.id } })

  const scope = scopesOfClient(client, await scopesOfRoles(parts.policy, owner.roles)).filter(
    (name) => (scopes?.includes(name) ?? true) && (within?.scopes.includes(name) ?? true),
  )
  // A guard lets the clocks differ by a little: what it let in has a second left.
  const left = within === undefined ? lifetimeSeconds : Math.max(1, within.expiresAt - toSeconds(asOf))
  const lifeSeconds = Math.min(lifetimeSeconds, left)
  const facts = {
    asOf,
    clientVer: client.ver,
    storeEpoch,
    scope,
    amr: within?.amr ?? [],
    authTime: within?.authTime,
    ...(within?.sessionId !== undefined && { sessionId: within.sessionId }),
  }
  const narrowed =
    (within !== undefined && isLess(within)) || (await isNarrowed({ user: owner, client, scope }, parts))
  const user = { ...owner, roles: owner.roles.filter((name) => within?.roles.includes(name) ?? true) }
  const roles = await rolesNamed({ user, client, scope, narrowed }, parts)
  return {
    access_token: signAccessToken({ user, client, facts, scope, narrowed, roles, lifeSeconds }, parts),
    token_type: 'Bearer',
    expires_in: lifeSeconds,
    scope: scope.join(' '),
  }
}

/** Credentials of a person that do not open the account to whoever holds them. */
const FOR_ONE_THING: readonly (string | undefined)[] = ['api-key', 'basic']

/** Whether who holds it may not act on the account, whatever scopes it has. */
function isLess({ clientId = FIRST_PARTY, via, isNarrowed }: TokenBounds): boolean {
  return isNarrowed === true || clientId !== FIRST_PARTY || FOR_ONE_THING.includes(via)
}
