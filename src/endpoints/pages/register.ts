import { readReturnPath } from '../../http/return-path.ts'
import type { RegistrationMode } from '../../login/registration.ts'
import { registerPage } from '../../pages/register.ts'
import { openBrowserSession } from '../browser-session.ts'
import { readFields } from './form-fields.ts'
import { useful } from './links.ts'
import type { PageHandler } from './page-route.ts'
import { neededFieldsOf, profileIn, profileRules } from './profile-fields.ts'
import { callerIn, lettersOf, openView, pagesOf, policyOn, seeOther } from './view.ts'

/** Whether somebody without an invitation may register. */
export function isOpen(mode: RegistrationMode): boolean {
  return mode === 'open' || mode === 'verified'
}

export const showRegister: PageHandler = async (context) => {
  const { registration, invitations, profile } = context.services
  const view = await openView(context, ['token'])
  const { query, state, note } = view
  const invitation = query.get('token') ?? state.values.invitation
  const invited = invitation && (await useful(() => invitations.inspect(invitation)))
  return view.send(
    registerPage(view.frame, view.state, {
      returnTo: view.returnTo,
      mode: registration.mode === 'verified' ? 'open' : registration.mode,
      invitation: invited ? { token: invitation ?? '', email: invited.email } : undefined,
      isSpent: invitation !== undefined && !invited,
      sentTo: note?.done === 'sent' ? note.values?.email : undefined,
      letters: lettersOf(context.services),
      minimumPasswordLength: pagesOf(context.services).minimumPasswordLength,
      profileFields: neededFieldsOf(profile),
      providers: context.services.providers.list,
    }),
    await policyOn(view, context.services),
  )
}

/** Makes the account and signs in to it, by the same ways as everybody: throttle, hash queue and account gate. */
export const register: PageHandler = async (context) => {
  const { body, services } = context
  const { base, cookies } = pagesOf(services)
  const profileFields = neededFieldsOf(services.profile)
  const fields = readFields(
    body,
    {
      email: { most: 320 },
      username: { most: 64, optional: true },
      'new-password': { most: 1024 },
      invitation: { most: 200, optional: true },
    },
    profileRules(profileFields),
  )
  const { email, username, invitation, 'new-password': password } = fields
  const needed = profileIn(body, profileFields).filter(([, value]) => value !== undefined)
  const profile = needed.length === 0 ? undefined : Object.fromEntries(needed)
  const request = { email, username, password, invitation, profile }
  const user = await services.registration.register(request, callerIn(context), 'new-password')
  if (user === undefined) {
    // What follows stands in a letter; the page is the same whether or not the address has an account.
    return seeOther(`${base}/register`, [
      cookies.writeNote({ page: '/register', done: 'sent', values: { email } }),
    ])
  }
  const { set, device } = await openBrowserSession({ username: email, password }, context)
  const note = cookies.writeNote({ page: '/account', done: 'registered' })
  return seeOther(readReturnPath(body.return_to) ?? `${base}/account`, [set, ...device, note])
}
