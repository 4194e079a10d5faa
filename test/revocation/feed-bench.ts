import type { Logger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { AccessClaims, Counters } from '../../src/model/access-token.ts'
import type { Revocation } from '../../src/model/revocation.ts'
import {
  createRevocationFeed,
  type RevocationFeed,
  type RevocationFeedOptions,
} from '../../src/revocation/feed.ts'
import { createRevocationState, type RevocationState } from '../../src/revocation/state.ts'
import { createFakeDatabase, type FakeDatabase } from './fake-database.ts'
import { createHandClock, type HandClock } from './hand-clock.ts'

/** A process on a test bench: its memory and feed, the database it asks, and the clock of both. */
export interface FeedBench {
  readonly hand: HandClock
  readonly database: FakeDatabase
  readonly state: RevocationState
  readonly feed: RevocationFeed
  readonly log: string[]
  /** Another process with the same database and clock. */
  another(options?: Partial<RevocationFeedOptions>): Pick<FeedBench, 'feed' | 'state' | 'log'>
}

export function createFeedBench(options: Partial<RevocationFeedOptions> = {}): FeedBench {
  const hand = createHandClock()
  const database = createFakeDatabase(hand.clock)
  const another = (more: Partial<RevocationFeedOptions> = {}): Pick<FeedBench, 'feed' | 'state' | 'log'> => {
    const log: string[] = []
    const { clock, schedule } = hand
    const state = createRevocationState({ clock, random: systemRandom })
    const feed = createRevocationFeed({
      revocations: database,
      state,
      clock,
      schedule,
      logger: loggerInto(log),
      ...options,
      ...more,
    })
    return { state, feed, log }
  }
  return { hand, database, another, ...another() }
}

function loggerInto(lines: string[]): Logger {
  const write = (_facts: object, message: string): void => void lines.push(message)
  return { debug: write, info: write, warn: write, error: write }
}

export const sessionRef = (number: number): string =>
  `${number.toString(16).padStart(8, '0')}-1111-4111-8111-111111111111`

/** The entry that ends the session of that number. */
export const sessionEntry = (number: number): Revocation => ({
  kind: 'session',
  ref: sessionRef(number),
  least: undefined,
})

/** An access token of the session of that number. */
export function tokenOf(
  session: number,
  lifeSeconds = 900,
): { readonly claims: AccessClaims; readonly counters: Counters } {
  return {
    claims: {
      iss: 'https://issuer.example',
      aud: 'https://api.example',
      sub: 'aaaaaaaa-0000-4000-8000-000000000000',
      client_id: 'first-party',
      iat: 1000,
      exp: 1000 + lifeSeconds,
      jti: `${session.toString(16).padStart(8, '0')}-2222-4222-8222-222222222222`,
      sid: sessionRef(session),
    },
    counters: { user: 10, client: 20, store: 30 },
  }
}
