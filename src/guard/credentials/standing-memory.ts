import { type Clock, type Moment, momentOf } from '../../base/clock.ts'

/** What the database said about credentials, for the next requests that carry them. */
export interface StandingMemory<Standing> {
  /** Whether the text was ever found good, however long ago. */
  knows(text: string): boolean
  /** Undefined where nothing is known, or it was asked too long ago. */
  find(text: string, now: Moment): Standing | undefined
  /** `asked` is the moment before the database was asked. */
  keep(text: string, standing: Standing, asked: Moment): void
  forget(text: string): void
  now(): Moment
}

export interface StandingMemoryOptions {
  readonly clock: Clock
  /**
   * At most the life of an access token: a revocation is remembered somewhat longer than that, and what outlived the
   * memory of its end would count again.
   */
  readonly goodForMilliseconds: number
  /** 10,000 unless said otherwise. */
  readonly most?: number | undefined
}

const DEFAULT_MOST = 10_000

/**
 * With the moment of the question, in whole milliseconds since this memory was made: a small whole number lies in the entry
 * itself, any other one somewhere else. Among thousands of entries each of these is a wait for main memory.
 */
interface Entry<Standing> {
  readonly standing: Standing
  readonly now: number
  readonly elapsed: number
}

export function createStandingMemory<Standing>(options: StandingMemoryOptions): StandingMemory<Standing> {
  const { clock, goodForMilliseconds, most = DEFAULT_MOST } = options
  const entries = new Map<string, Entry<Standing>>()
  const start = momentOf(clock)
  /** The same request asks twice, and to look among thousands takes longer than all else that is done here. */
  let [lastText, lastEntry]: [string?, Entry<Standing>?] = []
  const lookUp = (text: string): Entry<Standing> | undefined => {
    if (text !== lastText) {
      lastText = text
      lastEntry = entries.get(text)
    }
    return lastEntry
  }
  const forget = (text: string): void => {
    lastText = undefined
    lastEntry = undefined
    entries.delete(text)
  }
  return {
    knows: (text) => lookUp(text) !== undefined,
    find(text, now) {
      const entry = lookUp(text)
      if (entry === undefined) return undefined
      const age = Math.max(now.now - start.now - entry.now, now.elapsed - start.elapsed - entry.elapsed)
      if (age < goodForMilliseconds) return entry.standing
      forget(text)
      return undefined
    },
    keep(text, standing, asked) {
      forget(text)
      entries.set(text, {
        standing,
        now: Math.floor(asked.now - start.now),
        elapsed: Math.floor(asked.elapsed - start.elapsed),
      })
      if (entries.size > most) forget(entries.keys().next().value ?? '')
    },
    forget,
    now: () => momentOf(clock),
  }
}
