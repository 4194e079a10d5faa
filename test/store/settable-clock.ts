import type { Clock } from '../../src/base/clock.ts'

/** A clock that goes only when it is told to, in either direction. */
export interface SettableClock extends Clock {
  advance(milliseconds: number): void
}

export function settableClock(startsAt = Date.UTC(2030, 0, 1)): SettableClock {
  let now = startsAt
  return {
    now: () => now,
    // Real, for it measures how long things take and decides nothing that is stored.
    elapsed: () => performance.now(),
    advance(milliseconds) {
      now += milliseconds
    },
  }
}
