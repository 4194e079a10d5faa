import { z } from 'zod'
import type { Origin } from '../audit/events.ts'
import { roleName, scopeName, sentence } from '../config/settings/permissions.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Role } from '../model/role.ts'
import type { PermissionStep } from '../store/permissions.ts'
import type { Store } from '../store/store.ts'
import type { Permissions } from './permissions.ts'

/** What a role is, but for its name. */
export const roleBody = z.strictObject({
  description: sentence.schema.optional(),
  scopes: z.array(scopeName.schema, 'Must be a list of scope names.').max(500),
})

/** A role, and who declares it: the configuration, which only a new start reads, or the database. */
export interface ListedRole extends Role {
  readonly from: 'configuration' | 'database'
}

/**
 * Roles as an admin manages them while the service runs. What comes from outside is checked here; who may do it is not.
 * The configuration's own roles are listed and cannot be changed.
 */
export interface Roles {
  list(): Promise<readonly ListedRole[]>
  find(name: string): Promise<ListedRole | undefined>
  /** Makes it, or puts it in the place of the one there was. Throws `REQUEST_INVALID` with every problem. */
  put(role: Role, origin: Origin): Promise<Role>
  /** Takes it from everybody who has it. Throws `REQUEST_INVALID`, `NOT_FOUND`. */
  remove(name: string, origin: Origin): Promise<void>
}

export interface RoleParts {
  readonly store: Pick<Store, 'permissions'>
  readonly permissions: Permissions
  /** Waits until this process knows the change, and the revocations that it wrote. */
  readonly changed: () => Promise<void>
}

/** So that a list stays a list. */
export const MOST_ROLES = 500

export function createRoles({ store, permissions, changed }: RoleParts): Roles {
  const configured = Object.entries(permissions.roles).map(
    ([name, { description, scopes }]): ListedRole => ({ name, description, scopes, from: 'configuration' }),
  )
  const list: Roles['list'] = async () => {
    const kept = (await store.permissions.roles()).filter(({ name }) => !isConfigured(name))
    return [...configured, ...kept.map((role) => ({ ...role, from: 'database' }) as const)]
  }
  const isConfigured = (name: string) => Object.hasOwn(permissions.roles, name)
  const refuseConfigured = (name: string): void => {
    if (isConfigured(name)) throw invalid('name', 'Is declared by the configuration: change it there.')
  }
  const take = async (step: PermissionStep): Promise<void> => {
    const refused = await store.permissions.change([step])
    if (refused !== undefined) throw new AuthError('NOT_FOUND')
    await changed()
  }

  return {
    list,
    async find(name) {
      return (await list()).find((role) => role.name === name)
    },
    async put(role, origin) {
      if (!roleName.schema.safeParse(role.name).success) throw invalid('name', `Must be ${roleName.expects}.`)
      refuseConfigured(role.name)
      const unknown = role.scopes.filter((scope) => !Object.hasOwn(permissions.scopes, scope))
      if (unknown.length > 0) throw invalid('scopes', 'Names a scope that this API does not declare.')
      const kept = await store.permissions.roles()
      const isNew = !kept.some(({ name }) => name === role.name)
      if (isNew && kept.length >= MOST_ROLES) throw invalid('name', `There are ${MOST_ROLES} roles: enough.`)
      const once = { ...role, scopes: [...new Set(role.scopes)] }
      await take({ kind: 'role.put', role: once, event: eventOfRole(once, isNew, origin) })
      return once
    },
    async remove(name, origin) {
      refuseConfigured(name)
      await take({
        kind: 'role.remove',
        name,
        event: { name: 'role.removed', origin, data: { role: name } },
      })
    },
  }
}

export function eventOfRole({ name, scopes }: Role, isNew: boolean, origin: Origin) {
  const data = { role: name, scopes: scopes.join(' ') }
  return { name: isNew ? 'role.created' : 'role.changed', origin, data } as const
}

function invalid(field: string, message: string): AuthError {
  return new AuthError('REQUEST_INVALID', { fields: [{ field, message }] })
}
