import type { Origin } from '../audit/events.ts'
import { toSeconds } from '../base/clock.ts'
import { AuthError } from '../errors/auth-error.ts'
import { Refusal } from '../errors/refusal.ts'
import { passAccountGate } from '../grants/account-gate.ts'
import type { GrantParts } from '../grants/grant.ts'
import { scopeToKeep } from '../grants/held-scopes.ts'
import type { Client } from '../model/client.ts'
import type { User } from '../model/user.ts'
import { CODE_LIFE_MILLISECONDS, makeCode } from '../tokens/authorization-code.ts'
import { readIdTokenHint } from '../tokens/id-token.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import { codeAddress, errorAddress } from './answer.ts'
import { grantableScope, lifeSecondsOf } from './grantable.ts'
import { readParameters } from './parameters.ts'
import { type AuthorizationRequest, checkRequest, type ReturnAddress } from './request.ts'
import { type BrowserSignIn, markOf, nextStep, type Step } from './step.ts'

/** The browser that brings a request: who is signed in there, and where it is. */
export interface Browser {
  readonly signIn: BrowserSignIn | undefined
  readonly origin: Origin
}

/** What a person is asked before a client gets anything (C17). */
export interface Question {
  readonly client: Client
  readonly user: User
  readonly scope: readonly string[]
  /** How long the client may go on by itself. */
  readonly lifeSeconds: number
  /** The request, as the answer has to bring it back. */
  readonly query: string
  /** Where either answer leads. */
  readonly redirectUri: string
}

export type AuthorizationOutcome =
  /** To the client, with a code or with why there is none. */
  | { readonly kind: 'redirect'; readonly location: string; readonly refusal?: Refusal }
  /** The person has to sign in, and comes back with this query. */
  | { readonly kind: 'sign_in'; readonly query: string }
  | { readonly kind: 'ask'; readonly question: Question }
  | { readonly kind: 'shown'; readonly refusal: Refusal }

/** One that needs no question. */
export type SettledOutcome = Exclude<AuthorizationOutcome, { kind: 'ask' }>

/** A request that was checked, with everything its next step depends on. */
interface Considered {
  readonly request: AuthorizationRequest
  readonly user: User | undefined
  readonly scope: readonly string[]
  readonly step: Step
  /** Whether a code is given only while the person's consent stands. */
  readonly needsConsent: boolean
}

/**
 * request → client → sign-in → consent → code. Where there are no pages of ours to sign in and to be asked on, the
 * client is told that it would take one.
 */
export async function authorize(
  query: string,
  browser: Browser,
  parts: GrantParts,
  hasPages = true,
): Promise<AuthorizationOutcome> {
  const considered = await consider(query, browser, parts)
  if ('kind' in considered) return considered
  const { request, user, step } = considered
  if (!hasPages && step === 'sign_in') return returned(request, new Refusal('LOGIN_REQUIRED'), parts)
  if (!hasPages && step === 'ask') return returned(request, new Refusal('CONSENT_REQUIRED'), parts)
  switch (step) {
    case 'login_required':
      return returned(request, new Refusal('LOGIN_REQUIRED'), parts)
    case 'consent_required':
      return returned(request, new Refusal('CONSENT_REQUIRED'), parts)
    case 'ask':
      return user === undefined ? signInFirst(query, request, browser) : ask(query, considered, user, parts)
    case 'sign_in':
      return signInFirst(query, request, browser)
    case 'issue':
      return issue(query, considered, browser, parts)
  }
}

/**
 * The person has answered the question about this request: they allow the scopes that they were shown, or nothing. The
 * request is checked anew: it went through their browser. Client and person may have got more since they were asked; that
 * nobody has allowed. That the answer came from our page is for the caller to have looked at.
 */
export async function authorizeAsAnswered(
  query: string,
  allowed: readonly string[] | undefined,
  browser: Browser,
  parts: GrantParts,
): Promise<SettledOutcome> {
  const considered = await consider(query, browser, parts)
  if ('kind' in considered) return considered
  const { request, user, step } = considered
  const { signIn } = browser
  if (allowed === undefined) return returned(request, new Refusal('CONSENT_DENIED'), parts)
  if (user === undefined || signIn === undefined || step === 'sign_in' || step === 'login_required') {
    return signInFirst(query, request, browser)
  }
  const scope = considered.scope.filter((name) => allowed.includes(name))
  const of = { userId: user.id, clientId: request.client.id }
  const event = {
    name: 'consent.granted',
    origin: browser.origin,
    ...of,
    data: { scope: scope.join(' ') },
  } as const
  const { sessionId } = signIn
  if (!(await parts.store.consents.grant({ ...of, sessionId, scopes: scope }, event))) {
    return signInFirst(query, request, browser)
  }
  return issue(query, { ...considered, scope, needsConsent: true }, browser, parts)
}

