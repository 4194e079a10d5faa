import type { Clock } from '../../base/clock.ts'

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
  /** What the server answers. Rejects at once while it is late, and when it takes longer than there is patience for. */
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
  const settle = (late: boolean): void => {
    // From its end: a probe that waited is not followed by the next one at once.
    if (late) probeFrom = clock.elapsed() + pauseMilliseconds
    if (late !== isLate) changed(late)
    isLate = late
  }
  const inTime = <T>(question: () => Promise<T>): Promise<T> =>
    within(patienceMilliseconds, question(), () => settle(true))
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

/** What `answer` comes to; rejects, and calls `late`, when it takes longer. */
function within<T>(milliseconds: number, answer: Promise<T>, late: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let isOpen = true
    const giveUp = (): void => {
      if (!isOpen) return
      late()
      reject(new Error(`no answer within ${milliseconds} ms`))
    }
    // One more turn: an answer may have come while this process itself had no time to look.
    const timer = setTimeout(() => setImmediate(giveUp), milliseconds)
    const close = (): void => {
      isOpen = false
      clearTimeout(timer)
    }
    answer.then(
      (value) => {
        close()
        resolve(value)
      },
      (error: unknown) => {
        close()
        reject(error)
      },
    )
  })
}
