import { type Clock, type Moment, momentOf } from '../base/clock.ts'
import type { Schedule } from '../base/schedule.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { RevocationAnswer, RevocationSource } from './source.ts'

const MOST_UNANSWERED = 3

export interface QuestionLimits {
  readonly newMilliseconds: number
  /** For everything at once, which can be a million entries. */
  readonly completeMilliseconds: number
}

export interface Answered {
  readonly asked: Moment
  readonly answer: RevocationAnswer
}

/**
 * Asks a source within a limit of time. An answer that comes later is thrown away, and with three questions unanswered
 * no other is asked: a database that hangs is not made to hang more.
 */
export function createQuestions(
  source: RevocationSource,
  limits: QuestionLimits,
  clock: Clock,
  schedule: Schedule,
): (cursor: string | undefined, census: boolean) => Promise<Answered> {
  let unanswered = 0
  return (cursor, census) =>
    new Promise((resolve, reject) => {
      if (unanswered >= MOST_UNANSWERED)
        return reject(new AuthError('DENYLIST_DOWN', { details: { unanswered } }))
      const limitMilliseconds = cursor === undefined ? limits.completeMilliseconds : limits.newMilliseconds
      const leave = new AbortController()
      const cancel = schedule(() => {
        reject(new AuthError('DENYLIST_DOWN', { details: { limitMilliseconds } }))
        leave.abort()
      }, limitMilliseconds)
      const asked = momentOf(clock)
      unanswered++
      Promise.resolve()
        .then(() => source.pull(cursor, { census, signal: leave.signal }))
        .then((answer) => resolve({ asked, answer }), reject)
        .finally(() => {
          unanswered--
          cancel()
        })
    })
}