async function consider(
  query: string,
  { signIn }: Browser,
  parts: GrantParts,
): Promise<Considered | SettledOutcome> {
  const parameters = readParameters(query)
  const clientId = parameters?.values.get('client_id')
  const client = clientId === undefined ? undefined : (await parts.clients.find(clientId))?.client
  const { policy, settings, store } = parts
  const checked = checkRequest(parameters, client, { policy, resources: [settings.audience] })
  if (checked.outcome === 'shown') return { kind: 'shown', refusal: checked.refusal }
  if (checked.outcome === 'returned') return returned(checked.to, checked.refusal, parts)

  const { request } = checked
  const { issuer } = settings
  const { idTokenHint } = request
  const hint = idTokenHint && readIdTokenHint(idTokenHint, { issuer, keys: parts.keyRing })
  if (idTokenHint !== undefined && !hint) {
    const details = {
      clientId: request.client.id,
      parameter: 'id_token_hint',
      why: 'not an ID token of ours',
    }
    return returned(request, new Refusal('AUTHORIZATION_REQUEST_INVALID', { details }), parts)
  }
  const user = signIn && (await store.users.find(signIn.userId))
  const needsConsent = !request.client.skipConsent
  const consent =
    user !== undefined && needsConsent ? await store.consents.find(user.id, request.client.id) : undefined
  const scope = user === undefined ? [] : await grantableScope(request, user, parts)
  const step = nextStep(request, {
    signIn: user && signIn,
    consent,
    scope,
    hintedUserId: hint ? hint.userId : undefined,
    staleMark: parameters?.values.get('reauth'),
    nowSeconds: toSeconds(parts.clock.now()),
    ownOrigin: new URL(issuer).origin,
  })
  return { request, user, scope, step, needsConsent }
}

async function issue(
  query: string,
  { request, user, scope, needsConsent }: Considered,
  browser: Browser,
  parts: GrantParts,
): Promise<SettledOutcome> {
  const { client, redirectUri, challenge, nonce, resources } = request
  const { signIn, origin } = browser
  if (user === undefined || signIn === undefined) return signInFirst(query, request, browser)
  try {
    await passAccountGate({ user, amr: signIn.amr, origin, isSignedIn: true }, parts)
  } catch (error) {
    if (!(error instanceof AuthError) || error.refusal.clientCode === 'try_again') throw error
    if (error.code === 'MFA_REQUIRED' || error.code === 'MFA_ENROLMENT_REQUIRED') {
      const isSilent = request.prompts.includes('none')
      return isSilent
        ? returned(request, new Refusal('LOGIN_REQUIRED'), parts)
        : signInFirst(query, request, browser)
    }
    return returned(request, error.refusal, parts)
  }
  const text = makeCode(user.id, parts.random)
  const of = { userId: user.id, clientId: client.id, sessionId: signIn.sessionId }
  const created = await parts.store.codes.create(
    {
      ...of,
      hash: hashSecret(text),
      redirectUri,
      challenge,
      scope: await scopeToKeep({ user, client, scope }, request.scope !== undefined, parts),
      resources,
      nonce,
      needsConsent,
      lifeMilliseconds: CODE_LIFE_MILLISECONDS,
    },
    { name: 'code.issued', origin, ...of },
  )
  if (!created) {
    // While the request was on its way the consent was taken back, or the sign-in ended.
    const isTakenBack = needsConsent && (await parts.store.consents.find(user.id, client.id)) === undefined
    return isTakenBack
      ? returned(request, new Refusal('CONSENT_DENIED'), parts)
      : signInFirst(query, request, browser)
  }
  return { kind: 'redirect', location: codeAddress(request, text, parts.settings.issuer) }
}

function ask(
  query: string,
  { request: { client, redirectUri }, scope }: Considered,
  user: User,
  parts: GrantParts,
): AuthorizationOutcome {
  const lifeSeconds = lifeSecondsOf(client, scope, parts)
  return { kind: 'ask', question: { client, user, scope, lifeSeconds, query, redirectUri } }
}

/** The request as it goes on after the sign-in: it asks for none any more, but not for the one that did not do. */
function signInFirst(query: string, { prompts }: AuthorizationRequest, { signIn }: Browser): SettledOutcome {
  const next = new URLSearchParams(query)
  const left = prompts.filter((prompt) => prompt !== 'login' && prompt !== 'select_account')
  if (left.length > 0) next.set('prompt', left.join(' '))
  else next.delete('prompt')
  next.set('reauth', markOf(signIn))
  return { kind: 'sign_in', query: next.toString() }
}

function returned(to: ReturnAddress, refusal: Refusal, { settings }: GrantParts): SettledOutcome {
  return { kind: 'redirect', location: errorAddress(to, refusal, settings.issuer), refusal }
}
