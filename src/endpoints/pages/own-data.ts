import { dataPage, emailPage } from '../../pages/own-data.ts'
import { principalOf } from '../route.ts'
import { userOf } from './account.ts'
import { readFields } from './form-fields.ts'
import type { PageHandler } from './page-route.ts'
import { callerIn, openView, pagesOf, seeOther } from './view.ts'

const EMAIL = '/account/email'

export const showEmail: PageHandler = async (context) => {
  const [view, user] = await Promise.all([openView(context), userOf(context)])
  const { note, frame, state } = view
  const { email } = frame.texts
  const newEmail = note?.done === 'asked' ? note.values?.email : undefined
  const done =
    newEmail !== undefined
      ? email.asked(newEmail)
      : note?.done === 'verification'
        ? email.confirmAsked
        : undefined
  // What was typed before is not what to type next.
  const fresh = done === undefined ? state : { ...state, values: {} }
  return view.send(emailPage(frame, fresh, { user, done }))
}

export const changeEmail: PageHandler = async (context) => {
  const { body, services } = context
  const { email, password } = readFields(body, { email: { most: 320 }, password: { most: 1024 } })
  const principal = principalOf(context)
  const caller = callerIn(context)
  await services.ownAccount.prove(principal, password, caller)
  await services.emailAddresses.askToChange(principal.id, email, caller)
  const { base, cookies } = pagesOf(services)
  return seeOther(base + EMAIL, [cookies.writeNote({ page: EMAIL, done: 'asked', values: { email } })])
}

export const verifyOwnEmail: PageHandler = async (context) => {
  const { services } = context
  await services.emailAddresses.askUserToVerify(await userOf(context), callerIn(context))
  const { base, cookies } = pagesOf(services)
  return seeOther(base + EMAIL, [cookies.writeNote({ page: EMAIL, done: 'verification' })])
}

export const showData: PageHandler = async (context) => {
  const view = await openView(context)
  return view.send(dataPage(view.frame, view.state))
}

export const deleteAccount: PageHandler = async (context) => {
  const { body, services } = context
  const { password } = readFields(body, { password: { most: 1024 } })
  const principal = principalOf(context)
  const caller = callerIn(context)
  await services.ownAccount.prove(principal, password, caller)
  await services.ownAccount.remove(principal, caller)
  const { base, cookies } = pagesOf(services)
  const note = cookies.writeNote({ page: '/login', done: 'deleted' })
  return seeOther(`${base}/login`, [services.sessionCookies.cleared, note])
}
