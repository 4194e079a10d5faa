import { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import { needs } from '../model/access.ts'
import { loginKey } from '../model/account-name.ts'
import type { User } from '../model/user.ts'
import { refuseRolesBeyond, userOf, userToChange } from './account-ceiling.ts'
import { FOR_ADMINS } from './limits.ts'
import { answerPage, pageQuery } from './page.ts'
import { json, noContent, principalOf, route } from './route.ts'
import { adminUserAnswer, exampleUser, listOf, loginText, showManagedUser } from './schemas.ts'
import { factorsAnswer, showFactors } from './second-factors.ts'

export const looksAfterUsers = needs({ scopes: ['admin:users'] })

const answer = {
  description: 'The account.',
  schema: adminUserAnswer,
  example: { ...exampleUser, state: 'active', updated_at: exampleUser.created_at },
}
const unknown = { description: 'There is no account of this id.' }
const above = { description: 'It holds more than you do.' }

export const listUsers = route({
  method: 'GET',
  path: '/admin/users',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'All accounts',
  description:
    'Oldest first. With `login` the one account of that user name or mail address, if there is one.',
  query: z.strictObject({
    ...pageQuery,
    state: z.enum(['active', 'disabled'], 'Must be `active` or `disabled`.').optional(),
    login: loginText.optional(),
  }),
  answers: { 200: { description: 'Accounts.', schema: listOf(adminUserAnswer) } },
  async handle({ services, query }) {
    const { users } = services.grants.store
    const { state, login } = query
    if (login !== undefined) {
      const user = (await users.findAccount(loginKey(login)))?.user
      const fits = user !== undefined && (state === undefined || user.state === state)
      return json({ items: fits ? [showManagedUser(user)] : [], next_cursor: null })
    }
    return answerPage(
      query,
      {
        name: `users?state=${state ?? ''}`,
        fetch: (after, limit) =>
          users.list({ limit, ...(after !== undefined && { after }), ...(state && { state }) }),
        positionOf: (user: User) => user.id,
        show: showManagedUser,
      },
      services,
    )
  },
})

export const readUser = route({
  method: 'GET',
  path: '/admin/users/{id}',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'One account',
  answers: { 200: answer, 404: unknown },
  async handle(context) {
    return json(showManagedUser(await userOf(context)))
  },
})

const changes = z
  .strictObject({
    state: z.enum(['active', 'disabled'], 'Must be `active` or `disabled`.').optional(),
    roles: z.array(z.string().max(64), 'Must be a list of roles.').max(100).optional(),
  })
  .refine(({ state, roles }) => (state === undefined) !== (roles === undefined), {
    error: 'Change either `state` or `roles` in one request.',
  })
  .meta({ id: 'ManagedUserChange' })

export const changeUser = route({
  method: 'PATCH',
  path: '/admin/users/{id}',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Disable an account, enable it, or give it roles',
  description:
    'One of the two in one request. Disabling ends every session and token at once; enabling revives none of them. ' +
    'A role that is taken away ends the access tokens that say otherwise; one that needs a second factor signs the ' +
    'account out everywhere when it is given. Nobody gives a role that holds more than ' +
    'they hold themselves, and nobody changes an account that holds more than they do: a scope of this service ' +
    'itself (`admin:keys`, …) that they lack, or all that they have and others.',
  body: { types: ['json'], schema: changes, example: { state: 'disabled' } },
  answers: { 200: answer, 403: above, 404: unknown },
  async handle(context) {
    const { body, services, origin } = context
    const { id } = await userToChange(context)
    if (body.roles !== undefined) {
      await refuseRolesBeyond(context, body.roles)
      return json(showManagedUser(await services.accounts.setRoles(id, body.roles, origin)))
    }
    return json(showManagedUser(await services.accounts.setState(id, body.state ?? 'active', origin)))
  },
})

export const deleteUser = route({
  method: 'DELETE',
  path: '/admin/users/{id}',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Delete an account',
  description:
    'For good: it goes with all that belongs to it, and its tokens are refused at once. Its id is never given to anybody ' +
    'else. Your own goes by `DELETE /users/me`, which asks whether it is you. To close an account that may come back, ' +
    'disable it.',
  answers: {
    204: { description: 'Deleted.' },
    400: { description: 'It is your own.' },
    403: above,
    404: unknown,
  },
  async handle(context) {
    const { services, origin } = context
    const { id } = await userToChange(context)
    // Whoever found an open session of an admin is not to undo them by what a lost password would not allow.
    if (id === principalOf(context).id) {
      const message = 'Is your own account: `DELETE /users/me` asks whether it is you.'
      throw new AuthError('REQUEST_INVALID', { fields: [{ field: 'id', message }] })
    }
    await services.accounts.remove(id, origin)
    return noContent()
  },
})

export const resetFactors = route({
  method: 'DELETE',
  path: '/admin/users/{id}/factors',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Take an account’s second factors away',
  description:
    'For somebody who has lost them all. Ends every session and token of the account; the next sign-in asks for the ' +
    'password alone, or to set a factor up again where one is required.',
  answers: {
    200: {
      description: 'Whether there were any.',
      schema: z.object({ reset: z.boolean() }),
      example: { reset: true },
    },
    403: above,
    404: unknown,
  },
  async handle(context) {
    const { id } = await userToChange(context)
    return json({ reset: await context.services.secondFactors.reset(id, context.origin) })
  },
})

export const readFactors = route({
  method: 'GET',
  path: '/admin/users/{id}/factors',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'The second factors of an account',
  answers: {
    200: { description: 'What a sign-in asks for beside the password.', schema: factorsAnswer },
    404: unknown,
  },
  async handle(context) {
    const { id } = await userOf(context)
    return json(showFactors(await context.services.secondFactors.find(id)))
  },
})

export const removeFactor = route({
  method: 'DELETE',
  path: '/admin/users/{id}/factors/{factor}',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Take one second factor of an account away',
  description:
    '`totp` for the authenticator app, or the id of a passkey: one that was lost. Ends every session and token of the ' +
    'account; its owner is told by mail.',
  answers: {
    204: { description: 'Removed.' },
    403: above,
    404: { description: 'There is no such account, or it has no such factor.' },
  },
  async handle(context) {
    const { params, services, origin } = context
    const { id: userId } = await userToChange(context)
    const factor = params.factor ?? ''
    const { secondFactors } = services
    if (factor === 'totp') await secondFactors.removeTotp({ userId, sessionId: undefined }, origin)
    else await secondFactors.removeLostPasskey(userId, factor, origin)
    return noContent()
  },
})
