import { AuthError } from '../../errors/auth-error.ts'
import type { Reply } from '../../http/reply.ts'
import type { AddressLink } from '../../login/email-address.ts'
import { askPage, resetPage, type VerifyKind, verifyPage } from '../../pages/link-pages.ts'
import { readFields } from './form-fields.ts'
import type { PageHandler } from './page-route.ts'
import { isSignedIn } from './signed-in.ts'
import { callerIn, lettersOf, openView, type PageView, pagesOf, seeOther } from './view.ts'

const LONGEST_TOKEN = 200

const KINDS: Readonly<Record<AddressLink, VerifyKind>> = {
  register: 'register',
  verify: 'verify',
  change_email: 'change',
  keep_email: 'keep',
}

/** With a link: what it would do, and a button. Without one, or with one that is of no use: how to get another. */
export const showVerify: PageHandler = async (context) => {
  const { services } = context
  const view = await openView(context, ['token'])
  const token = tokenOf(view)
  const link = token && (await useful(() => services.emailAddresses.inspect(token)))
  if (token === undefined || !link) return sendAsk(view, 'verify', token !== undefined, context)
  const kind = KINDS[link.purpose]
  return view.send(verifyPage(view.frame, view.state, { kind, email: link.email, token }))
}

export const verify: PageHandler = async (context) => {
  const { body, services } = context
  const link = readFields(body, { token: { most: LONGEST_TOKEN }, password: { most: 1024, optional: true } })
  const { done } = await services.emailAddresses.confirm(link, callerIn(context))
  const { base, cookies } = pagesOf(services)
  // Whoever stopped a change is signed out, as is everybody else.
  const page = done !== 'kept' && (await isSignedIn(context)) ? '/account' : '/login'
  return seeOther(base + page, [cookies.writeNote({ page, done: `email ${done}` })])
}

export const askToVerify: PageHandler = (context) => {
  const { username } = readFields(context.body, { username: { most: 320 } })
  context.services.emailAddresses.askToVerify(username, callerIn(context))
  return sayAsked('/verify', context)
}

export const showReset: PageHandler = async (context) => {
  const { services } = context
  const view = await openView(context, ['token'])
  const token = tokenOf(view)
  const link = token && (await useful(() => services.passwordReset.inspect(token)))
  if (token === undefined || !link) return sendAsk(view, 'reset', token !== undefined, context)
  const { minimumPasswordLength } = pagesOf(services)
  const { email } = link.user
  return view.send(resetPage(view.frame, view.state, { email, token, minimumPasswordLength }))
}

export const reset: PageHandler = async (context) => {
  const { body, services } = context
  const fields = readFields(body, { token: { most: LONGEST_TOKEN }, 'new-password': { most: 1024 } })
  await services.passwordReset.reset(fields.token, fields['new-password'], callerIn(context))
  const { base, cookies } = pagesOf(services)
  return seeOther(`${base}/login`, [cookies.writeNote({ page: '/login', done: 'reset' })])
}

export const askToReset: PageHandler = (context) => {
  const { username } = readFields(context.body, { username: { most: 320 } })
  context.services.passwordReset.ask(username, callerIn(context))
  return sayAsked('/reset', context)
}

function sayAsked(page: string, { services }: Parameters<PageHandler>[0]): Reply {
  const { base, cookies } = pagesOf(services)
  return seeOther(base + page, [cookies.writeNote({ page, done: 'asked' })])
}

/** The page that sends links, saying so where one is of no use any more. */
function sendAsk(
  view: PageView,
  about: 'verify' | 'reset',
  isSpent: boolean,
  { services }: Parameters<PageHandler>[0],
): Reply {
  const { texts } = view.frame
  const failure = view.state.failure ?? (isSpent ? texts.refusals.link : undefined)
  const parts = { about, isAsked: view.note?.done === 'asked', letters: lettersOf(services) }
  return view.send(askPage(view.frame, { ...view.state, failure }, parts))
}

/** From the address; or from the form that came back, which holds it no less. */
function tokenOf({ query, state }: PageView): string | undefined {
  const token = query.get('token') ?? state.values.token
  return token === undefined || token.length > LONGEST_TOKEN ? undefined : token
}

/** What a link is good for, or undefined for one that is of no use. */
export async function useful<Link>(inspect: () => Promise<Link>): Promise<Link | undefined> {
  try {
    return await inspect()
  } catch (error) {
    if (error instanceof AuthError && error.code === 'LINK_INVALID') return undefined
    throw error
  }
}
