import type { Clock } from '../../base/clock.ts'
import { backgroundTimer } from '../../base/schedule.ts'
import { createUnderWay } from '../../base/under-way.ts'

/** Far more than a healthy server takes; a person who signs in waits for some three answers. */
const PATIENCE_MILLISECONDS = 500
const PAUSE_MILLISECONDS = 1000

export interface BreakerOptions {
  readonly clock: Pick<Clock, 'elapsed'>
  /** Asks the server anything, to learn whether it answers in time again. */
  readonly probe: () => Promise<unknown>
  /** Called once when the server begins to be late, and once when it is in time again. */
  readonly changed?: ((isLate: boolean) => void) | undefined
  readonly patienceMilliseconds?: number
  /** Between two probes. */
  readonly pauseMilliseconds?: number
}

/**
 * Keeps callers from waiting, one after the other, for a server that is late. After one late answer nobody asks it; it is
 * probed beside the requests, at most once in a pause, until it answers in time. Of a server that refuses at once nothing is
 * kept: whoever asks it loses no time.
 */
export interface Breaker {
  /** While true, nobody waits for the server. */
  readonly isLate: boolean
  /**
   * What the server answers. Rejects at once while it is late, and when it takes longer than there is patience for: than
   * twice that, for who was asked while an older question was watched.
   */
  ask<T>(question: () => Promise<T>): Promise<T>
}

interface Question {
  /** Of all that were ever asked. */
  readonly number: number
  readonly giveUp: (error: Error) => void
}

export function createBreaker({
  clock,
  probe,
  changed = () => undefined,
  patienceMilliseconds = PATIENCE_MILLISECONDS,
  pauseMilliseconds = PAUSE_MILLISECONDS,
}: BreakerOptions): Breaker {
  let isLate = false
  let probeFrom = 0
  let asked = 0
  let underWay = createUnderWay<Question>()
  let isWatching = false

  const settle = (late: boolean): void => {
    // From its end: a probe that waited is not followed by the next one at once.
    if (late) probeFrom = clock.elapsed() + pauseMilliseconds
    if (late !== isLate) changed(late)
    isLate = late
  }

  /** One timer for all that are under way: one for each would cost as much as the rest of a question. */
  const watch = (): void => {
    isWatching = true
    const askedBefore = asked
    const look = (): void => {
      isWatching = false
      const left = [...underWay]
      if (left.length === 0) return
      if (left.every(({ number }) => number > askedBefore)) {
        watch()
        return
      }
      settle(true)
      underWay = createUnderWay()
      const error = new Error(`no answer within ${patienceMilliseconds} ms`)
      for (const { giveUp } of left) giveUp(error)
    }
    // One more turn: an answer may have come while this process itself had no time to look.
    backgroundTimer(() => setImmediate(look), patienceMilliseconds)
  }

  const inTime = <T>(question: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      asked += 1
      const end = underWay.add({ number: asked, giveUp: reject })
      if (!isWatching) watch()
      question().then(
        (answer) => {
          end()
          resolve(answer)
        },
        (error: unknown) => {
          end()
          reject(error)
        },
      )
    })

  const probeIfDue = (): void => {
    if (clock.elapsed() < probeFrom) return
    probeFrom = Number.POSITIVE_INFINITY
    inTime(probe).then(
      () => settle(false),
      () => settle(true),
    )
  }

  return {
    get isLate() {
      return isLate
    },
    ask(question) {
      if (!isLate) return inTime(question)
      probeIfDue()
      return Promise.reject(new Error('the server is late'))
    },
  }
}
