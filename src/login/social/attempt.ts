import { randomSecret } from '../../base/random.ts'
import { AuthError } from '../../errors/auth-error.ts'
import { type SealedFactsParts, sealedFacts } from '../../keys/sealed-facts.ts'
import type { OneTimeVerbs } from '../../store/one-time.ts'
import { hashSecret } from '../../tokens/secret-hash.ts'

/** A sign-in at a provider that has begun in one browser (rule D1). */
export interface Attempt extends AttemptPurpose {
  readonly state: string
  readonly nonce: string
  /** Of PKCE. */
  readonly verifier: string
}

/** What it is for. */
export interface AttemptPurpose {
  /** Where somebody is led afterwards: a path of ours. */
  readonly returnTo?: string | undefined
  /** Whether a proof of a moment ago is asked for: somebody is signed in, and that does not do. */
  readonly anew?: true | undefined
  /** Whose account it is to be connected to; a sign-in where absent. */
  readonly owner?: { readonly userId: string; readonly sessionId: string } | undefined
}

/** Minutes that somebody may take at the provider (rule D1). */
export const ATTEMPT_LIFE_SECONDS = 600

/**
 * Attempts of one issuer. Nothing of one is stored here: its text is a cookie of the browser, encrypted and bound to
 * provider and state, so that it opens for the answer of this provider alone.
 */
export interface Attempts {
  begin(providerId: string, purpose: AttemptPurpose): { readonly attempt: Attempt; readonly text: string }
  /** Throws `STATE_COOKIE_MISSING` for what is not the attempt of that provider and state, or is over. */
  open(text: string | undefined, providerId: string, state: string): Attempt
  /** To be called before the answer is believed. Throws `STATE_COOKIE_MISSING` for all but the first. */
  spend(attempt: Attempt): Promise<void>
}

export interface AttemptParts extends Omit<SealedFactsParts, 'lifeSeconds'> {
  readonly issuer: string
  readonly oneTime: OneTimeVerbs
}

export function createAttempts(parts: AttemptParts): Attempts {
  const { issuer, random, oneTime } = parts
  const sealed = sealedFacts<Omit<Attempt, 'state'>>({ ...parts, lifeSeconds: ATTEMPT_LIFE_SECONDS })
  const bound = (providerId: string, state: string): string => `sign-in with ${providerId} ${state} ${issuer}`
  return {
    begin(providerId, purpose) {
      const [state, nonce, verifier] = [randomSecret(random), randomSecret(random), randomSecret(random)]
      const text = sealed.write({ ...purpose, nonce, verifier }, bound(providerId, state))
      return { attempt: { ...purpose, state, nonce, verifier }, text }
    },

    open(text, providerId, state) {
      if (text === undefined) throw missing(providerId, 'no cookie of this attempt')
      const read = sealed.read(text, bound(providerId, state))
      if (read === undefined) throw missing(providerId, 'the cookie is of another state or provider')
      if (read.over !== undefined) throw missing(providerId, read.over)
      return { ...read.facts, state }
    },

    async spend({ state }) {
      const outcome = await oneTime.take('provider state', hashSecret(state), ATTEMPT_LIFE_SECONDS * 1000)
      if (outcome !== 'won') throw missing('', 'answered before')
    },
  }
}

function missing(provider: string, why: string): AuthError {
  return new AuthError('STATE_COOKIE_MISSING', { details: { provider, why } })
}
