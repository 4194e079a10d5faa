import type { Clock } from '../base/clock.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { RevocationAnswer, RevocationSource } from './source.ts'

/** An answer of the database, and when it was asked: milliseconds by the monotonic clock. */
export interface SharedAnswer {
  readonly asked: number
  readonly answer: RevocationAnswer
}

interface Waiting {
  readonly cursor: string | undefined
  readonly census: boolean
  readonly shared: PromiseWithResolvers<SharedAnswer>
}

const MOST_WAITING = 1000

/**
 * Questions of many verifiers to one database. News wake all who wait in the same moment: a few questions are under way
 * at once, so that refreshes find connections too, and those that have the same cursor are put as one. Nobody gets an
 * answer to a question that was put before they asked, for that would prove nothing about now (PROTOCOL 2.2).
 */
export function sharePulls(
  source: Pick<RevocationSource, 'pull'>,
  clock: Pick<Clock, 'elapsed'>,
  mostUnderWay = 4,
): (cursor: string | undefined, census: boolean) => Promise<SharedAnswer> {
  const waiting = new Map<string, Waiting>()
  let underWay = 0

  async function put({ cursor, census, shared }: Waiting): Promise<void> {
    underWay += 1
    const asked = clock.elapsed()
    try {
      shared.resolve({ asked, answer: await source.pull(cursor, { census }) })
    } catch (error) {
      shared.reject(error)
    }
    underWay -= 1
    putNext()
  }

  function putNext(): void {
    for (const [key, next] of waiting) {
      if (underWay >= mostUnderWay) return
      waiting.delete(key)
      void put(next)
    }
  }

  return (cursor, census) => {
    const key = `${census} ${cursor ?? ''}`
    const same = waiting.get(key)
    if (same !== undefined) return same.shared.promise
    if (waiting.size >= MOST_WAITING)
      return Promise.reject(new AuthError('STORE_UNAVAILABLE', { details: { reason: 'too many questions' } }))
    const shared = Promise.withResolvers<SharedAnswer>()
    waiting.set(key, { cursor, census, shared })
    putNext()
    return shared.promise
  }
}
