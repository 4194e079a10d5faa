import { randomSecret } from '../../base/random.ts'
import { AuthError } from '../../errors/auth-error.ts'
import { sealedFacts } from '../../keys/sealed-facts.ts'
import { hashSecret } from '../../tokens/secret-hash.ts'
import type { AttemptParts } from './attempt.ts'
import type { ProviderPerson, ProviderTokens } from './provider.ts'

/** Somebody whom a provider has proven, and who gets an account once they have filled in what it did not tell. */
export interface Newcomer {
  /** The name of the provider in the configuration. */
  readonly provider: string
  /** Who it was by then: the name may come to stand for another. */
  readonly issuer: string
  readonly person: ProviderPerson
  /** Where they are kept, and there is room for them. */
  readonly tokens?: ProviderTokens | undefined
  /** When they proved themselves there, or `NOBODY_KNOWS_WHEN`. Milliseconds since 1970. */
  readonly authenticatedAt: number
  /** Where they are led afterwards: a path of ours. */
  readonly returnTo?: string | undefined
}

/** Minutes that they may take for the form. */
const NEWCOMER_LIFE_SECONDS = 600

/**
 * Newcomers on their way. Nothing of one is stored here: it is a cookie of their browser, encrypted and bound to a name of
 * its own, as an attempt is.
 */
export interface Newcomers {
  /** The text for the cookie, and the name that it counts under. */
  hold(newcomer: Newcomer): { readonly name: string; readonly text: string }
  /** Throws `STATE_COOKIE_MISSING` for what is of another name, or over. */
  open(text: string | undefined, name: string): Newcomer
  /** To be called before there is an account. Throws `STATE_COOKIE_MISSING` for all but the first. */
  spend(name: string): Promise<void>
}

export function createNewcomers(parts: AttemptParts): Newcomers {
  const { issuer, random, oneTime } = parts
  const sealed = sealedFacts<Newcomer>({ ...parts, lifeSeconds: NEWCOMER_LIFE_SECONDS })
  const bound = (name: string): string => `newcomer ${name} ${issuer}`
  return {
    hold(newcomer) {
      const name = randomSecret(random)
      return { name, text: sealed.write(newcomer, bound(name)) }
    },

    open(text, name) {
      const read = text === undefined ? undefined : sealed.read(text, bound(name))
      if (read === undefined) throw missing('no cookie of this newcomer')
      if (read.over !== undefined) throw missing(read.over)
      return read.facts
    },

    async spend(name) {
      const outcome = await oneTime.take('newcomer', hashSecret(name), NEWCOMER_LIFE_SECONDS * 1000)
      if (outcome !== 'won') throw missing('filled in before')
    },
  }
}

function missing(why: string): AuthError {
  return new AuthError('STATE_COOKIE_MISSING', { details: { why } })
}
