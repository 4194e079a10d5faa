import type { ConfiguredRole } from '../config/settings/permissions.ts'
import type { Role } from '../model/role.ts'
import type { ScopePolicy } from '../model/scope-policy.ts'
import type { Store } from '../store/store.ts'

/** The scopes and roles that there are: those of the configuration, and beside them those of the database. */
export interface Permissions extends ScopePolicy {
  /** All scopes, each with its sentence; another object once they are others. */
  readonly scopes: Readonly<Record<string, string>>
  readonly roles: Readonly<Record<string, ConfiguredRole>>
  /** Those of the names that are no role. */
  unknownRoles(names: readonly string[]): Promise<readonly string[]>
  /** Those of the names that are looked for in the database. */
  keptRoles(names: readonly string[]): readonly string[]
  /** Every role by name, those of the configuration first. */
  roleNames(): Promise<readonly string[]>
  /** Reads the scopes of the database anew. */
  freshen(): Promise<void>
}

/**
 * What a role holds is asked of the database each time, after the user whose role it is was read: whatever is changed
 * in between raises a counter of theirs, so that no token outlives what it says. Of a scope only its name and sentence
 * are remembered, for up to two seconds; alone it permits nothing.
 */
export function createPermissions(
  configured: Pick<Permissions, 'scopes' | 'roles'>,
  store: Pick<Store['permissions'], 'scopes' | 'roles' | 'findRoles'>,
): Permissions {
  const { roles } = configured
  let scopes: Readonly<Record<string, string>> = Object.freeze({ ...configured.scopes })
  const inDatabase = (names: readonly string[]) => names.filter((name) => !Object.hasOwn(roles, name))

  return {
    get scopes() {
      return scopes
    },
    roles,
    keptRoles: inDatabase,
    async findRoles(names): Promise<readonly Pick<Role, 'name' | 'scopes'>[]> {
      const asked = inDatabase(names)
      return asked.length === 0 ? [] : store.findRoles(asked)
    },
    async unknownRoles(names) {
      const asked = inDatabase(names)
      const found = asked.length === 0 ? [] : await store.findRoles(asked)
      return asked.filter((name) => !found.some((role) => role.name === name))
    },
    async roleNames() {
      const own = Object.keys(roles)
      return [...own, ...inDatabase((await store.roles()).map(({ name }) => name))]
    },
    async freshen() {
      const kept = (await store.scopes()).map(({ name, sentence }) => [name, sentence])
      const now = { ...Object.fromEntries(kept), ...configured.scopes }
      if (!isSame(scopes, now)) scopes = Object.freeze({ ...configured.scopes, ...now })
    },
  }
}

function isSame(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && one[name] === other[name])
  )
}
