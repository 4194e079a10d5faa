import { mustSignInAnew, waitingRequest } from '../../authorization/sent-away.ts'
import { readReturnPath } from '../../http/return-path.ts'
import { maySayWhen } from '../../login/social/provider.ts'
import { loginPage } from '../../pages/login.ts'
import type { Texts } from '../../texts/en.ts'
import { browserOf } from '../browser-request.ts'
import { openBrowserSession } from '../browser-session.ts'
import { readFields } from './form-fields.ts'
import type { PageHandler } from './page-route.ts'
import { isOpen } from './register.ts'
import { canUsePasskeys, openView, pagesOf, policyOn, seeOther } from './view.ts'

/** Whoever is signed in already is led on at once. */
export const showLogin: PageHandler = async (context) => {
  const { services } = context
  const view = await openView(context)
  const { frame, note, state, returnTo } = view
  const waiting = waitingRequest(returnTo, frame.base)
  const { signIn } = await browserOf(context)
  const again = signIn !== undefined && waiting !== undefined && mustSignInAnew(waiting, signIn)
  if (signIn !== undefined && !again) return seeOther(returnTo ?? `${frame.base}/account`)
  const { canSendLetters } = pagesOf(services)
  return view.send(
    loginPage(frame, state, {
      said: again ? frame.texts.login.again : saidIn(frame.texts, note?.done),
      hint: waiting?.loginHint,
      returnTo,
      canRegister: isOpen(services.registration.mode),
      canUsePasskeys: canUsePasskeys(services),
      providers: services.providers.list.filter((provider) => !again || maySayWhen(provider)),
      anew: again,
      forgot: canSendLetters ? `${frame.base}/reset` : undefined,
    }),
    await policyOn(view, services),
  )
}

/** Why somebody is here, or what was done before, by the name that a note has for it. */
function saidIn({ login, reset, verify }: Texts, done: string | undefined): string | undefined {
  const words: Readonly<Record<string, string>> = {
    signedOut: login.signedOut,
    please: login.please,
    ended: login.ended,
    again: login.again,
    deleted: login.deleted,
    reset: reset.done,
    'email registered': verify.register.done,
    'email verified': verify.verify.done,
    'email changed': verify.change.done,
    'email kept': verify.keep.done,
  }
  return done !== undefined && Object.hasOwn(words, done) ? words[done] : undefined
}

export const signIn: PageHandler = async (context) => {
  const { body, services } = context
  const credentials = readFields(body, { username: { most: 320 }, password: { most: 1024 } })
  const { set, device } = await openBrowserSession(credentials, context)
  return seeOther(readReturnPath(body.return_to) ?? `${pagesOf(services).base}/account`, [set, ...device])
}
