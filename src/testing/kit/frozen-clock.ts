import type { Clock } from '../../base/clock.ts'

/** A clock that stands still until it is told to go on. */
export interface FrozenClock extends Clock {
  advance(milliseconds: number): void
}

/**
 * For `createAuth({ clock, staleness: 'relaxed' })`: time passes in tests only where they say so. Strict, a service whose
 * time makes a leap of seconds answers 503 until it has asked its database anew, as one does whose machine had slept.
 */
export function frozenClock(start: Date | number = Date.now()): FrozenClock {
  let now = Number(start)
  if (!Number.isFinite(now)) throw new RangeError('frozenClock(): that is no time')
  let elapsed = 0
  return {
    now: () => now,
    elapsed: () => elapsed,
    advance(milliseconds) {
      if (!Number.isFinite(milliseconds) || milliseconds < 0)
        throw new RangeError('advance(): takes milliseconds, and time goes forwards')
      now += milliseconds
      elapsed += milliseconds
    },
  }
}
