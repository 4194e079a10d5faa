import { isUuid } from '../../base/uuid.ts'
import { AuthError } from '../../errors/auth-error.ts'
import { appPage, type FactorsParts, factorsPage } from '../../pages/factors.ts'
import { principalOf, type RouteContext } from '../route.ts'
import { ownerOf } from '../second-factors.ts'
import { offerIn, readCredential, toAppOffer } from './factor-step.ts'
import { readFields } from './form-fields.ts'
import type { PageHandler } from './page-route.ts'
import { canUsePasskeys, openView, pagesOf, seeOther } from './view.ts'

const PAGE = '/account/two-step'
const DONE: readonly string[] = [
  'appDone',
  'passkeyDone',
  'renamed',
  'removed',
] satisfies FactorsParts['done'][]

export const showFactors: PageHandler = async (context) => {
  const { services } = context
  const [view, factors] = await Promise.all([
    openView(context),
    services.secondFactors.find(principalOf(context).id),
  ])
  const { note } = view
  return view.send(
    factorsPage(view.frame, view.state, {
      factors,
      canUsePasskeys: canUsePasskeys(services),
      returnTo: view.returnTo,
      codes: note?.secret?.split(' ').filter((code) => code !== '') ?? [],
      done: DONE.includes(note?.done ?? '') ? (note?.done as FactorsParts['done']) : undefined,
    }),
  )
}

export const showApp: PageHandler = async (context) => {
  const view = await openView(context)
  const offer =
    offerIn(view) ?? toAppOffer(await context.services.secondFactors.offerTotp(principalOf(context).id))
  return view.send(appPage(view.frame, view.state, offer))
}

export const addApp: PageHandler = async (context) => {
  const { body, origin, services } = context
  const { offer_token: challenge, code } = readFields(body, {
    offer_token: { most: 4000 },
    code: { most: 10 },
  })
  const { recoveryCodes } = await services.secondFactors.addTotp(
    ownerOf(context),
    { challenge, code },
    origin,
  )
  return back(context, 'appDone', recoveryCodes)
}

export const removeApp: PageHandler = async (context) => {
  await context.services.secondFactors.removeTotp(ownerOf(context), context.origin)
  return back(context, 'removed')
}

export const addPasskey: PageHandler = async (context) => {
  const { body, origin, services } = context
  const {
    name,
    challenge_token: challenge,
    credential,
  } = readFields(body, {
    name: { most: 100 },
    challenge_token: { most: 4000 },
    credential: { most: 20_000 },
  })
  const answer = { name, challenge, credential: readCredential(credential) }
  const { recoveryCodes } = await services.secondFactors.addPasskey(ownerOf(context), answer, origin)
  return back(context, 'passkeyDone', recoveryCodes)
}

export const removePasskey: PageHandler = async (context) => {
  const id = context.params.id ?? ''
  if (!isUuid(id)) throw new AuthError('NOT_FOUND')
  await context.services.secondFactors.removePasskey(ownerOf(context), id, context.origin)
  return back(context, 'removed')
}

export const renamePasskey: PageHandler = async (context) => {
  const { body, origin, params, services } = context
  const { new_name: name } = readFields(body, { new_name: { most: 100 } })
  const id = params.id ?? ''
  if (!isUuid(id)) throw new AuthError('NOT_FOUND')
  if (/\p{Cc}/u.test(name)) {
    const message = 'Must not hold control characters.'
    throw new AuthError('REQUEST_INVALID', { fields: [{ field: 'new_name', message, reason: 'empty' }] })
  }
  await services.secondFactors.renamePasskey(principalOf(context).id, id, name, origin)
  return back(context, 'renamed')
}

export const makeCodes: PageHandler = async (context) => {
  const { services, origin } = context
  const codes = await services.secondFactors.newRecoveryCodes(principalOf(context).id, origin)
  return back(context, 'codes', codes)
}

/** Recovery codes go to the page in the note, encrypted and for one look. */
function back({ services }: Pick<RouteContext, 'services'>, done: string, codes: readonly string[] = []) {
  const { base, cookies } = pagesOf(services)
  const secret = codes.length === 0 ? {} : { secret: codes.join(' ') }
  return seeOther(base + PAGE, [cookies.writeNote({ page: PAGE, done, ...secret })])
}
