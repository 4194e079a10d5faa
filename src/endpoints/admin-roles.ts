import { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import { type ListedRole, roleBody } from '../permissions/roles.ts'
import { refuseScopesBeyond } from './account-ceiling.ts'
import { looksAfterUsers } from './admin-users.ts'
import { FOR_ADMINS } from './limits.ts'
import { json, noContent, type RouteContext, route } from './route.ts'
import { listOf } from './schemas.ts'

const roleAnswer = z
  .object({
    name: z.string(),
    description: z.string().nullable(),
    scopes: z.array(z.string()),
    from: z.enum(['configuration', 'database']).meta({
      description: 'Those of the configuration are changed there, and take a new start.',
    }),
  })
  .meta({ id: 'Role' })

const change = roleBody.meta({ id: 'RoleChange' })

const example: z.input<typeof roleAnswer> = {
  name: 'auditor',
  description: 'Reads what happened',
  scopes: ['admin:events'],
  from: 'database',
}
const beyond = { description: 'It holds, or held, more than you do.' }

export const listRoles = route({
  method: 'GET',
  path: '/admin/roles',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'All roles, and the scopes they hold',
  answers: {
    200: { description: 'The roles.', schema: listOf(roleAnswer) },
  },
  async handle({ services }) {
    return json({ items: (await services.roles.list()).map(showRole), next_cursor: null })
  },
})

export const putRole = route({
  method: 'PUT',
  path: '/admin/roles/{name}',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Make a role, or change what it holds',
  description:
    'Whoever has it holds the new scopes from their next refresh on. A scope that the role loses ends the access tokens ' +
    'of everybody who has it, at once. Nobody makes or changes a role that holds more than they hold themselves.',
  body: {
    types: ['json'],
    schema: change,
    example: { description: 'Reads what happened', scopes: ['admin:events'] },
  },
  answers: { 200: { description: 'The role.', schema: roleAnswer, example }, 403: beyond },
  async handle(context) {
    const { body, services, origin } = context
    const name = nameOf(context)
    const before = await services.roles.find(name)
    // Of a scope that there is none of, `put` says so.
    const given = body.scopes.filter((scope) => Object.hasOwn(services.permissions.scopes, scope))
    refuseScopesBeyond(context, [...(before?.scopes ?? []), ...given])
    const role = { name, description: body.description, scopes: body.scopes }
    return json(showRole({ ...(await services.roles.put(role, origin)), from: 'database' }))
  },
})

export const deleteRole = route({
  method: 'DELETE',
  path: '/admin/roles/{name}',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Remove a role',
  description: 'Everybody who has it loses it, and with it the access tokens that say otherwise, at once.',
  answers: {
    204: { description: 'Removed.' },
    403: beyond,
    404: { description: 'There is no such role.' },
  },
  async handle(context) {
    const { services, origin } = context
    const name = nameOf(context)
    const before = await services.roles.find(name)
    if (before === undefined) throw new AuthError('NOT_FOUND')
    refuseScopesBeyond(context, before.scopes)
    await services.roles.remove(name, origin)
    return noContent()
  },
})

function nameOf({ params }: Pick<RouteContext, 'params'>): string {
  return params.name ?? ''
}

function showRole({ name, description, scopes, from }: ListedRole): z.input<typeof roleAnswer> {
  return { name, description: description ?? null, scopes: [...scopes], from }
}
