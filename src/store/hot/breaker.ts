import type { Clock } from '../../base/clock.ts'
import { backgroundTimer } from '../../base/schedule.ts'

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

export function createBreaker({
  clock,
  probe,
  changed = () => undefined,
  patienceMilliseconds = PATIENCE_MILLISECONDS,
  pauseMilliseconds = PAUSE_MILLISECONDS,
}: BreakerOptions): Breaker {
  let isLate = false
  let probeFrom = 0
  /** By the order in which they were asked: the ways to give each up. */
  const underWay = new Set<(error: Error) => void>()
  let isWatching = false

  const settle = (late: boolean): void => {
    // From its end: a probe that waited is not followed by the next one at once.
    if (late) probeFrom = clock.elapsed() + pauseMilliseconds
    if (late !== isLate) changed(late)
    isLate = late
  }

  /** One timer for all that are under way, set for the oldest: one for each would cost as much as the rest of a question. */
  const watch = (): void => {
    const [oldest] = underWay
    isWatching = oldest !== undefined
    if (oldest === undefined) return
    const look = (): void => {
      if (!underWay.has(oldest)) {
        watch()
        return
      }
      isWatching = false
      settle(true)
      const error = new Error(`no answer within ${patienceMilliseconds} ms`)
      for (const giveUp of underWay) giveUp(error)
      underWay.clear()
    }
    // One more turn: an answer may have come while this process itself had no time to look.
    backgroundTimer(() => setImmediate(look), patienceMilliseconds)
  }

  const inTime = <T>(question: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      underWay.add(reject)
      if (!isWatching) watch()
      question().then(
        (answer) => {
          underWay.delete(reject)
          resolve(answer)
        },
        (error: unknown) => {
          underWay.delete(reject)
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
