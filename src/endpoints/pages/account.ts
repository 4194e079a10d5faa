import { AuthError } from '../../errors/auth-error.ts'
import type { ProfileChange } from '../../login/profile.ts'
import { hasFactor } from '../../model/second-factor.ts'
import type { User } from '../../model/user.ts'
import { type AccountDone, accountPage } from '../../pages/account.ts'
import { passwordPage, usernamePage } from '../../pages/credentials.ts'
import { profilePage } from '../../pages/profile.ts'
import { consentsOf } from '../consents.ts'
import { callerOf, principalOf, type RouteContext } from '../route.ts'
import { readFields } from './form-fields.ts'
import type { PageHandler } from './page-route.ts'
import { profileFieldsOf, profileIn, profileRules } from './profile-fields.ts'
import { openView, pagesOf, seeOther } from './view.ts'

type AccountContext = Pick<RouteContext, 'principal' | 'services'>

/** The account of whoever is signed in. */
export async function userOf(context: AccountContext): Promise<User> {
  const user = await context.services.grants.store.users.find(principalOf(context).id)
  if (user === undefined) throw new AuthError('USER_NOT_FOUND')
  return user
}

/** Back to the account, which says what was done. */
function accountDone(done: AccountDone, { services }: Pick<RouteContext, 'services'>) {
  const { base, cookies } = pagesOf(services)
  return seeOther(`${base}/account`, [cookies.writeNote({ page: '/account', done })])
}

export const showAccount: PageHandler = async (context) => {
  const { services } = context
  const { id } = principalOf(context)
  const [view, user, account, sessions, apiKeys, factors, consents, identities] = await Promise.all([
    openView(context),
    userOf(context),
    services.grants.store.users.findAccountById(id),
    services.grants.store.sessions.list(id),
    services.apiKeys.list(id),
    services.secondFactors.find(id),
    consentsOf(id, services),
    services.identities.list(id),
  ])
  return view.send(
    accountPage(view.frame, view.state, {
      user,
      sessionCount: sessions.length,
      apiKeyCount: apiKeys.length,
      canSendLetters: pagesOf(services).canSendLetters,
      hasSecondFactor: hasFactor(factors),
      applicationCount: consents.length,
      connectionCount:
        services.providers.list.length + identities.length === 0 ? undefined : identities.length,
      hasPassword: account?.passwordHash !== undefined,
      hasProfile: profileFieldsOf(services.profile).length > 0,
      done: view.note?.done as AccountDone | undefined,
    }),
  )
}

export const showPassword: PageHandler = async (context) => {
  const [view, user] = await Promise.all([openView(context), userOf(context)])
  const { minimumPasswordLength } = pagesOf(context.services)
  const login = user.username ?? user.email
  return view.send(passwordPage(view.frame, view.state, { login, minimumPasswordLength }))
}

export const changePassword: PageHandler = async (context) => {
  const fields = readFields(context.body, { password: { most: 1024 }, 'new-password': { most: 1024 } })
  const passwords = { current: fields.password, next: fields['new-password'] }
  await context.services.ownAccount.changePassword(principalOf(context), passwords, callerOf(context))
  return accountDone('password', context)
}

export const showUsername: PageHandler = async (context) => {
  const [view, user] = await Promise.all([openView(context), userOf(context)])
  return view.send(usernamePage(view.frame, view.state, user.username))
}

export const changeUsername: PageHandler = async (context) => {
  const { username } = readFields(context.body, { username: { most: 64 } })
  await context.services.accounts.rename(principalOf(context).id, username, context.origin)
  return accountDone('username', context)
}

export const showProfile: PageHandler = async (context) => {
  const fields = profileFieldsOf(context.services.profile)
  if (fields.length === 0) throw new AuthError('NOT_FOUND')
  const [view, user] = await Promise.all([openView(context), userOf(context)])
  return view.send(profilePage(view.frame, view.state, { fields, profile: user.profile }))
}

/** What the form holds takes the place of what was there; what it cannot hold stays. */
export const changeProfile: PageHandler = async (context) => {
  const { body, services, origin } = context
  const fields = profileFieldsOf(services.profile)
  readFields(body, {}, profileRules(fields))
  const change: ProfileChange = (present) => {
    const profile: Record<string, unknown> = { ...present }
    for (const [name, value] of profileIn(body, fields)) {
      if (value === undefined) delete profile[name]
      else profile[name] = value
    }
    return profile
  }
  await services.accounts.changeOwnProfile(principalOf(context).id, change, origin)
  return accountDone('profile', context)
}
