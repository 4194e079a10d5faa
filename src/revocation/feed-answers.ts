import type { Clock } from '../base/clock.ts'
import { backgroundTimer, type Schedule } from '../base/schedule.ts'
import type { RevocationFeed } from './feed.ts'
import { type FeedDocument, type FeedQuestion, writeFeedDocument } from './feed-document.ts'
import { sharePulls } from './shared-pulls.ts'
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
  let news = 0
  feed.onNews(() => {
    news += 1
  })

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

  const pull = sharePulls(revocations, clock)
  const ask = async ({ nonce, cursor, census }: FeedQuestion): Promise<FeedDocument> => {
    const { asked, answer } = await pull(cursor, census)
    return writeFeedDocument(answer, nonce, clock.elapsed() - asked)
  }

  return {
    async answer(question, signal) {
      const until = clock.elapsed() + question.waitMilliseconds
      for (;;) {
        const newsBefore = news
        const document = await ask(question)
        const isNews = document.complete || document.entries.length > 0
        const rest = until - clock.elapsed()
        if (isNews || question.census || rest <= 0 || waiting >= mostWaiting || signal?.aborted === true)
          return document
        // What came while the database was asked, it may not have seen, and it will not come again.
        if (news === newsBefore) await untilNews(rest, signal)
      }
    },
  }
}
