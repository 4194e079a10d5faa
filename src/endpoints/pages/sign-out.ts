import { guardRequestOf } from '../../guard/guard-request.ts'
import { signOutPage } from '../../pages/sign-out.ts'
import { endBrowserSession } from '../browser-session.ts'
import type { PageHandler } from './page-route.ts'
import { findSignedIn } from './signed-in.ts'
import { openView, pagesOf, seeOther } from './view.ts'

export const showSignOut: PageHandler = async (context) => {
  const { services } = context
  const principal = await findSignedIn(context)
  const user = principal && (await services.grants.store.users.find(principal.id))
  const view = await openView(context)
  if (user === undefined) return seeOther(`${view.frame.base}/login`)
  return view.send(signOutPage(view.frame, view.state, user.username ?? user.email))
}

/** Ends the session of the cookie, if there is one, and takes the cookie away either way. */
export const signOut: PageHandler = async (context) => {
  const { request, services } = context
  const { base, cookies } = pagesOf(services)
  const session = services.sessionCookies.read(guardRequestOf(request))
  if (session !== undefined) await endBrowserSession(session, context)
  const note = cookies.writeNote({ page: '/login', done: 'signedOut' })
  return seeOther(`${base}/login`, [services.sessionCookies.cleared, note])
}
