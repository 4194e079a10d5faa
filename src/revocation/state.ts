import { type Clock, passedByBoth } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Cause } from '../errors/codes.ts'
import type { AccessClaims, AccessToken, Counters, Derived } from '../model/access-token.ts'
import type { RevocationKind } from '../model/revocation.ts'
import type { PulledRevocation } from '../store/revocations.ts'
import { Entries, numberOf } from './entries.ts'
import { type Census, EVERYTHING, NOTHING } from './entry-table.ts'

export interface RevocationStateOptions {
  readonly clock: Clock
  readonly random: Random
  /** Two million unless said otherwise: about 100 MB. Beyond, entries become coarser, none is dropped. */
  readonly mostEntries?: number
}

/** What is asked about of a token; `derived` spares the work of finding it where it is asked about again. */
export type RevocableToken = Pick<AccessToken, 'claims' | 'counters'> & { readonly derived?: Derived }

/** What a session was made under, as the database says it. */
export interface SessionStanding {
  /** Undefined for a client that acts for itself: then it is also the user. */
  readonly id: string | undefined
  readonly userId: string
  readonly clientId: string
  /** Undefined where a token carries none. */
  readonly counters: Counters | undefined
}

/** What this process knows to have ended. Every question is answered at once, from memory, without allocating. */
export interface RevocationState {
  /**
   * Why the token has ended, if it has: itself, its session, user, client, key or the store. A token without a session
   * passes that question; one without counters does not pass an entry that compares them, for nothing proves it younger.
   */
  refuses(token: RevocableToken, kid?: string): Cause | undefined
  /**
   * The same for a session, with the counters as its row has them now: memory can know of an end that the database
   * has lost, so whoever refreshes or signs in asks here too (PROTOCOL 2.4).
   */
  refusesSession(session: SessionStanding): Cause | undefined
  /**
   * Rises with everything that is learnt. What nothing has ended is not ended for as long as this stays as it is, so the
   * question need not be put again: the entries are cold memory.
   */
  readonly learnt: number
  /** Whether the very thing was ended; for API keys, and whatever else has one reference and no counters. */
  isEnded(kind: RevocationKind, ref: string): boolean
  /** Adds what the store said: `storeNow` is its clock as it said so. */
  add(entries: Iterable<PulledRevocation>, storeNow?: number): void
  /** To be called now and then: lets go of some of what has ended. */
  sweep(): void

  /** Comparing with the store: see `Entries`. */
  forgetSaid(): void
  unsaid(leastRemainingMilliseconds: number, most: number): PulledRevocation[]
  census(fromSeconds: number): Census

  readonly size: number
  readonly bytes: number
  readonly isOverfull: boolean
}

const TOKEN = numberOf('token')
const SESSION = numberOf('session')
const USER = numberOf('user')
const CLIENT = numberOf('client')
const KEY = numberOf('key')

const DEFAULT_MOST_ENTRIES = 2_000_000

/** The revocations in memory. Knows nothing of how fresh it is: that is the feed's. */
export function createRevocationState(options: RevocationStateOptions): RevocationState {
  const { clock, random, mostEntries = DEFAULT_MOST_ENTRIES } = options
  // Tokens end by a clock that may stand still. What they are refused for must not end before them (PROTOCOL 2.6).
  const passed = passedByBoth(clock)
  const entries = new Entries({ random, mostEntries })
  // A token does not name its store: memory is of one. The largest counter until the latest end.
  const store = { least: NOTHING, endsAt: 0 }
  // Keys are hardly ever withdrawn, so the question is not put to every token.
  let keyWasEnded = false
  // Counts what was learnt. What an entry ends is ended by the time it is added; to forget one ends nothing. So for a
  // token that nothing ended, nothing has until more is learnt.
  let learnt = 0

  /** Undefined while there is nothing to be found anywhere. */
  const place = (claims: AccessClaims, derived: Derived): Derived | undefined => {
    if (derived.placedBy === entries) return derived
    if (entries.size === 0) return undefined
    derived.tokenPlace = entries.placeOf(TOKEN, claims.jti)
    derived.sessionPlace = claims.sid === undefined ? 0 : entries.placeOf(SESSION, claims.sid)
    derived.userPlace = entries.placeOf(USER, claims.sub)
    derived.placedBy = entries
    derived.clearIn = -1
    return derived
  }
  const ended = (
    sessionId: string | undefined,
    userId: string,
    clientId: string,
    counters: Counters | undefined,
    derived: Derived | undefined,
  ): Cause | undefined => {
    if (sessionId !== undefined && entries.leastOf(SESSION, sessionId, derived?.sessionPlace) !== NOTHING)
      return 'SESSION_ENDED'
    const user = entries.leastOf(USER, userId, derived?.userPlace)
    if (user === EVERYTHING) return 'USER_NOT_FOUND'
    if ((counters?.user ?? NOTHING) < user) return 'TOKEN_VERSION_STALE'
    const client = entries.leastOf(CLIENT, clientId)
    if (client === EVERYTHING) return 'CLIENT_REMOVED'
    if ((counters?.client ?? NOTHING) < client) return 'TOKEN_VERSION_STALE'
    if ((counters?.store ?? NOTHING) < store.least) return 'STORE_RESTORED'
    return undefined
  }

  const endOf = (
    claims: AccessClaims,
    counters: Counters | undefined,
    placed: Derived | undefined,
    kid: string | undefined,
  ): Cause | undefined => {
    if (entries.leastOf(TOKEN, claims.jti, placed?.tokenPlace) !== NOTHING) return 'TOKEN_REVOKED'
    if (keyWasEnded && kid !== undefined && entries.leastOf(KEY, kid) !== NOTHING)
      return 'SIGNING_KEY_REVOKED'
    return ended(claims.sid, claims.sub, claims.client_id, counters, placed)
  }

  return {
    refuses({ claims, counters, derived }, kid) {
      const placed = derived && place(claims, derived)
      if (placed?.clearIn === learnt) return undefined
      const cause = endOf(claims, counters, placed, kid)
      if (placed !== undefined && cause === undefined) placed.clearIn = learnt
      return cause
    },
    refusesSession: ({ id, userId, clientId, counters }) => ended(id, userId, clientId, counters, undefined),
    isEnded: (kind, ref) => entries.leastOf(numberOf(kind), ref) !== NOTHING,
    add(added, storeNow) {
      const now = passed()
      for (const entry of added) {
        learnt += 1
        entries.add(entry, now, storeNow)
        keyWasEnded ||= entry.kind === 'key'
        if (entry.kind === 'store') {
          store.least = Math.max(store.least, entry.least ?? EVERYTHING)
          store.endsAt = Math.max(store.endsAt, now + entry.remainingMilliseconds)
        }
      }
    },
    sweep() {
      const now = passed()
      entries.sweep(now)
      if (now > store.endsAt) store.least = NOTHING
    },
    forgetSaid: () => entries.forgetSaid(),
    unsaid: (leastRemaining, most) => entries.unsaid(passed(), leastRemaining, most),
    census: (fromSeconds) => entries.census(fromSeconds),
    get learnt() {
      return learnt
    },
    get size() {
      return entries.size
    },
    get bytes() {
      return entries.bytes
    },
    get isOverfull() {
      return entries.isOverfull
    },
  }
}
