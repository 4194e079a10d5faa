import { readReturnPath } from '../../http/return-path.ts'
import { registerPage } from '../../pages/register.ts'
import { openBrowserSession } from '../browser-session.ts'
import { callerOf } from '../route.ts'
import { readFields } from './form-fields.ts'
import type { PageHandler } from './page-route.ts'
import { openView, pagesOf, seeOther } from './view.ts'

export const showRegister: PageHandler = async (context) => {
  const { services } = context
  const view = await openView(context)
  return view.send(
    registerPage(view.frame, view.state, {
      returnTo: view.returnTo,
      isOpen: services.registration.mode === 'open',
      minimumPasswordLength: pagesOf(services).minimumPasswordLength,
    }),
  )
}

/** Makes the account and signs in to it, by the same ways as everybody: throttle, hash queue and account gate. */
export const register: PageHandler = async (context) => {
  const { body, services } = context
  const { base, cookies } = pagesOf(services)
  const { email, username, ...rest } = readFields(body, {
    email: { most: 320 },
    username: { most: 64, optional: true },
    'new-password': { most: 1024 },
  })
  const password = rest['new-password']
  const request = { email, username, password }
  const user = await services.registration.register(request, callerOf(context), 'new-password')
  // What follows stands in a letter.
  if (user === undefined) return seeOther(`${base}/login`, [])
  const { set } = await openBrowserSession({ username: email, password }, context)
  const note = cookies.writeNote({ page: '/account', done: 'registered' })
  return seeOther(readReturnPath(body.return_to) ?? `${base}/account`, [set, note])
}
