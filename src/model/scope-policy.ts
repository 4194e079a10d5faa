import { Refusal } from '../errors/refusal.ts'
import type { Client } from './client.ts'

/** The declared scopes, each with its sentence, and the roles that hold them. */
export interface ScopePolicy {
  /** As far as known now. */
  readonly scopes: Readonly<Record<string, string>>
  /** Those of the configuration. */
  readonly roles: Readonly<Record<string, { readonly scopes: readonly string[] }>>
  /** Those of the names that are roles elsewhere, asked now. */
  readonly findRoles: (
    names: readonly string[],
  ) => Promise<readonly { readonly name: string; readonly scopes: readonly string[] }[]>
}

/** Splits a `scope` parameter (RFC 6749 section 3.3) and drops repetitions. */
export function parseScope(text: string): string[] {
  return [...new Set(text.split(' ').filter((name) => name !== ''))]
}

/**
 * All that the roles allow, in the order of declaration. A role that is not declared holds nothing.
 *
 * To be asked after the user was read whose roles they are: then what is lost in between raises the counter that their
 * token is made under.
 */
export async function scopesOfRoles(policy: ScopePolicy, roles: readonly string[]): Promise<string[]> {
  const held = await scopesNamedByRoles(policy, roles)
  return Object.keys(policy.scopes).filter((name) => held.has(name))
}

/** All that they hold, also what is not known to be declared: another process may know better, or it may be one day. */
export async function scopesNamedByRoles(
  policy: ScopePolicy,
  roles: readonly string[],
): Promise<ReadonlySet<string>> {
  return new Set([...(await declarationsOf(policy, roles)).values()].flat())
}

/**
 * The roles that were handed on with these scopes: those of which they are all that the role holds. A role that holds
 * nothing, or that nobody declared, was not.
 */
export async function rolesWithin(
  policy: ScopePolicy,
  roles: readonly string[],
  scopes: readonly string[],
): Promise<string[]> {
  const declared = await declarationsOf(policy, roles)
  return roles.filter((role) => {
    const held = declared.get(role) ?? []
    return held.length > 0 && held.every((name) => scopes.includes(name))
  })
}

/** What each of them holds; nothing is said of one that is not declared. */
async function declarationsOf(
  policy: ScopePolicy,
  roles: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const isConfigured = (role: string) => Object.hasOwn(policy.roles, role)
  const found = roles.every(isConfigured) ? [] : await policy.findRoles(roles)
  return new Map([
    ...found.map(({ name, scopes }) => [name, scopes] as const),
    ...roles.filter(isConfigured).map((role) => [role, policy.roles[role]?.scopes ?? []] as const),
  ])
}

/**
 * What of somebody's scopes puts them above who has `mine`: a scope of the service itself that is not among mine, or
 * whatever they have beside all of mine. Two who each have something that the other lacks, and nothing of the service, are
 * above nobody. Pure.
 */
export function scopesAbove(
  theirs: readonly string[],
  mine: readonly string[],
  ofTheService: readonly string[],
): string[] {
  const beyond = theirs.filter((name) => !mine.includes(name))
  const hasAllOfMine = mine.every((name) => theirs.includes(name))
  return hasAllOfMine ? beyond : beyond.filter((name) => ofTheService.includes(name))
}

/** Those of the scopes held that the client may ask for. */
export function scopesOfClient(
  { scopes }: Pick<Client, 'scopes'>,
  held: readonly string[],
): readonly string[] {
  return scopes === undefined ? held : held.filter((name) => scopes.includes(name))
}

/** Whether a scope of this name is declared for the roles to hold. */
export function declaredIn({ scopes }: Pick<ScopePolicy, 'scopes'>): (name: string) => boolean {
  return (name) => Object.hasOwn(scopes, name)
}

/**
 * The names that a `scope` parameter asks for; undefined where it asks for none, and so for all that is allowed. A name
 * that nobody declared is a misspelling and not a wish: it is refused.
 */
export function askedScope(
  parameter: string | undefined,
  declares: (name: string) => boolean,
): readonly string[] | undefined | Refusal {
  return declaredScope(namedScope(parameter), declares)
}

/** The names that a `scope` parameter holds; undefined where it holds none, for that asks for all. */
export function namedScope(parameter: string | undefined): readonly string[] | undefined {
  return parameter === undefined || parameter.trim() === '' ? undefined : parseScope(parameter)
}

/** The same names, each once, if all are declared. Of a list, unlike of the parameter, an empty one asks for nothing. */
export function declaredScope(
  names: readonly string[] | undefined,
  declares: (name: string) => boolean,
): readonly string[] | undefined | Refusal {
  const unknown = names?.filter((name) => !declares(name)) ?? []
  if (unknown.length === 0) return names && [...new Set(names)]
  return new Refusal('SCOPE_UNKNOWN', {
    fields: [{ field: 'scope', message: 'Names a scope that this API does not declare.' }],
    details: { count: unknown.length },
  })
}

/** The scope that is granted: at most as asked and at most as allowed; all that is allowed where nothing was asked. */
export function grantedScope(asked: readonly string[] | undefined, allowed: readonly string[]): string[] {
  return asked === undefined ? [...allowed] : asked.filter((name) => allowed.includes(name))
}
