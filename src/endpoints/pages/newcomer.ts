import { AuthError } from '../../errors/auth-error.ts'
import { guardRequestOf } from '../../guard/guard-request.ts'
import { fitsCookie } from '../../http/own-cookies.ts'
import type { Reply } from '../../http/reply.ts'
import type { ProviderConnection } from '../../login/social/connection.ts'
import type { Newcomer } from '../../login/social/newcomers.ts'
import { profileFrom } from '../../login/social/profile.ts'
import { newcomerPage } from '../../pages/newcomer.ts'
import { formNameOf } from '../../pages/profile.ts'
import type { RouteContext } from '../route.ts'
import type { Services } from '../services.ts'
import { readFields } from './form-fields.ts'
import type { PageHandler } from './page-route.ts'
import { neededFieldsOf, profileIn, profileRules } from './profile-fields.ts'
import { failed, signInProven } from './provider-sign-in.ts'
import { openView, pagesOf, policyOn, queryOf, seeOther } from './view.ts'

const PAGE = '/login/newcomer'
const LONGEST_NAME = 100

/** Whether all that an account lacks is something that a form of ours can ask for. */
export function lacksFields(error: unknown, { profile }: Pick<Services, 'profile'>): boolean {
  if (!(error instanceof AuthError) || error.code !== 'REQUEST_INVALID') return false
  const { fields = [] } = error.refusal
  const names = new Set(neededFieldsOf(profile).map(formNameOf))
  return fields.length > 0 && fields.every(({ field }) => names.has(field))
}

/** Asks somebody for what their provider did not tell, before there is an account. */
export function askNewcomer(
  newcomer: Newcomer,
  { request, services }: Pick<RouteContext, 'request' | 'services'>,
): Reply {
  const { base, attemptCookies } = pagesOf(services)
  const { hold } = services.providers.newcomers
  let held = hold(newcomer)
  // What no cookie holds is left out: tokens come anew with the next sign-in, and without a way back is the account.
  if (!fitsCookie(held.text)) held = hold({ ...newcomer, tokens: undefined })
  if (!fitsCookie(held.text)) held = hold({ ...newcomer, tokens: undefined, returnTo: undefined })
  const { name, text } = held
  const kept = attemptCookies.keep(guardRequestOf(request), name, text)
  return seeOther(base + PAGE + queryOf({ newcomer: name }), kept)
}

export const showNewcomer: PageHandler = async (context) => {
  const { services } = context
  const view = await openView(context, ['newcomer'])
  const name = view.query.get('newcomer') ?? view.state.values.newcomer ?? ''
  try {
    const { newcomer } = newcomerOf(name, context)
    const page = newcomerPage(view.frame, view.state, {
      name,
      email: newcomer.person.email ?? '',
      fields: neededFieldsOf(services.profile),
      told: { ...newcomer.person.claims },
    })
    return view.send(page, await policyOn({ ...view, returnTo: newcomer.returnTo }, services))
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    // What kept the form from being taken says more than that nobody waits here.
    const isStale = view.note?.code === 'CSRF_TOKEN_STALE'
    return failed(isStale ? new AuthError('CSRF_TOKEN_STALE') : error, undefined, context)
  }
}

/** Makes the account and signs in to it, as it would have been done had the provider told everything. */
export const takeNewcomer: PageHandler = async (context) => {
  const { body, services } = context
  const needed = neededFieldsOf(services.profile)
  const { newcomer: name } = readFields(body, { newcomer: { most: LONGEST_NAME } }, profileRules(needed))
  let newcomer: Newcomer | undefined
  let reply: Reply
  try {
    const found = newcomerOf(name, context)
    newcomer = found.newcomer
    const { person, tokens, authenticatedAt, returnTo } = newcomer
    const profile = Object.fromEntries(profileIn(body, needed).filter(([, value]) => value !== undefined))
    // What can be filled in better is no reason to begin anew.
    profileFrom(person.claims, services.profile, profile)
    const spend = () => services.providers.newcomers.spend(name)
    const assertion = { provider: found.connection.provider, person, tokens }
    reply = await signInProven({ assertion, authenticatedAt, returnTo, profile, spend }, context)
  } catch (error) {
    if (!(error instanceof AuthError) || lacksFields(error, services)) throw error
    reply = failed(error, { returnTo: newcomer?.returnTo }, context)
  }
  const cleared = pagesOf(services).attemptCookies.cleared(name)
  return { ...reply, cookies: [...(reply.cookies ?? []), cleared] }
}

function newcomerOf(
  name: string,
  { request, services }: Pick<RouteContext, 'request' | 'services'>,
): { readonly newcomer: Newcomer; readonly connection: ProviderConnection } {
  const { providers } = services
  const text = pagesOf(services).attemptCookies.read(guardRequestOf(request), name)
  const newcomer = providers.newcomers.open(text, name)
  const connection = providers.find(newcomer.provider)
  if (connection?.provider.protocol.issuer !== newcomer.issuer)
    throw new AuthError('STATE_COOKIE_MISSING', { details: { why: 'no such provider' } })
  return { newcomer, connection }
}
