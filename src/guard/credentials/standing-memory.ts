import { type Clock, type Moment, millisecondsSince, momentOf } from '../../base/clock.ts'

/** What the database said about credentials, for the next requests that carry them. */
export interface StandingMemory<Standing> {
  /** Whether the text was ever found good, however long ago. */
  knows(text: string): boolean
  /** Undefined where nothing is known, or it was asked too long ago. */
  find(text: string): Standing | undefined
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

export function createStandingMemory<Standing>(options: StandingMemoryOptions): StandingMemory<Standing> {
  const { clock, goodForMilliseconds, most = DEFAULT_MOST } = options
  const entries = new Map<string, { readonly standing: Standing; readonly asked: Moment }>()
  return {
    knows: (text) => entries.has(text),
    find(text) {
      const entry = entries.get(text)
      if (entry === undefined) return undefined
      if (millisecondsSince(clock, entry.asked) < goodForMilliseconds) return entry.standing
      entries.delete(text)
      return undefined
    },
    keep(text, standing, asked) {
      entries.delete(text)
      entries.set(text, { standing, asked })
      if (entries.size > most) entries.delete(entries.keys().next().value ?? '')
    },
    forget: (text) => void entries.delete(text),
    now: () => momentOf(clock),
  }
}
