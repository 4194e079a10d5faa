import { AuthError } from '../../errors/auth-error.ts'
import type { User } from '../../model/user.ts'
import { accountPage } from '../../pages/account.ts'
import { principalOf, type RouteContext } from '../route.ts'
import type { PageHandler } from './page-route.ts'
import { openView } from './view.ts'

export const showAccount: PageHandler = async (context) => {
  const [view, user] = await Promise.all([openView(context), userOf(context)])
  const { register } = view.frame.texts
  const done = view.note?.done === 'registered' ? register.done : undefined
  return view.send(accountPage(view.frame, view.state, { user, done }))
}

/** The account of whoever is signed in. */
export async function userOf(context: Pick<RouteContext, 'principal' | 'services'>): Promise<User> {
  const user = await context.services.grants.store.users.find(principalOf(context).id)
  if (user === undefined) throw new AuthError('USER_NOT_FOUND')
  return user
}
