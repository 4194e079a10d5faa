import type { Clock } from '../../base/clock.ts'
import { type Random, randomSecret } from '../../base/random.ts'
import { AuthError } from '../../errors/auth-error.ts'
import { seal, unseal } from '../../keys/seal.ts'
import type { SecretKeys } from '../../keys/secret-keys.ts'
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

export interface AttemptParts {
  readonly issuer: string
  readonly secretKeys: SecretKeys
  readonly random: Random
  readonly clock: Clock
  readonly oneTime: OneTimeVerbs
  /** A restore of the database voids attempts, for it may have forgotten which were spent. */
  readonly storeEpoch: () => number
}

export function createAttempts(parts: AttemptParts): Attempts {
  const { issuer, secretKeys, random, clock, oneTime, storeEpoch } = parts
  const bound = (providerId: string, state: string): string => `sign-in with ${providerId} ${state} ${issuer}`
  return {
    begin(providerId, purpose) {
      const [state, nonce, verifier] = [randomSecret(random), randomSecret(random), randomSecret(random)]
      const endsAt = clock.now() + ATTEMPT_LIFE_SECONDS * 1000
      const content = JSON.stringify({ ...purpose, nonce, verifier, endsAt, storeEpoch: storeEpoch() })
      const text = seal(content, bound(providerId, state), secretKeys.writing, random)
      return { attempt: { ...purpose, state, nonce, verifier }, text }
    },

    open(text, providerId, state) {
      if (text === undefined) throw missing(providerId, 'no cookie of this attempt')
      const opened = unseal(text, bound(providerId, state), secretKeys)
      if ('unreadable' in opened) {
        if (opened.unreadable === 'key_missing') throw new AuthError('SECRET_KEY_UNKNOWN')
        throw missing(providerId, 'the cookie is of another state or provider')
      }
      const { endsAt, storeEpoch: made, ...attempt } = JSON.parse(opened.plain)
      if (clock.now() >= endsAt) throw missing(providerId, 'over')
      if (made !== storeEpoch()) throw missing(providerId, 'the database was restored')
      return { ...attempt, state }
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
