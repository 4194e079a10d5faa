import { type Clock, type ClocksRead, type Moment, millisecondsSince } from '../base/clock.ts'

export interface Freshness {
  /**
   * Milliseconds since the last answered question was asked, by the larger of both clocks; infinite before the first.
   */
  age(read?: ClocksRead): number
  /** Whether a change is known to be missing. */
  isDoubtful(): boolean
  /** An answer has come to what was asked then, from somebody whose own knowledge was `ageMilliseconds` old. */
  prove(asked: Moment, ageMilliseconds?: number): void
  /** A change was made, and the question after it has failed: the next answer will cover it. */
  doubt(): void
}

/**
 * How old the knowledge is. Proved only by an answer to a question one asked, and counted from the asking: what is
 * pushed may have been held up on the way, and an answer may have been slow (PROTOCOL 2.2).
 */
export function createFreshness(clock: Clock): Freshness {
  let proven: Moment | undefined
  let doubtful = false
  return {
    age: (read) => (proven === undefined ? Number.POSITIVE_INFINITY : millisecondsSince(clock, proven, read)),
    isDoubtful: () => doubtful,
    prove(asked, ageMilliseconds = 0) {
      proven = { now: asked.now - ageMilliseconds, elapsed: asked.elapsed - ageMilliseconds }
      doubtful = false
    },
    doubt() {
      doubtful = true
    },
  }
}
