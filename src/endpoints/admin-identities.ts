import { AuthError } from '../errors/auth-error.ts'
import { userOf, userToChange } from './account-ceiling.ts'
import { looksAfterUsers } from './admin-users.ts'
import { identitiesAnswer, showIdentity } from './identities.ts'
import { FOR_ADMINS } from './limits.ts'
import { callerOf, json, noContent, route } from './route.ts'

export const listIdentitiesOfUser = route({
  method: 'GET',
  path: '/admin/users/{id}/identities',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'The accounts elsewhere that sign in to an account',
  answers: { 200: identitiesAnswer, 404: { description: 'There is no account of this id.' } },
  async handle(context) {
    const { id } = await userOf(context)
    const items = await context.services.identities.list(id)
    return json({ items: items.map(showIdentity), next_cursor: null })
  },
})

export const removeIdentityOfUser = route({
  method: 'DELETE',
  path: '/admin/users/{id}/identities/{identity}',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Take away an account elsewhere that signs in to an account',
  description:
    'One that was taken over. Ends every session and token of the account; its owner is told by mail.',
  answers: {
    204: { description: 'Taken away.' },
    404: { description: 'There is no such account, or it has none of that id.' },
    409: { description: 'Nothing else would open the account: it needs a password first.' },
  },
  async handle(context) {
    const { params, services, origin } = context
    const { id } = await userToChange(context)
    const owner = { id, sessionId: undefined }
    // The letter is for its owner, whose language is not that of this request.
    const caller = { ...callerOf(context), origin, language: undefined }
    if (!(await services.identities.remove(owner, params.identity ?? '', caller)))
      throw new AuthError('NOT_FOUND')
    return noContent()
  },
})
