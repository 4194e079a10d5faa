import { type SessionsDone, sessionsPage } from '../../pages/sessions.ts'
import { principalOf } from '../route.ts'
import { endOwnSessions, endSessionOf } from '../sessions.ts'
import type { PageHandler } from './page-route.ts'
import { openView, pagesOf, seeOther } from './view.ts'

/** More than these nobody reads; all but this one can be ended at once. */
const MOST_SHOWN = 20

export const showSessions: PageHandler = async (context) => {
  const { id, sessionId } = principalOf(context)
  const [view, sessions] = await Promise.all([
    openView(context),
    context.services.grants.store.sessions.list(id),
  ])
  // This one first, wherever else something was used a moment ago.
  const sorted = sessions.toSorted((a, b) => Number(b.id === sessionId) - Number(a.id === sessionId))
  return view.send(
    sessionsPage(view.frame, view.state, {
      sessions: sorted.slice(0, MOST_SHOWN),
      currentId: sessionId,
      more: Math.max(0, sorted.length - MOST_SHOWN),
      done: readDone(view.note?.done),
    }),
  )
}

export const endOneSession: PageHandler = async (context) => {
  const session = { userId: principalOf(context).id, id: context.params.id ?? '' }
  const ended = await endSessionOf(session, 'ended_by_user', context)
  return back(context, ended ? 'ended' : 'gone')
}

export const endOtherSessions: PageHandler = async (context) =>
  back(context, `others ${await endOwnSessions('current', context)}`)

function back({ services }: Parameters<PageHandler>[0], done: string) {
  const { base, cookies } = pagesOf(services)
  return seeOther(`${base}/account/sessions`, [cookies.writeNote({ page: '/account/sessions', done })])
}

function readDone(done: string | undefined): SessionsDone | undefined {
  if (done === 'ended' || done === 'gone') return done
  const [, count] = /^others (\d+)$/.exec(done ?? '') ?? []
  return count === undefined ? undefined : { othersEnded: Number(count) }
}
