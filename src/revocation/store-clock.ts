import type { Clock, Moment } from '../base/clock.ts'

const LARGEST_STEP_MILLISECONDS = 2000

/** What a process knows of the store's clock, from the answers it gets. */
export interface StoreClock {
  /** Takes the store's time out of an answer. Answers with the step it has made since the last, if any. */
  observe(asked: Moment, storeNow: number): number | undefined
  /**
   * Whether one of the two clocks was seen to step within the last two windows, or the wall clock of this process has
   * stepped since the last answer: where it is the store's own, nobody may be judged by it meanwhile (PROTOCOL 1.9).
   */
  isUnsure(): boolean
  /** The store's time, as far as known: its last time and what has passed since. Milliseconds since 1970. */
  now(): number | undefined
}

/** Compares the store's clock with the monotonic one of this process at every answer. */
export function createStoreClock(clock: Clock, reuseWindowMilliseconds: number): StoreClock {
  let known: { readonly offset: number; readonly uncertainty: number } | undefined
  let unsureUntil = Number.NEGATIVE_INFINITY
  /** What stands between the two clocks of this process, as of the last answer. */
  let wallOffset: number | undefined
  const wallOffsetNow = (): number => clock.now() - clock.elapsed()
  return {
    observe(asked, storeNow) {
      // The store looked at its clock somewhere between question and answer.
      const uncertainty = (clock.elapsed() - asked.elapsed) / 2
      const offset = storeNow - (asked.elapsed + uncertainty)
      const step = known === undefined ? 0 : offset - known.offset
      const proven = Math.abs(step) - uncertainty - (known?.uncertainty ?? 0)
      const isStep = proven > LARGEST_STEP_MILLISECONDS
      // A slower answer that contradicts nothing tells less than what is known: to take it would move the time by half of
      // what it took, and the next one could not show a step.
      if (known === undefined || uncertainty <= known.uncertainty || proven > 0)
        known = { offset, uncertainty }
      wallOffset = wallOffsetNow()
      if (!isStep) return undefined
      unsureUntil = clock.elapsed() + 2 * reuseWindowMilliseconds
      return step
    },
    isUnsure: () =>
      clock.elapsed() < unsureUntil ||
      (wallOffset !== undefined && Math.abs(wallOffsetNow() - wallOffset) > LARGEST_STEP_MILLISECONDS),
    now: () => (known === undefined ? undefined : clock.elapsed() + known.offset),
  }
}

/**
 * The clock that tokens and proofs are judged by where the store has a clock of its own, which is what dates them: the
 * store's, as this process knows it. Whoever sets the wall clock of this process changes nothing then (PROTOCOL 3.6).
 * Never runs backwards. Until the store has told its time, it is the clock of this process.
 */
export function clockOfStore(own: Clock, storeNow: () => number | undefined): Clock {
  let latest = 0
  return {
    now() {
      const known = storeNow()
      if (known === undefined) return own.now()
      latest = Math.max(latest, Math.floor(known))
      return latest
    },
    elapsed: own.elapsed,
  }
}
