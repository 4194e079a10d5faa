import { z } from 'zod'
import { isUuid } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import { signedIn } from '../model/access.ts'
import { json, noContent, principalOf, route } from './route.ts'
import { listOf, sessionAnswer, showSession } from './schemas.ts'

export const listSessions = route({
  method: 'GET',
  path: '/users/me/sessions',
  access: signedIn,
  tag: 'Sessions',
  style: 'problem',
  summary: 'Where I am signed in',
  answers: { 200: { description: 'My sessions, last used first.', schema: listOf(sessionAnswer) } },
  async handle(context) {
    const { id, sessionId } = principalOf(context)
    const sessions = await context.services.grants.store.sessions.list(id)
    return json({ items: sessions.map((session) => showSession(session, sessionId)), next_cursor: null })
  },
})

export const endSession = route({
  method: 'DELETE',
  path: '/users/me/sessions/{id}',
  access: signedIn,
  tag: 'Sessions',
  style: 'problem',
  summary: 'End one of my sessions',
  description: 'Its access tokens end at the very next request.',
  answers: { 204: { description: 'Ended.' }, 404: { description: 'I have no live session of this id.' } },
  async handle(context) {
    const { params, services, origin } = context
    const { store, revocationsChanged } = services.grants
    const userId = principalOf(context).id
    const id = params.id ?? ''
    const event = { name: 'session.ended', origin, userId, sessionId: id } as const
    const ended = isUuid(id) && (await store.sessions.end({ userId, id, why: 'ended_by_user' }, event))
    if (!ended) throw new AuthError('NOT_FOUND')
    await revocationsChanged()
    return noContent()
  },
})

const endQuery = z.strictObject({
  keep: z.enum(['none', 'current'], 'Must be `none` or `current`.').default('none'),
})

export const endSessions = route({
  method: 'DELETE',
  path: '/users/me/sessions',
  access: signedIn,
  tag: 'Sessions',
  style: 'problem',
  summary: 'Sign out everywhere',
  description:
    'Ends all my sessions, those about to begin included; with `keep=current` all but this one, which then ' +
    'needs to refresh its access token.',
  query: endQuery,
  answers: {
    200: { description: 'How many ended.', schema: z.object({ ended: z.int() }), example: { ended: 3 } },
  },
  async handle(context) {
    const { services, origin, query } = context
    const { store, revocationsChanged } = services.grants
    const { id, sessionId } = principalOf(context)
    const exceptId = query.keep === 'current' ? sessionId : undefined
    const event = { name: 'session.all_ended', origin, userId: id } as const
    const ended = await store.sessions.endAll(id, { exceptId, why: 'ended_by_user' }, event)
    await revocationsChanged()
    return json({ ended })
  },
})
