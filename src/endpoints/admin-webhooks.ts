import { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import { needs } from '../model/access.ts'
import type { WaitingDelivery } from '../store/webhooks.ts'
import { retryDelivery } from '../webhooks/retry.ts'
import { FOR_ADMINS } from './limits.ts'
import { json, noContent, route } from './route.ts'
import { eventAnswer, listOf, showEvent, timeOf } from './schemas.ts'

const looksAtEvents = needs({ scopes: ['admin:events'] })

const deliveryAnswer = z
  .object({
    id: z.string(),
    url: z.string(),
    event: eventAnswer,
    tries: z.int(),
    dead: z.boolean().meta({ description: 'Given up; else it is tried again.' }),
    why: z.string().nullable().meta({ description: 'What went wrong last.' }),
    at: z.iso.datetime().meta({ description: 'Of the next try, or when it was given up.' }),
  })
  .meta({ id: 'WebhookDelivery' })

export function showDelivery({ id, url, event, tries, dead, why, at }: WaitingDelivery) {
  return {
    id,
    url,
    event: showEvent(event),
    tries,
    dead,
    why: why ?? null,
    at: timeOf(at),
  }
}

const MOST = 200

export const listWebhookDeliveries = route({
  method: 'GET',
  path: '/admin/webhooks',
  access: looksAtEvents,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Webhooks that have not arrived',
  description: `The ${MOST} oldest. With \`dead=true\` those alone that were given up.`,
  query: z.strictObject({ dead: z.enum(['true', 'false'], 'Must be `true` or `false`.').optional() }),
  answers: {
    200: { description: 'Deliveries.', schema: listOf(deliveryAnswer) },
  },
  async handle({ services, query }) {
    const dead = query.dead === 'true'
    const found = await services.grants.store.webhooks.list({ dead, limit: MOST })
    return json({ items: found.map(showDelivery), next_cursor: null })
  },
})

export const retryWebhookDelivery = route({
  method: 'POST',
  path: '/admin/webhooks/{id}/retry',
  access: looksAtEvents,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Send a webhook again that was given up',
  answers: {
    204: { description: 'It is tried from the beginning.' },
    404: { description: 'None of this id was given up.' },
  },
  async handle({ services, params, origin }) {
    if (!(await retryDelivery(services.grants.store, params.id ?? '', origin)))
      throw new AuthError('NOT_FOUND')
    return noContent()
  },
})
