import { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import type { Identity } from '../model/identity.ts'
import { OWN_CHANGES, OWN_DATA } from './limits.ts'
import { ownAccount, recentlyProven } from './own-account.ts'
import { callerOf, json, noContent, principalOf, route } from './route.ts'
import { timeOf } from './schemas.ts'

export const identityAnswer = z
  .object({
    id: z.string(),
    provider: z.string().meta({ description: 'Its name in the configuration.' }),
    email: z.string().nullable().meta({ description: 'As the provider said when it was connected.' }),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Identity' })

const example: z.input<typeof identityAnswer> = {
  id: '0f8fad5b-d9cb-469f-a165-70867728950e',
  provider: 'google',
  email: 'alice@example.com',
  created_at: '2026-11-23T08:00:00.000Z',
}

export const identitiesAnswer = {
  description: 'Oldest first.',
  schema: z.object({ items: z.array(identityAnswer), next_cursor: z.null() }),
  example: { items: [example], next_cursor: null },
}

export const listIdentities = route({
  method: 'GET',
  path: '/users/me/identities',
  access: ownAccount,
  limit: OWN_DATA,
  tag: 'Accounts',
  style: 'problem',
  summary: 'The accounts elsewhere that I sign in with',
  description: 'More are connected in a browser, under `/account/connections`.',
  answers: { 200: identitiesAnswer },
  async handle(context) {
    const items = await context.services.identities.list(principalOf(context).id)
    return json({ items: items.map(showIdentity), next_cursor: null })
  },
})

export const removeIdentity = route({
  method: 'DELETE',
  path: '/users/me/identities/{id}',
  access: recentlyProven,
  limit: OWN_CHANGES,
  tag: 'Accounts',
  style: 'problem',
  summary: 'Take away an account elsewhere that I sign in with',
  description:
    'Ends every other session at once. This one lives on: refresh it, for its access token ends as well.',
  answers: {
    204: { description: 'Taken away.' },
    404: { description: 'There is none of that id.' },
    409: { description: 'It is the last way in: set a password first, or connect another one.' },
  },
  async handle(context) {
    const { params, services } = context
    const owner = principalOf(context)
    if (!(await services.identities.remove(owner, params.id ?? '', callerOf(context)))) {
      throw new AuthError('NOT_FOUND')
    }
    return noContent()
  },
})

export function showIdentity({ id, provider, email, addedAt }: Identity): z.output<typeof identityAnswer> {
  return { id, provider, email: email ?? null, created_at: timeOf(addedAt) }
}
