import { type Client, FIRST_PARTY } from '../model/client.ts'
import { scopesOfPerson } from '../model/identity-scopes.ts'
import { rolesWithin, scopesOfClient, scopesOfRoles } from '../model/scope-policy.ts'
import { AS_ROLES_ALLOW, MADE_NARROW, type SessionFacts } from '../model/session.ts'
import type { User } from '../model/user.ts'
import type { GrantParts } from './grant.ts'

/** As one statement of the store returned them. */
interface Standing {
  readonly client: Client
  readonly user: User
  readonly facts: Pick<SessionFacts, 'scope' | 'clientVer'>
}

/**
 * The scopes of a session that its user and its client may have now: at most those it was started with, unless it was
 * started with whatever the roles allow.
 *
 * To be asked after that statement: what either of them loses in between raises a counter that a token made from it
 * lacks. A client that is remembered from before it lost something is read anew.
 */
export async function scopesHeld(
  { client, user, facts }: Standing,
  { policy, clients }: Pick<GrantParts, 'policy' | 'clients'>,
): Promise<readonly string[]> {
  const isCurrent = client.ver === facts.clientVer
  const now = isCurrent ? client : ((await clients.read(client.id))?.client ?? client)
  if (facts.scope.includes(AS_ROLES_ALLOW)) {
    return scopesOfClient(now, await scopesOfRoles(policy, user.roles))
  }
  const held = await scopesOfPerson(policy, now, user)
  return facts.scope.filter((name) => held.includes(name))
}

/**
 * Whether a token of the built-in client has less than the roles of its user allow: somebody asked for less on purpose, and
 * gave it to what is to do less. Tokens of other clients have what they were given, and never act on the account.
 */
export async function isNarrowed(
  {
    user,
    client,
    scope,
  }: { readonly user: User | undefined; readonly client: Client; readonly scope: readonly string[] },
  { policy }: Pick<GrantParts, 'policy'>,
): Promise<boolean> {
  if (user === undefined || client.id !== FIRST_PARTY) return false
  return (await scopesOfRoles(policy, user.roles)).some((name) => !scope.includes(name))
}

/**
 * The roles that a token names: all of its person's where it is whole. A narrow one, and one of a registered client, names
 * those that were handed on with its scopes: `needs({ roles })` asks no more of it than of the scopes it lacks.
 */
export async function rolesNamed(
  {
    user,
    client,
    scope,
    narrowed,
  }: {
    readonly user: Pick<User, 'roles'> | undefined
    readonly client: Pick<Client, 'id'>
    readonly scope: readonly string[]
    readonly narrowed: boolean
  },
  { policy }: Pick<GrantParts, 'policy'>,
): Promise<readonly string[]> {
  if (user === undefined) return []
  const isWhole = client.id === FIRST_PARTY && !narrowed
  return isWhole ? user.roles : rolesWithin(policy, user.roles, scope)
}

/** What is kept as the scope of a session: the names that were granted, and whether they were asked for by name. */
export async function scopeToKeep(
  granted: { readonly user: User; readonly client: Client; readonly scope: readonly string[] },
  isNamed: boolean,
  parts: Pick<GrantParts, 'policy'>,
): Promise<readonly string[]> {
  const { client, scope } = granted
  // Of the application's own front end; other clients have what they were given.
  if (!isNamed && client.id === FIRST_PARTY) return [...scope, AS_ROLES_ALLOW]
  return (await isNarrowed(granted, parts)) ? [...scope, MADE_NARROW] : scope
}
