import type { Random } from '../../src/base/random.ts'
import { createRevocationFeed, type RevocationFeed } from '../../src/revocation/feed.ts'
import { createFeedAnswers } from '../../src/revocation/feed-answers.ts'
import { type FeedQuestion, readFeedQuestion } from '../../src/revocation/feed-document.ts'
import { createFeedStreams, type FeedStreams } from '../../src/revocation/feed-stream.ts'
import { createRevocationState } from '../../src/revocation/state.ts'
import type { RevocationLog } from './revocation-log.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface SimulatedNode {
  readonly feed: RevocationFeed
  readonly streams: FeedStreams
  /** The body of the answer, when the node has come to it. */
  answer(query: URLSearchParams, signal: AbortSignal): Promise<string>
  /** It does not answer at all while it is down. */
  isUp: boolean
}

export interface NodeOptions {
  readonly time: VirtualTime
  readonly log: RevocationLog
  readonly random: Random
  /** Of its one thread, for each answer. */
  readonly answerMilliseconds: number
}

/** A node of the issuer: its own feed, and what it answers to verifiers. All of it is the code that is shipped. */
export function createNode({ time, log, random, answerMilliseconds }: NodeOptions): SimulatedNode {
  const { clock, schedule } = time
  const feed = createRevocationFeed({
    revocations: log.source,
    state: createRevocationState({ clock, random }),
    clock,
    schedule,
    hints: [log.hints()],
  })
  const answers = createFeedAnswers({ revocations: log.source, feed, clock, schedule })
  const streams = createFeedStreams({ feed, schedule })
  let busyUntil = 0

  return {
    feed,
    streams,
    isUp: true,
    async answer(query, signal) {
      const question = readFeedQuestion(query) as FeedQuestion
      const body = JSON.stringify(await answers.answer(question, signal))
      busyUntil = Math.max(busyUntil, time.now()) + answerMilliseconds
      await time.wait(busyUntil - time.now())
      return body
    },
  }
}
