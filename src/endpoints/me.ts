import { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import { type ProfileChange, profileOfOwner } from '../login/profile.ts'
import { text } from '../model/text-field.ts'
import { OWN_CHANGES, OWN_DATA } from './limits.ts'
import { mayReadAccount, ownAccount } from './own-account.ts'
import { callerOf, json, noContent, principalOf, route } from './route.ts'
import { exampleUser, passwordText, showUser, userAnswer } from './schemas.ts'

const answer = { description: 'The account.', schema: userAnswer, example: exampleUser }

export const readMe = route({
  method: 'GET',
  path: '/users/me',
  access: mayReadAccount,
  limit: OWN_DATA,
  tag: 'Accounts',
  style: 'problem',
  summary: 'Who am I',
  answers: { 200: answer },
  async handle(context) {
    const user = await context.services.grants.store.users.find(principalOf(context).id)
    if (user === undefined) throw new AuthError('USER_NOT_FOUND')
    return json(showUser(user))
  },
})

const changes = z
  .strictObject({
    username: text(64).optional(),
    profile: z.record(z.string(), z.unknown()).optional(),
  })
  .refine(({ username, profile }) => (username === undefined) !== (profile === undefined), {
    error: 'Change either `username` or `profile` in one request.',
  })
  .meta({ id: 'AccountChange' })

export const changeMe = route({
  method: 'PATCH',
  path: '/users/me',
  access: ownAccount,
  limit: OWN_CHANGES,
  tag: 'Accounts',
  style: 'problem',
  summary: 'Rename myself, or change my profile',
  description:
    'One of the two in one request. The `sub` stays. `profile` is replaced as a whole, but for what its schema calls `readOnly`.',
  body: { types: ['json'], schema: changes, example: { username: 'alice.b' } },
  answers: { 200: answer, 409: { description: 'The user name is taken.' } },
  async handle(context) {
    const { body, services, origin } = context
    const { id } = principalOf(context)
    if (body.username !== undefined) {
      return json(showUser(await services.accounts.rename(id, body.username, origin)))
    }
    const change: ProfileChange = (present) => profileOfOwner(services.profile, body.profile ?? {}, present)
    return json(showUser(await services.accounts.changeOwnProfile(id, change, origin)))
  },
})

const passwordChange = z
  .strictObject({ current_password: passwordText, new_password: passwordText })
  .meta({ id: 'PasswordChange' })

export const changePassword = route({
  method: 'POST',
  path: '/password/change',
  access: ownAccount,
  limit: OWN_CHANGES,
  tag: 'Accounts',
  style: 'problem',
  summary: 'Change my password',
  description:
    'Ends every other session at once. This one lives on: refresh it, for its access token ends as well. An account with ' +
    'a second factor needs a sign-in of the last ten minutes.',
  body: {
    types: ['json'],
    schema: passwordChange,
    example: { current_password: 'correct horse battery', new_password: 'a longer sentence of mine' },
  },
  answers: { 204: { description: 'Changed.' } },
  async handle(context) {
    const { body, services } = context
    const passwords = { current: body.current_password, next: body.new_password }
    await services.ownAccount.changePassword(principalOf(context), passwords, callerOf(context))
    return noContent()
  },
})
