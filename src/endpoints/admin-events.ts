import { z } from 'zod'
import { type AuditEvent, EVENT_NAMES } from '../audit/events.ts'
import { needs } from '../model/access.ts'
import { text } from '../model/text-field.ts'
import { FOR_ADMINS } from './limits.ts'
import { answerPage, pageQuery } from './page.ts'
import { route } from './route.ts'
import { eventAnswer, listOf, showEvent } from './schemas.ts'

export const listEvents = route({
  method: 'GET',
  path: '/admin/events',
  access: needs({ scopes: ['admin:events'] }),
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'What happened: who did what, when, from where',
  description: 'Newest first. The filters narrow one another.',
  query: z.strictObject({
    ...pageQuery,
    user: z.uuid('Must be the id of an account.').optional(),
    name: z.enum(EVENT_NAMES, 'Is no name of an event.').optional(),
    cause: text(64)
      .optional()
      .meta({ description: 'Events that carry this cause of a refusal, such as `PASSWORD_WRONG`.' }),
    since: z.iso.datetime('Must be a time such as `2026-11-23T08:00:00Z`.').optional(),
  }),
  answers: { 200: { description: 'Events.', schema: listOf(eventAnswer) } },
  handle({ services, query }) {
    const { user, name, cause, since } = query
    const filter = {
      ...(user !== undefined && { userId: user }),
      ...(name !== undefined && { name }),
      ...(cause !== undefined && { cause }),
      ...(since !== undefined && { since: Date.parse(since) }),
    }
    return answerPage(
      query,
      {
        name: `events?${JSON.stringify(filter)}`,
        fetch: (before, limit) =>
          services.grants.store.events.list({ ...filter, limit, ...(before !== undefined && { before }) }),
        positionOf: (event: AuditEvent) => event.id,
        show: showEvent,
      },
      services,
    )
  },
})
