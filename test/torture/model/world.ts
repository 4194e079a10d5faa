import { SessionOracle } from './oracle.ts'
import type { Subject } from './subject.ts'

export interface Holder {
  readonly user: number
  /** What the honest client has stored: its token's generation, and the key it stored before it sent. */
  held: number
  key: string | undefined
  oracle: SessionOracle
  /** When its end was known to the process, by the subject's clock; undefined while it lives. */
  endedAt: number | undefined
}

interface Saved {
  readonly voids: World['voids']
  readonly oracles: ReadonlyMap<number, SessionOracle>
}

/** The plain model of all sessions in a history, and of what a process may and must know about them. */
export class World {
  readonly sessions = new Map<number, Holder>()
  /** Sessions whose end may have been forgotten for good, or that were lost whole: nothing is claimed of them. */
  readonly lost = new Set<number>()
  /** When all that a user had was last made void, by password or by ending all. */
  readonly voids: Map<number, { readonly at: number }> = new Map()
  nextSession = 0
  nextKey = 0
  saved: Saved | undefined
  /** A clock was set, and nothing has been asked since. */
  stepUnseen = false
  /** What has passed, since somebody asked last, while a clock that was set back stood still. */
  stoodStillFor = 0
  /** Until when a step may still be remembered, in time that passes. */
  unsureFor = 0
  readonly tally: Record<string, number>

  constructor(tally: Record<string, number>) {
    this.tally = tally
  }

  note(what: string): void {
    this.tally[what] = (this.tally[what] ?? 0) + 1
  }

  pick(number: number): readonly [number, Holder] | undefined {
    const all = [...this.sessions]
    return all.length === 0 ? undefined : all[number % all.length]
  }

  begin(user: number, subject: Subject): number {
    const number = this.nextSession++
    const oracle = new SessionOracle(subject.limits, subject.now())
    this.sessions.set(number, { user, held: 0, key: undefined, oracle, endedAt: undefined })
    return number
  }

  end(number: number, now: number): void {
    const holder = this.sessions.get(number)
    if (holder === undefined || holder.oracle.ended) return
    holder.oracle.ended = true
    holder.endedAt = now
  }

  save(): void {
    const oracles = [...this.sessions].map(([number, { oracle }]) => [number, oracle.copy()] as const)
    this.saved = { voids: new Map(this.voids), oracles: new Map(oracles) }
  }

  retire(number: number): void {
    this.sessions.delete(number)
    this.lost.add(number)
  }
}
