import { AuthError } from '../../errors/auth-error.ts'
import { qrModules } from '../../factors/qr.ts'
import { addTotpToSignIn, offerTotpToSignIn } from '../../grants/enrolment.ts'
import { proveAgain } from '../../grants/renewal.ts'
import { readReturnPath } from '../../http/return-path.ts'
import { maySayWhen } from '../../login/social/provider.ts'
import { FIRST_PARTY } from '../../model/client.ts'
import { type FactorMethod, hasFactor, methodsOf } from '../../model/second-factor.ts'
import { type AppOffer, enrolPage, stepPage } from '../../pages/factor-step.ts'
import { goOnInBrowser, type OpenedBrowserSession, replaceBrowserSession } from '../browser-session.ts'
import { principalOf } from '../route.ts'
import { readFields } from './form-fields.ts'
import type { Form, PageHandler } from './page-route.ts'
import { openView, type PageView, pagesOf, policyOn, seeOther } from './view.ts'

const LONGEST_TOKEN = 4000
const LONGEST_CREDENTIAL = 20_000
const METHODS: readonly string[] = ['totp', 'passkey', 'recovery_code'] satisfies FactorMethod[]

/** The challenge of a sign-in that goes on here: as the form before left it, or as it came back with this one. */
function challengeIn({ note, state }: PageView): string | undefined {
  return note?.secret ?? state.values.challenge_token
}

/** Back to the beginning, where a challenge is missing or over. */
function startAgain({ note, frame, returnTo }: PageView, { services }: Parameters<PageHandler>[0]) {
  const query = returnTo === undefined ? '' : `?${new URLSearchParams({ return_to: returnTo })}`
  const { cookies } = pagesOf(services)
  const code = note?.code ?? 'CHALLENGE_VOID'
  return seeOther(`${frame.base}/login${query}`, [cookies.writeNote({ page: '/login', code })])
}

function methodsIn({ state }: PageView): FactorMethod[] {
  const named = (state.values.methods ?? '').split(' ')
  return named.filter((name): name is FactorMethod => METHODS.includes(name))
}

/** By a recovery code: as the address says, else as the form that came back was. What went wrong stays with its form. */
function wayIn({ query, state }: PageView): {
  readonly byRecovery: boolean
  readonly state: PageView['state']
} {
  const asked = query.get('by') ?? state.values.by
  const byRecovery = asked === 'recovery'
  const isOther = state.values.by !== undefined && byRecovery !== (state.values.by === 'recovery')
  return { byRecovery, state: isOther ? { ...state, failure: undefined, problems: [] } : state }
}

export const showStep: PageHandler = async (context) => {
  const view = await openView(context)
  const challenge = challengeIn(view)
  if (challenge === undefined || view.note?.code === 'CHALLENGE_VOID') return startAgain(view, context)
  const { byRecovery, state } = wayIn(view)
  return view.send(
    stepPage(view.frame, state, {
      challenge,
      methods: methodsIn(view),
      byRecovery,
      returnTo: view.returnTo,
      at: '/login/step',
    }),
    await policyOn(view, context.services),
  )
}

/** Goes on with a sign-in by a code or a passkey; or begins and ends one by a passkey alone. */
export const takeStep: PageHandler = async (context) => {
  const { body } = context
  const { challenge_token: challenge } = readFields(body, { challenge_token: { most: LONGEST_TOKEN } })
  return signedIn(await goOnInBrowser(challenge, answerIn(body), context), context)
}

function signedIn({ set, device }: OpenedBrowserSession, { body, services }: Parameters<PageHandler>[0]) {
  const { base, cookies } = pagesOf(services)
  return seeOther(readReturnPath(body.return_to) ?? `${base}/account`, [set, ...device, cookies.clearedNote])
}

function answerIn(body: Form): { code?: string | undefined; credential?: unknown } {
  const { code, credential } = readFields(body, {
    code: { most: 64, optional: true },
    credential: { most: LONGEST_CREDENTIAL, optional: true },
  })
  if (code === undefined && credential === undefined) {
    throw new AuthError('REQUEST_INVALID', {
      fields: [{ field: 'code', message: 'Must not be empty.', reason: 'empty' }],
    })
  }
  return credential === undefined ? { code } : { credential: readCredential(credential) }
}

