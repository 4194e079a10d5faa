import { AuthError } from '../../errors/auth-error.ts'
import { dataPage, emailPage } from '../../pages/own-data.ts'
import type { Account } from '../../store/users.ts'
import { principalOf, type RouteContext } from '../route.ts'
import { userOf } from './account.ts'
import { type FieldRules, readFields } from './form-fields.ts'
import type { PageHandler } from './page-route.ts'
import { callerIn, openView, pagesOf, seeOther } from './view.ts'

const EMAIL = '/account/email'

type OwnContext = Pick<RouteContext, 'principal' | 'services'>

async function accountOf(context: OwnContext): Promise<Account> {
  const account = await context.services.grants.store.users.findAccountById(principalOf(context).id)
  if (account === undefined) throw new AuthError('USER_NOT_FOUND')
  return account
}

/** Whoever has no password, as with passkeys alone, proves by a sign-in of the last minutes that it is them. */
async function proofFields(context: OwnContext): Promise<FieldRules> {
  const { passwordHash } = await accountOf(context)
  return { password: { most: 1024, ...(passwordHash === undefined && { optional: true }) } }
}

export const showEmail: PageHandler = async (context) => {
  const [view, account] = await Promise.all([openView(context), accountOf(context)])
  const { user, passwordHash } = account
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
  return view.send(emailPage(frame, fresh, { user, done, hasPassword: passwordHash !== undefined }))
}

export const changeEmail: PageHandler = async (context) => {
  const { body, services } = context
  const { email } = readFields(body, { email: { most: 320 }, ...(await proofFields(context)) })
  const principal = principalOf(context)
  const caller = callerIn(context)
  const user = await services.ownAccount.prove(principal, body.password || undefined, caller)
  services.emailAddresses.askToChange(user, email, caller)
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
  const [view, { passwordHash }] = await Promise.all([openView(context), accountOf(context)])
  return view.send(dataPage(view.frame, view.state, { hasPassword: passwordHash !== undefined }))
}

export const deleteAccount: PageHandler = async (context) => {
  const { body, services } = context
  readFields(body, await proofFields(context))
  const principal = principalOf(context)
  const caller = callerIn(context)
  const user = await services.ownAccount.prove(principal, body.password || undefined, caller)
  await services.ownAccount.remove(user, caller)
  const { base, cookies } = pagesOf(services)
  const note = cookies.writeNote({ page: '/login', done: 'deleted' })
  return seeOther(`${base}/login`, [services.sessionCookies.cleared, note])
}
