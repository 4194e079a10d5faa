import type { Random } from '../../src/base/random.ts'
import { createRevocationFeed, type RevocationFeed } from '../../src/revocation/feed.ts'
import { createHttpRevocationFeed, httpRevocations } from '../../src/revocation/http-feed.ts'
import { createRevocationState, type RevocationState } from '../../src/revocation/state.ts'
import type { HintVerbs } from '../../src/store/hints.ts'
import type { VirtualTime } from './virtual-time.ts'
import type { Connection } from './wire.ts'

/** How a verifier hears of news: by a question that waits, or by an event stream beside questions that do not. */
export type Way = 'poll' | 'stream'

export interface SimulatedVerifier {
  readonly feed: RevocationFeed
  readonly state: RevocationState
}

export interface VerifierOptions {
  readonly time: VirtualTime
  readonly connection: Connection
  readonly way: Way
  readonly random: Random
  /** Told of each entry once it is in memory. */
  readonly learned: (ref: string) => void
}

const URL_OF_FEED = 'https://auth.example.com/revocations'
const AUTHORIZATION = `Basic ${Buffer.from('orders:secret-of-this-client').toString('base64')}`
/** As the feed over HTTP sets it for a bound of 5 s. */
const INTERVAL_MILLISECONDS = 5000 / 3

/** A service that only verifies, as far as revocations go: its feed and its memory are the code that is shipped. */
export function createVerifier({
  time,
  connection,
  way,
  random,
  learned,
}: VerifierOptions): SimulatedVerifier {
  const { clock, schedule } = time
  const state = noting(createRevocationState({ clock, random }), learned)
  const source = {
    url: URL_OF_FEED,
    fetch: connection.fetch,
    authorization: () => AUTHORIZATION,
    random,
  }
  if (way === 'poll') {
    return { state, feed: createHttpRevocationFeed({ ...source, state, clock, schedule }) }
  }
  const hints: HintVerbs = {
    working: true,
    async subscribe(listener) {
      const leave = connection.listen(listener)
      return async () => leave()
    },
    send: () => undefined,
  }
  const { waits: _, ...asked } = httpRevocations({ ...source, waitMilliseconds: 0 })
  const feed = createRevocationFeed({
    revocations: asked,
    state,
    clock,
    schedule,
    hints: [hints],
    intervalMilliseconds: INTERVAL_MILLISECONDS,
    timeLimitMilliseconds: 2 * INTERVAL_MILLISECONDS,
  })
  return { state, feed }
}

function noting(state: RevocationState, learned: (ref: string) => void): RevocationState {
  const add: RevocationState['add'] = (entries, storeNow) => {
    const list = [...entries]
    state.add(list, storeNow)
    for (const { ref } of list) learned(ref)
  }
  return Object.create(state, { add: { value: add } })
}
