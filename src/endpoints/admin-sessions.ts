import { z } from 'zod'
import { AuthError } from '../errors/auth-error.ts'
import { userOf, userToChange } from './account-ceiling.ts'
import { looksAfterUsers } from './admin-users.ts'
import { FOR_ADMINS } from './limits.ts'
import { pageQuery } from './page.ts'
import { json, noContent, principalOf, route } from './route.ts'
import { listOf, sessionAnswer } from './schemas.ts'
import { answerSessions, ended, endSessionOf } from './sessions.ts'

const above = { description: 'It holds more than you do.' }
const unknown = { description: 'There is no account of this id.' }

export const listSessionsOfUser = route({
  method: 'GET',
  path: '/admin/users/{id}/sessions',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Where an account is signed in',
  query: z.strictObject(pageQuery),
  answers: {
    200: { description: 'Its sessions, last used first.', schema: listOf(sessionAnswer) },
    404: unknown,
  },
  async handle(context) {
    const { id } = await userOf(context)
    return answerSessions(id, principalOf(context).sessionId, context.query, context.services)
  },
})

export const endSessionOfUser = route({
  method: 'DELETE',
  path: '/admin/users/{id}/sessions/{sid}',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'End one session of an account',
  description: 'Its access tokens end at the very next request.',
  answers: {
    204: { description: 'Ended.' },
    403: above,
    404: { description: 'No such account or live session.' },
  },
  async handle(context) {
    const { id: userId } = await userToChange(context)
    const session = { userId, id: context.params.sid ?? '' }
    if (!(await endSessionOf(session, 'ended_by_admin', context))) throw new AuthError('NOT_FOUND')
    return noContent()
  },
})

export const endSessionsOfUser = route({
  method: 'DELETE',
  path: '/admin/users/{id}/sessions',
  access: looksAfterUsers,
  limit: FOR_ADMINS,
  tag: 'Admin',
  style: 'problem',
  summary: 'Sign an account out everywhere',
  description: 'Ends all its sessions, those about to begin included.',
  answers: { 200: ended, 403: above, 404: unknown },
  async handle(context) {
    const { services, origin } = context
    const { store, revocationsChanged } = services.grants
    const { id: userId } = await userToChange(context)
    const event = { name: 'session.all_ended', origin, userId } as const
    const count = await store.sessions.endAll(userId, { why: 'ended_by_admin' }, event)
    await revocationsChanged()
    return json({ ended: count })
  },
})
