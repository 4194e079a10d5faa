import { type CheckedLogout, checkLogout } from '../../authorization/logout.ts'
import { sourceOf } from '../../authorization/sent-away.ts'
import type { Reply } from '../../http/reply.ts'
import { signOutPage } from '../../pages/sign-out.ts'
import { browserOf } from '../browser-request.ts'
import { signOutFor } from '../client-sign-out.ts'
import type { RouteContext } from '../route.ts'
import { readFields } from './form-fields.ts'
import type { PageHandler } from './page-route.ts'
import { findSignedIn } from './signed-in.ts'
import { openView } from './view.ts'

/** The question whether to sign out, for a client that did not show who its user is. */
export async function showOidcSignOut(
  query: string,
  { address }: CheckedLogout,
  userId: string,
  context: RouteContext,
): Promise<Reply> {
  const { request, services } = context
  const principal = await findSignedIn(context)
  const user = await services.grants.store.users.find(userId)
  const view = await openView({ request, services, principal })
  const name = user?.username ?? user?.email ?? ''
  const frame = { ...view.frame, here: `${view.frame.base}/oidc/logout?${query}` }
  const page = signOutPage(frame, view.state, name, { to: '/oidc/logout/form', hidden: { request: query } })
  return view.send(page, { policy: { 'form-action': address === undefined ? [] : [sourceOf(address)] } })
}

/** The request is checked anew: it went through the browser. */
export const answerOidcSignOut: PageHandler = async (context) => {
  const { request: query } = readFields(context.body, { request: { most: 20_000, optional: true } })
  const checked = await checkLogout(query ?? '', context.services.grants)
  return signOutFor(checked, (await browserOf(context)).signIn, context)
}
