export type TakeOutcome = 'won' | 'lost-recent' | 'lost-old'

export interface OneTimeVerbs {
  /** Takes a one-time value if nobody has: exactly one caller ever wins. Recent is within the last 10 seconds. */
  take(kind: string, hash: string, lifeMilliseconds: number): Promise<TakeOutcome>
  /** Counts a try: how many there were so far, this one included. No two callers get the same number. */
  countTry(kind: string, hash: string, lifeMilliseconds: number): Promise<number>
}
