import { type Clock, type Moment, millisecondsSince } from '../base/clock.ts'

export interface Freshness {
  /** Milliseconds since the last answered question was asked, by the larger of both clocks; infinite before the first. */
  age(): number
  /** Whether a change made before is known to be missing. */
  isDoubtful(): boolean
  /** An answer has come to what was asked then, from somebody whose own knowledge was `ageMilliseconds` old. */
  prove(asked: Moment, ageMilliseconds?: number): void
  /** Something changed at that moment that no answer covers yet: only an answer to a later question will. */
  doubt(since: Moment): void
}

/**
 * How old the knowledge is. Proved only by an answer to a question one asked, and counted from the asking: what is
 * pushed may have been held up on the way, and an answer may have been slow (PROTOCOL 2.2).
 */
export function createFreshness(clock: Clock): Freshness {
  let proven: Moment | undefined
  let answered = Number.NEGATIVE_INFINITY
  let doubted = Number.NEGATIVE_INFINITY
  return {
    age: () => (proven === undefined ? Number.POSITIVE_INFINITY : millisecondsSince(clock, proven)),
    isDoubtful: () => answered < doubted,
    prove(asked, ageMilliseconds = 0) {
      proven = { now: asked.now - ageMilliseconds, elapsed: asked.elapsed - ageMilliseconds }
      answered = asked.elapsed
    },
    doubt(since) {
      doubted = Math.max(doubted, since.elapsed)
    },
  }
}
