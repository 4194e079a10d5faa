import type { Repetitions } from '../../counts.ts'
import type { Ledger } from '../torture.ts'

/** Something that goes wrong for a while, again and again. */
export interface Fault<Place> {
  /** As it is asked for: `--only`. */
  readonly name: string
  readonly counts: Repetitions
  /** From where it has begun to where it ends. Milliseconds. */
  readonly lastsMilliseconds: number
  /** It comes so often that whether all is well again is asked briefly. */
  readonly isBrief?: true
  /** What was confirmed last before its end may be lost. */
  readonly losesCommits?: true
  /** Why it cannot be had here. */
  missing?(place: Place): string | undefined
  /** Makes ready what it needs; nothing is wrong yet. */
  prepare?(place: Place): Promise<void>
  begin(place: Place, cycle: number, ledger: Ledger): Promise<void>
  end(place: Place, cycle: number, ledger: Ledger): Promise<void>
}

/** Once in the full run, more often in that of hours. */
export const OFTEN: Repetitions = { quick: 1, full: 1, long: 25 }

/** Past the bound of staleness: every node has to refuse for a while. */
export const PAST_THE_BOUND_MILLISECONDS = 6500
