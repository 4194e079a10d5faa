import { readReturnPath } from '../../http/return-path.ts'
import { type LoginParts, loginPage } from '../../pages/login.ts'
import { openBrowserSession } from '../browser-session.ts'
import { readFields } from './form-fields.ts'
import type { PageHandler } from './page-route.ts'
import { isSignedIn } from './signed-in.ts'
import { openView, pagesOf, seeOther } from './view.ts'

const SAID: readonly string[] = ['signedOut', 'please', 'ended', 'again'] satisfies LoginParts['said'][]

/** Whoever is signed in already is led on at once. */
export const showLogin: PageHandler = async (context) => {
  const { services } = context
  const view = await openView(context)
  const { frame, note, state, returnTo } = view
  if (await isSignedIn(context)) return seeOther(returnTo ?? `${frame.base}/account`)
  const done = note?.done ?? ''
  return view.send(
    loginPage(frame, state, {
      said: SAID.includes(done) ? (done as LoginParts['said']) : undefined,
      returnTo,
      canRegister: services.registration.mode === 'open',
      forgot: undefined,
    }),
  )
}

export const signIn: PageHandler = async (context) => {
  const { body, services } = context
  const credentials = readFields(body, { username: { most: 320 }, password: { most: 1024 } })
  const { set } = await openBrowserSession(credentials, context)
  return seeOther(readReturnPath(body.return_to) ?? `${pagesOf(services).base}/account`, [set])
}
