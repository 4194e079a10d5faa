import { setTimeout as sleep } from 'node:timers/promises'
import { UndeliverableError } from './message.ts'

export interface OutboxOptions {
  /** Told of what could not be delivered in the end. */
  readonly onFailure: (error: unknown, letter: Delivery) => Promise<void>
  /** Deliveries at the same time. */
  readonly workers?: number
  /** Deliveries that may wait, those that are tried again included. */
  readonly mostWaiting?: number
  /** How long to wait before each further try. */
  readonly pausesMilliseconds?: readonly number[]
  readonly wait?: Wait
  /** How long a delivery may take, in milliseconds: a server that answers a little now and then would hold it for ever. */
  readonly limitMilliseconds?: number
  readonly limitAfter?: Wait
}

type Wait = (milliseconds: number, signal: AbortSignal) => Promise<unknown>

/** One piece of work that nobody waits for. */
export interface Delivery {
  /** For the report of a failure. */
  readonly facts: Readonly<Record<string, string>>
  readonly userId: string | undefined
  readonly deliver: () => Promise<void>
}

/**
 * What is done after an answer was given, so that its time and its status say nothing of it: finding out whether there is
 * an account, making its link, sending the letter. Bounded; what fails is tried again a few times and then reported.
 */
export interface Outbox {
  /** False, and a report, where too much is waiting. */
  post(delivery: Delivery): boolean
  /** Fulfilled when nothing is under way and nothing waits to be tried again. */
  idle(): Promise<void>
  /** Tries what waits once more, now and for the last time, and waits a little for that. */
  close(): Promise<void>
}

const pause: Wait = (milliseconds, signal) => sleep(milliseconds, undefined, { signal, ref: false })

const CLOSING_MILLISECONDS = 5000

export function createOutbox({
  onFailure,
  workers = 4,
  mostWaiting = 1000,
  pausesMilliseconds = [2000, 15_000, 120_000],
  wait = pause,
  limitMilliseconds = 120_000,
  limitAfter = pause,
}: OutboxOptions): Outbox {
  const waiting: { readonly delivery: Delivery; readonly tries: number }[] = []
  const closing = new AbortController()
  let running = 0
  let pausing = 0
  let quiet: (() => void)[] = []

  const isIdle = () => running + pausing + waiting.length === 0

  function startNext(): void {
    while (running < workers) {
      const next = waiting.shift()
      if (next === undefined) break
      running += 1
      void run(next.delivery, next.tries).finally(() => {
        running -= 1
        startNext()
      })
    }
    if (!isIdle()) return
    const told = quiet
    quiet = []
    for (const resolve of told) resolve()
  }

  async function run(delivery: Delivery, tries: number): Promise<void> {
    try {
      await withinLimit(delivery)
    } catch (error) {
      const pauseMilliseconds = pausesMilliseconds[tries]
      if (pauseMilliseconds === undefined || error instanceof UndeliverableError || closing.signal.aborted) {
        await onFailure(error, delivery).catch(() => undefined)
        return
      }
      pausing += 1
      void wait(pauseMilliseconds, closing.signal)
        .catch(() => undefined)
        .finally(() => {
          pausing -= 1
          waiting.push({ delivery, tries: tries + 1 })
          startNext()
        })
    }
  }

  /** What takes longer goes on unheard; where it was a letter, it may arrive twice. */
  async function withinLimit({ deliver }: Delivery): Promise<void> {
    const done = new AbortController()
    const over = limitAfter(limitMilliseconds, done.signal).then(() => {
      throw new Error(`took longer than ${limitMilliseconds / 1000} seconds`)
    })
    try {
      await Promise.race([deliver(), over])
    } finally {
      over.catch(() => undefined)
      done.abort()
    }
  }

  const idle = (): Promise<void> =>
    isIdle() ? Promise.resolve() : new Promise((resolve) => quiet.push(resolve))

  return {
    post(delivery) {
      if (closing.signal.aborted || waiting.length + pausing >= mostWaiting) {
        void onFailure(new UndeliverableError('too many letters are waiting'), delivery).catch(
          () => undefined,
        )
        return false
      }
      waiting.push({ delivery, tries: 0 })
      // Not at once: an answer must not take longer where there is something to deliver.
      setImmediate(startNext)
      return true
    },
    idle,
    async close() {
      closing.abort()
      const limit = new AbortController()
      await Promise.race([
        idle(),
        sleep(CLOSING_MILLISECONDS, undefined, { signal: limit.signal }).catch(() => undefined),
      ])
      limit.abort()
    },
  }
}
