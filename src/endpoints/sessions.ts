import { z } from 'zod'
import { isUuid } from '../base/uuid.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Reply } from '../http/reply.ts'
import type { Session, SessionEnd } from '../model/session.ts'
import { OWN_CHANGES, OWN_DATA } from './limits.ts'
import { ownAccount } from './own-account.ts'
import { answerPage, pageQuery } from './page.ts'
import { json, noContent, principalOf, type RouteContext, route } from './route.ts'
import { listOf, sessionAnswer, showSession } from './schemas.ts'
import type { Services } from './services.ts'

export const listSessions = route({
  method: 'GET',
  path: '/users/me/sessions',
  access: ownAccount,
  limit: OWN_DATA,
  tag: 'Sessions',
  style: 'problem',
  summary: 'Where I am signed in',
  query: z.strictObject(pageQuery),
  answers: { 200: { description: 'My sessions, last used first.', schema: listOf(sessionAnswer) } },
  handle(context) {
    const { id, sessionId } = principalOf(context)
    return answerSessions(id, sessionId, context.query, context.services)
  },
})

export const endSession = route({
  method: 'DELETE',
  path: '/users/me/sessions/{id}',
  access: ownAccount,
  limit: OWN_CHANGES,
  tag: 'Sessions',
  style: 'problem',
  summary: 'End one of my sessions',
  description: 'Its access tokens end at the very next request.',
  answers: { 204: { description: 'Ended.' }, 404: { description: 'I have no live session of this id.' } },
  async handle(context) {
    const session = { userId: principalOf(context).id, id: context.params.id ?? '' }
    if (!(await endSessionOf(session, 'ended_by_user', context))) throw new AuthError('NOT_FOUND')
    return noContent()
  },
})

export const ended = {
  description: 'How many ended.',
  schema: z.object({ ended: z.int() }),
  example: { ended: 3 },
}

const endQuery = z.strictObject({
  keep: z.enum(['none', 'current'], 'Must be `none` or `current`.').default('none'),
})

export const endSessions = route({
  method: 'DELETE',
  path: '/users/me/sessions',
  access: ownAccount,
  limit: OWN_CHANGES,
  tag: 'Sessions',
  style: 'problem',
  summary: 'Sign out everywhere',
  description:
    'Ends all my sessions, those about to begin included; with `keep=current` all but this one, which then ' +
    'needs to refresh its access token.',
  query: endQuery,
  answers: { 200: ended },
  async handle(context) {
    return json({ ended: await endOwnSessions(context.query.keep, context) })
  },
})

/** Ends the caller's sessions, or all but this one; how many there were. */
export async function endOwnSessions(
  keep: 'none' | 'current',
  context: Pick<RouteContext, 'services' | 'origin' | 'principal'>,
): Promise<number> {
  const { services, origin } = context
  const { store, revocationsChanged } = services.grants
  const { id, sessionId } = principalOf(context)
  const exceptId = keep === 'current' ? sessionId : undefined
  const event = { name: 'session.all_ended', origin, userId: id } as const
  const count = await store.sessions.endAll(id, { exceptId, why: 'ended_by_user' }, event)
  await revocationsChanged()
  return count
}

/** One page of a user's sessions. They are few, and move to the front when they are used: a page begins behind a time. */
export function answerSessions(
  userId: string,
  currentId: string | undefined,
  query: z.output<z.ZodObject<typeof pageQuery>>,
  services: Services,
): Promise<Reply> {
  return answerPage(
    query,
    {
      name: `sessions?user=${userId}`,
      async fetch(after, limit) {
        const sessions = await services.grants.store.sessions.list(userId)
        return sessions.filter((session) => isBehind(session, after)).slice(0, limit)
      },
      positionOf: ({ usedAt, id }: Session) => `${usedAt} ${id}`,
      show: (session) => showSession(session, currentId),
    },
    services,
  )
}

/** In the order of the list: last used first, then by id. */
function isBehind({ usedAt, id }: Session, position: string | undefined): boolean {
  if (position === undefined) return true
  const [time, lastId = ''] = position.split(' ')
  return usedAt < Number(time) || (usedAt === Number(time) && id > lastId)
}

/** Ends a live session of a user, so that the very next request with it is refused; false if there is none. */
export async function endSessionOf(
  { userId, id }: Pick<Session, 'userId' | 'id'>,
  why: SessionEnd,
  { services, origin }: Pick<RouteContext, 'services' | 'origin'>,
): Promise<boolean> {
  const { store, revocationsChanged } = services.grants
  const event = { name: 'session.ended', origin, userId, sessionId: id } as const
  if (!isUuid(id) || !(await store.sessions.end({ userId, id, why }, event))) return false
  await revocationsChanged()
  return true
}
