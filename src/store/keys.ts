import type { NewEvent } from '../audit/events.ts'

/** The life of a signing key, in order; `revoked` is another end: of what it signed nothing counts any more. */
export type KeyPhase = 'next' | 'active' | 'retiring' | 'gone' | 'revoked'

/** What a key signs: access tokens, or the ID tokens that clients read (OpenID Connect Core section 2). */
export type KeyUse = 'access' | 'id'

/** A signing key as stored: the private half only sealed under a secret key. */
export interface StoredKey {
  readonly kid: string
  readonly use: KeyUse
  readonly algorithm: string
  readonly phase: KeyPhase
  /** The public half as JSON (JWK); for a symmetric key undefined. */
  readonly publicJwk: Readonly<Record<string, unknown>> | undefined
  /** The private half, encrypted; empty once it is of no use any more. */
  readonly sealed: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** When the phase began. Milliseconds since 1970. */
  readonly phaseAt: number
  /** When the last live node had announced that it publishes the key. Milliseconds since 1970. */
  readonly publishedAt: number | undefined
}

export interface StoredRing {
  /** Raised by every change. Zero: there has never been a key. */
  readonly version: number
  readonly keys: readonly StoredKey[]
  /** The store's clock, by which the ages of keys are judged. Milliseconds since 1970. */
  readonly now: number
  /** The longest access life on record, of tokens that may still be alive. Seconds. */
  readonly longestLifeSeconds: number
}

export interface KeyVerbs {
  ring(): Promise<StoredRing>
  /**
   * Replaces the ring if its version is still `expected`; otherwise nothing happens and the answer is false. `revoked`
   * names keys whose tokens end now, each with an entry in the same transaction.
   */
  replace(
    expected: number,
    keys: readonly StoredKey[],
    event: NewEvent,
    revoked?: readonly string[],
  ): Promise<boolean>
}
