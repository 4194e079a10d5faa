import type { Clock } from '../../base/clock.ts'

/** A clock that stands still until it is told to go on. */
export interface FrozenClock extends Clock {
  advance(milliseconds: number): void
}

/** For `createAuth({ clock })`: time passes in tests only where they say so. */
export function frozenClock(start: Date | number = Date.now()): FrozenClock {
  let now = Number(start)
  let elapsed = 0
  return {
    now: () => now,
    elapsed: () => elapsed,
    advance(milliseconds) {
      if (!(milliseconds >= 0)) throw new RangeError('advance(): time goes forwards')
      now += milliseconds
      elapsed += milliseconds
    },
  }
}
