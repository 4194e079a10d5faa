import type { CheckedLogout } from '../authorization/logout.ts'
import type { BrowserSignIn } from '../authorization/step.ts'
import { guardRequestOf } from '../guard/guard-request.ts'
import type { Reply } from '../http/reply.ts'
import { seeOther } from './browser-request.ts'
import { endBrowserSession } from './browser-session.ts'
import type { RouteContext } from './route.ts'

/** Ends the browser's session and, where the client showed whose it is, the one that it holds itself. */
export async function signOutFor(
  { hint, address }: CheckedLogout,
  /** Proven: a cookie alone can be anybody's writing. */
  signIn: BrowserSignIn | undefined,
  context: RouteContext,
): Promise<Reply> {
  const { origin, request, services } = context
  const { sessionCookies, grants, pages } = services
  const cookie = signIn && sessionCookies.read(guardRequestOf(request))
  if (hint?.sessionId !== undefined && signIn?.userId === hint.userId) {
    const session = {
      userId: hint.userId,
      id: hint.sessionId,
      clientId: hint.clientId,
      why: 'logout',
    } as const
    const event = { name: 'session.ended', origin, userId: hint.userId, sessionId: hint.sessionId } as const
    if (await grants.store.sessions.end(session, event)) await grants.revocationsChanged()
  }
  if (cookie !== undefined) await endBrowserSession(cookie, context)
  const cookies = [sessionCookies.cleared]
  if (address !== undefined) return { ...seeOther(address), cookies }
  if (pages === undefined)
    return { status: 204, headers: { 'cache-control': 'no-store' }, body: null, cookies }
  const note = pages.cookies.writeNote({ page: '/login', done: 'signedOut' })
  return { ...seeOther(`${pages.base}/login`), cookies: [...cookies, note] }
}
