import type { Clock } from '../base/clock.ts'
import { backgroundTimer, type Schedule } from '../base/schedule.ts'
import type { RevocationFeed } from './feed.ts'
import { type FeedDocument, type FeedQuestion, writeFeedDocument } from './feed-document.ts'
import type { RevocationSource } from './source.ts'

export interface FeedAnswersOptions {
  readonly revocations: RevocationSource
  /** Tells when there is something new. */
  readonly feed: Pick<RevocationFeed, 'onNews'>
  readonly clock: Clock
  readonly schedule?: Schedule
  /** With so many waiting already, others are answered at once. */
  readonly mostWaiting?: number
}

export interface FeedAnswers {
  /** The answer to a verifier; rejects if the database does not answer. A signal ends the waiting. */
  answer(question: FeedQuestion, signal?: AbortSignal): Promise<FeedDocument>
}

const DEFAULT_MOST_WAITING = 1000

/**
 * Answers verifiers out of the database itself, so that the cursor is the database's and any node can go on where
 * another left off. What this node has in memory takes no part, only its feed tells when to look.
 */
export function createFeedAnswers(options: FeedAnswersOptions): FeedAnswers {
  const { revocations, feed, clock, schedule = backgroundTimer, mostWaiting = DEFAULT_MOST_WAITING } = options
  let waiting = 0

  const untilNews = (milliseconds: number, signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve) => {
      waiting++
      const end = (): void => {
        waiting--
        cancel()
        forget()
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const cancel = schedule(end, milliseconds)
      const forget = feed.onNews(end)
      signal?.addEventListener('abort', end, { once: true })
    })

  const ask = async ({ nonce, cursor, census }: FeedQuestion): Promise<FeedDocument> => {
    const asked = clock.elapsed()
    const answer = await revocations.pull(cursor, { census })
    return writeFeedDocument(answer, nonce, clock.elapsed() - asked)
  }

  return {
    async answer(question, signal) {
      const first = await ask(question)
      const isNews = first.complete || first.entries.length > 0
      if (isNews || question.census || question.waitMilliseconds === 0 || waiting >= mostWaiting) return first
      if (signal?.aborted !== true) await untilNews(question.waitMilliseconds, signal)
      return ask(question)
    },
  }
}
