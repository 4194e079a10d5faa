import { Refusal } from '../errors/refusal.ts'
import type { Client } from './client.ts'
import { askedScope, type ScopePolicy, scopesOfClient, scopesOfRoles } from './scope-policy.ts'
import type { User } from './user.ts'

/**
 * The scopes that ask for the user instead of for the API (OpenID Connect Core sections 5.4 and 11), each with the
 * sentence that people are shown. No role holds them: what they open is the user's own.
 */
export const IDENTITY_SCOPES = {
  openid: 'Recognise you each time you sign in',
  profile: 'See your name and the rest of your profile',
  email: 'See your mail address',
  offline_access: 'Keep its access while you are away, until you sign it out',
} as const satisfies Readonly<Record<string, string>>

const NAMES: readonly string[] = Object.keys(IDENTITY_SCOPES)

/** Standard scopes of OpenID Connect whose claims nobody has here: asked for by habit, and left out. */
const WITHOUT_CLAIMS: readonly string[] = ['address', 'phone']

/** A policy that knows these names too: what clients may be registered for, and people may be asked to allow. */
export function withIdentityScopes(policy: ScopePolicy): ScopePolicy {
  return { ...policy, scopes: { ...IDENTITY_SCOPES, ...policy.scopes } }
}

/** What a client asks of a person: `askedScope` of the API's names and of these. */
export function scopeAskedOfPerson(
  asked: string | undefined,
  { scopes }: Pick<ScopePolicy, 'scopes'>,
): readonly string[] | undefined | Refusal {
  const declares = (name: string) => Object.hasOwn(IDENTITY_SCOPES, name) || Object.hasOwn(scopes, name)
  const names = askedScope(asked, (name) => declares(name) || WITHOUT_CLAIMS.includes(name))
  return names instanceof Refusal ? names : names?.filter(declares)
}

/** All that a client may be given of a user: what their roles hold, and what is their own. */
export async function scopesOfPerson(
  policy: ScopePolicy,
  client: Pick<Client, 'scopes'>,
  user: Pick<User, 'roles'>,
): Promise<readonly string[]> {
  return scopesOfClient(client, [...NAMES, ...(await scopesOfRoles(policy, user.roles))])
}
