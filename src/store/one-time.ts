export type TakeOutcome = 'won' | 'lost-recent' | 'lost-old'

/** An honest retry comes within it; what comes later is somebody else. */
export const RECENT_SECONDS = 10

export interface OneTimeVerbs {
  /** Takes a one-time value if nobody has: exactly one caller ever wins. Recent is within `RECENT_SECONDS`. */
  take(kind: string, hash: string, lifeMilliseconds: number): Promise<TakeOutcome>
  /** Counts a try: how many there were so far, this one included. No two callers get the same number. */
  countTry(kind: string, hash: string, lifeMilliseconds: number): Promise<number>
}
