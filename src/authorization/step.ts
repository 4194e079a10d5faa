import { createHash } from 'node:crypto'
import { canBeImpersonated } from '../clients/redirect-uri.ts'
import type { Consent } from '../model/consent.ts'
import { isRecentProof } from '../model/recent-proof.ts'
import type { AuthorizationRequest } from './request.ts'

/** Who is signed in in the browser that brings the request. */
export interface BrowserSignIn {
  readonly userId: string
  readonly sessionId: string
  /** Seconds since 1970; 0 where nobody knows. */
  readonly authTime: number
  /** How they proved who they are (RFC 8176). */
  readonly amr: readonly string[]
}

export interface StepFacts {
  readonly signIn: BrowserSignIn | undefined
  /** What the user has allowed the client before. */
  readonly consent: Consent | undefined
  /** What would be granted: as asked, at most what client and user may have. */
  readonly scope: readonly string[]
  /** The user that `id_token_hint` names, where there is one. */
  readonly hintedUserId: string | undefined
  /** The sign-in that does not do any more, by `markOf`: the person was sent away from it to sign in anew. */
  readonly staleMark: string | undefined
  readonly nowSeconds: number
  /** Where nobody but ourselves listens: our own documents' Authorize leads back there. */
  readonly ownOrigin: string
}

/** What has to happen next before there is a code. */
export type Step = 'sign_in' | 'ask' | 'issue' | 'login_required' | 'consent_required'

/** How long somebody may take for what comes after the sign-in that they were sent away for. */
const JUST_NOW_SECONDS = 600

/** Decides how a request goes on (OpenID Connect Core sections 3.1.2.3 and 3.1.2.4). Pure. */
export function nextStep(request: AuthorizationRequest, facts: StepFacts): Step {
  const silent = request.prompts.includes('none')
  if (!isSignedInAsAsked(request, facts)) return silent ? 'login_required' : 'sign_in'
  if (mustAsk(request, facts)) return silent ? 'consent_required' : 'ask'
  return 'issue'
}

function isSignedInAsAsked(request: AuthorizationRequest, facts: StepFacts): boolean {
  const { signIn, hintedUserId, staleMark, nowSeconds } = facts
  if (signIn === undefined) return false
  if (hintedUserId !== undefined && hintedUserId !== signIn.userId) return false
  const { prompts, maxAgeSeconds } = request
  const isWithin = (seconds: number | undefined) =>
    seconds === undefined || isRecentProof(signIn.authTime, seconds, nowSeconds)
  // Who comes back with another sign-in than the one they were sent away with has signed in anew: but for a provider,
  // which may have signed them in without a word, of a session that is old.
  if (staleMark !== undefined) {
    const mostSeconds = maxAgeSeconds === undefined ? undefined : Math.max(maxAgeSeconds, JUST_NOW_SECONDS)
    return markOf(signIn) !== staleMark && isWithin(mostSeconds)
  }
  if (prompts.includes('login') || prompts.includes('select_account')) return false
  return isWithin(maxAgeSeconds)
}

function mustAsk({ client, prompts, redirectUri }: AuthorizationRequest, facts: StepFacts): boolean {
  if (prompts.includes('consent')) return true
  // What a public client may must not be had by whatever else listens there (RFC 8252 section 8.6), trusted or not.
  const isOurs = new URL(redirectUri).origin === facts.ownOrigin
  if (client.authMethod === 'none' && canBeImpersonated(redirectUri) && !isOurs) return true
  if (client.skipConsent) return false
  const { consent, scope } = facts
  if (consent === undefined) return true
  return !scope.every((name) => consent.scopes.includes(name))
}

/** Names a sign-in without telling which it is. */
export function markOf(signIn: BrowserSignIn | undefined): string {
  if (signIn === undefined) return 'none'
  return createHash('sha256')
    .update(`sign-in ${signIn.sessionId} ${signIn.authTime}`)
    .digest('base64url')
    .slice(0, 22)
}
