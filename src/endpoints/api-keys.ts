import { z } from 'zod'
import { isUuid } from '../base/uuid.ts'
import { AuthError } from '../errors/auth-error.ts'
import { apiKeyFields } from '../login/api-keys.ts'
import type { ApiKey } from '../model/api-key.ts'
import { text } from '../model/text-field.ts'
import { OWN_CHANGES, OWN_DATA } from './limits.ts'
import { ownAccount, recentlyProven } from './own-account.ts'
import { json, noContent, principalOf, route } from './route.ts'
import { listOf, timeOf, timeOrNull } from './schemas.ts'

const newApiKey = z
  .strictObject({
    name: apiKeyFields.name,
    scopes: z.array(text(100)).min(1).max(100).optional().meta({
      description:
        'What it may do, at most what your roles and this credential allow; all of that if left out.',
    }),
    expires_in: apiKeyFields.lifeSeconds,
  })
  .meta({ id: 'NewApiKey' })

export const apiKeyAnswer = z
  .object({
    id: z.uuid(),
    name: z.string(),
    scopes: z.array(z.string()),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable().meta({ description: 'Give or take a minute.' }),
    suspended: z.boolean().meta({ description: 'After a restore of the database, until it is confirmed.' }),
  })
  .meta({ id: 'ApiKey' })

const madeAnswer = apiKeyAnswer.extend({ key: z.string() }).meta({ id: 'MadeApiKey' })

const exampleKey = {
  id: '6f1c1b1e-1f5d-4c38-9d0a-0f7f8e9a1b2c',
  name: 'nightly export',
  scopes: ['profile:read'],
  created_at: '2026-11-23T08:00:00.000Z',
  expires_at: '2027-11-23T08:00:00.000Z',
  last_used_at: null,
  suspended: false,
}

export const makeApiKey = route({
  method: 'POST',
  path: '/users/me/api-keys',
  // A key outlives what it was made with: neither another key nor a token that somebody found may make one.
  access: recentlyProven,
  limit: { count: 60, periodMilliseconds: 600_000 },
  tag: 'API keys',
  style: 'problem',
  summary: 'Make an API key',
  description:
    'The key stands in this answer and nowhere else. Send it as `Authorization: Bearer cs_key_…` or as `X-API-Key`.',
  body: { types: ['json'], schema: newApiKey, example: { name: 'nightly export', expires_in: 7_776_000 } },
  answers: {
    403: { description: 'A scope that this credential does not have itself.' },
    201: { description: 'The key, once.', schema: madeAnswer, example: { ...exampleKey, key: 'cs_key_…' } },
  },
  async handle(context) {
    const { body, origin, services } = context
    const { name, scopes, expires_in: lifeSeconds } = body
    const { id: userId, scopes: within, sessionId } = principalOf(context)
    const { apiKey, text } = await services.apiKeys.make(
      { userId, name, scopes, within, sessionId, lifeSeconds },
      origin,
    )
    return json({ ...showApiKey(apiKey), key: text }, 201)
  },
})

export const listApiKeys = route({
  method: 'GET',
  path: '/users/me/api-keys',
  access: ownAccount,
  limit: OWN_DATA,
  tag: 'API keys',
  style: 'problem',
  summary: 'My API keys',
  answers: {
    200: {
      description: 'Live ones, newest first.',
      schema: listOf(apiKeyAnswer),
      example: { items: [exampleKey], next_cursor: null },
    },
  },
  async handle(context) {
    const keys = await context.services.apiKeys.list(principalOf(context).id)
    return json({ items: keys.map(showApiKey), next_cursor: null })
  },
})

export const revokeApiKey = route({
  method: 'DELETE',
  path: '/users/me/api-keys/{id}',
  access: ownAccount,
  limit: OWN_CHANGES,
  tag: 'API keys',
  style: 'problem',
  summary: 'Revoke one of my API keys',
  description: 'It is refused at the very next request.',
  answers: { 204: { description: 'Revoked.' }, 404: { description: 'I have no live key of this id.' } },
  async handle(context) {
    const key = { userId: principalOf(context).id, id: context.params.id ?? '' }
    const revoked = isUuid(key.id) && (await context.services.apiKeys.revoke(key, context.origin))
    if (!revoked) throw new AuthError('NOT_FOUND')
    return noContent()
  },
})

export function showApiKey(key: ApiKey) {
  return {
    id: key.id,
    name: key.name,
    scopes: key.scopes,
    created_at: timeOf(key.createdAt),
    expires_at: timeOf(key.expiresAt),
    last_used_at: timeOrNull(key.usedAt),
    suspended: key.suspended,
  }
}
