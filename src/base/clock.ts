/** Where time comes from. Everything that reads a clock is handed one, so that a test can freeze or break it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. Never runs backwards within one process. */
  now(): number
  /** Milliseconds since an arbitrary point; unaffected by changes of the wall clock. */
  elapsed(): number
}

/**
 * The process's clock: the wall clock, held where it was when somebody sets the wall clock back, so that what has
 * expired stays expired. It does not correct a wall clock that is simply wrong.
 */
export function guardedClock(
  wall: () => number = Date.now,
  monotonic: () => number = () => performance.now(),
): Clock {
  let latest = 0
  return {
    now() {
      latest = Math.max(latest, wall())
      return latest
    },
    elapsed: monotonic,
  }
}

/**
 * Milliseconds that have passed by both clocks: of each step from one reading to the next the smaller one counts. So it
 * stands still while the machine sleeps, and while a clock that was set back does; one that is set ahead does not move
 * it. To be read now and then: what a reading rounds off is lost.
 */
export function passedByBoth(clock: Clock): () => number {
  let passed = 0
  let last = momentOf(clock)
  return () => {
    const moment = momentOf(clock)
    passed += Math.min(moment.now - last.now, moment.elapsed - last.elapsed)
    last = moment
    return passed
  }
}

/**
 * By so much a clock may have been wrong, and be set right. What ended is remembered for longer by this, so that what it
 * had refused is refused again then (PROTOCOL 2.6).
 */
export const WRONG_CLOCK_MILLISECONDS = 86_400_000

/** Whole seconds since 1970, the unit of JWT time claims (RFC 7519 section 2, NumericDate). */
export function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}

/** A moment by both clocks, to count from. */
export interface Moment {
  readonly now: number
  readonly elapsed: number
}

/** What was read of the clocks already, for this very request: to read one takes as long as to find a credential. */
export type ClocksRead = Partial<Moment>

/** This moment. */
export function momentOf(clock: Clock): Moment {
  return { now: clock.now(), elapsed: clock.elapsed() }
}

/**
 * Milliseconds that have passed since, by the larger of both clocks: the monotonic one stands still while the machine
 * sleeps, and the wall clock can be set back.
 */
export function millisecondsSince(clock: Clock, moment: Moment, read: ClocksRead = {}): number {
  const { now = clock.now(), elapsed = clock.elapsed() } = read
  return Math.max(now - moment.now, elapsed - moment.elapsed)
}