/** What the browser made of a passkey; the script wrote it as JSON. */
export function readCredential(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new AuthError('FACTOR_WRONG', { details: { why: 'not JSON' } })
  }
}

export const showEnrol: PageHandler = async (context) => {
  const view = await openView(context)
  const challenge = challengeIn(view)
  if (challenge === undefined || view.note?.code === 'CHALLENGE_VOID') return startAgain(view, context)
  const offer = offerIn(view) ?? toAppOffer(await offerTotpToSignIn(challenge, context.services))
  const page = enrolPage(view.frame, view.state, { challenge, offer, returnTo: view.returnTo })
  return view.send(page, await policyOn(view, context.services))
}

/** Sets the app up and goes on with the sign-in; the recovery codes are shown on the page that comes next. */
export const enrol: PageHandler = async (context) => {
  const { body, origin, services } = context
  const fields = readFields(body, {
    challenge_token: { most: LONGEST_TOKEN },
    offer_token: { most: LONGEST_TOKEN },
    code: { most: 10 },
  })
  const answer = { challenge: fields.offer_token, code: fields.code }
  const enrolled = await addTotpToSignIn(fields.challenge_token, answer, origin, services)
  const { set, device } = await goOnInBrowser(enrolled.challenge, {}, context)
  const { base, cookies } = pagesOf(services)
  const page = '/account/two-step'
  const secret = enrolled.recoveryCodes.join(' ')
  const back = readReturnPath(body.return_to)
  const query = back === undefined ? '' : `?${new URLSearchParams({ return_to: back })}`
  return seeOther(base + page + query, [set, ...device, cookies.writeNote({ page, done: 'appDone', secret })])
}

/** The offer that came back with a wrong code: the app has been told of this one already. */
export function offerIn({ state: { values } }: PageView): AppOffer | undefined {
  const { offer_token: token, uri } = values
  if (token === undefined || !uri?.startsWith('otpauth://totp/') || uri.length > 1000) return undefined
  return { token, uri, modules: qrModules(uri) }
}

export function toAppOffer({
  challenge,
  uri,
}: {
  readonly challenge: string
  readonly uri: string
}): AppOffer {
  return { token: challenge, uri, modules: qrModules(uri) }
}

/** Somebody who is signed in proves who they are again, for what needs it fresh. */
export const showAgain: PageHandler = async (context) => {
  const view = await openView(context)
  const { id } = principalOf(context)
  const { secondFactors, identities, providers, grants } = context.services
  const [factors, connected, account] = await Promise.all([
    secondFactors.find(id),
    identities.list(id),
    grants.store.users.findAccountById(id),
  ])
  const isFactorDue = hasFactor(factors)
  const isConnected = (id: string) => connected.some(({ provider }) => provider === id)
  const { byRecovery, state } = wayIn(view)
  const byPassword = !isFactorDue && account?.passwordHash !== undefined
  const { canSendLetters } = pagesOf(context.services)
  return view.send(
    stepPage(view.frame, state, {
      challenge: undefined,
      methods: isFactorDue ? methodsOf(factors) : [],
      byRecovery,
      byPassword,
      providers: isFactorDue ? [] : providers.list.filter((one) => maySayWhen(one) && isConnected(one.id)),
      reset: isFactorDue || byPassword || !canSendLetters ? undefined : `${view.frame.base}/reset`,
      returnTo: view.returnTo,
      at: '/login/again',
    }),
    await policyOn(view, context.services),
  )
}

/** The browser gets a session of a new id (rule F-1). */
export const proveAgainHere: PageHandler = async (context) => {
  const { body, origin, services } = context
  const { grants } = services
  const { password, challenge_token } = readFields(body, {
    password: { most: 1024, optional: true },
    challenge_token: { most: LONGEST_TOKEN, optional: true },
  })
  const renewal = {
    principal: principalOf(context),
    password,
    answer: password === undefined ? answerIn(body) : {},
    challenge: challenge_token,
    origin,
  }
  const renewed = await proveAgain(renewal, grants)
  const client = (await grants.clients.find(FIRST_PARTY))?.client
  if (client === undefined) throw new AuthError('CLIENT_NOT_ALLOWED', { details: { clientId: FIRST_PARTY } })
  return signedIn(await replaceBrowserSession({ ...renewed, client }, context), context)
}
