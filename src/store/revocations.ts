import type { NewEvent } from '../audit/events.ts'
import type { Revocation } from '../model/revocation.ts'

export interface PulledRevocation extends Revocation {
  /** How much longer the entry matters, computed by the store's clock; no reader's wall clock takes part. */
  readonly remainingMilliseconds: number
}

export interface RevocationPull {
  /** All live entries if `complete`, else those committed since the cursor (some may come twice). */
  readonly entries: readonly PulledRevocation[]
  readonly complete: boolean
  /** To hand in with the next pull. Belongs to the database, not to a node. */
  readonly cursor: string
  /** Changes when the database was replaced, restored or failed over. */
  readonly identity: string
  readonly storeEpoch: number
  readonly ringVersion: number
  /** The longest access life on record: entries live at least that long. Seconds. */
  readonly coveredLifeSeconds: number
  /** The store's clock. Milliseconds since 1970. */
  readonly now: number
  /** Where one was asked for. */
  readonly census?: RevocationCensus
}

/** What readers compare with their own, taken in the same snapshot as the answer: the same entries, the same numbers. */
export interface RevocationCensus {
  /** Entries that end at this second (since 1970, by the store's clock) or later are counted. */
  readonly fromSeconds: number
  readonly count: number
  /** Of the seconds that each of them ends after that, rounded down. */
  readonly sum: number
}

/** The life of access tokens where no node has announced how long its own live. */
export const DEFAULT_ACCESS_LIFE_SECONDS = 900
/** An entry outlives the tokens it ends by: staleness of readers, tolerance of verifiers, error of clocks (PROTOCOL 2.5). */
export const ENTRY_MARGIN_SECONDS = 5 + 60 + 60
/** So that nobody fills the readers' memory by refreshing and revoking in a loop (PROTOCOL 2.9). */
export const MOST_TOKENS_OF_SESSION = 16
/** A census counts from here on: what ends sooner, readers may have let go of by their own clocks. */
export const CENSUS_AHEAD_SECONDS = 10

/** What is known of a token beside its id. */
export interface RevocationContext {
  readonly sessionId?: string | undefined
  readonly userId?: string | undefined
  /** Its `iat` in milliseconds. Later than now, if the clock was set back since: an entry must not be over before it. */
  readonly madeAt?: number | undefined
}

export interface RevocationVerbs {
  /** Everything new since the cursor; without a cursor, or with one of another identity, everything live. */
  pull(cursor?: string, options?: { readonly census?: boolean }): Promise<RevocationPull>
  /** Ends one token, key or client. Ends the session instead once `MOST_TOKENS_OF_SESSION` of it have live entries. */
  add(entry: Revocation, context: RevocationContext, event: NewEvent): Promise<void>
  /** Writes back entries that this process remembers and the database lost (fail-over); those it has are kept. */
  restore(entries: readonly PulledRevocation[], event: NewEvent): Promise<number>
}
