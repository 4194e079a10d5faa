import { type Beginning, BUILT_IN, type Ending, endings } from './endings.ts'
import { SessionOracle } from './oracle.ts'
import type { Subject } from './subject.ts'

export interface Holder extends Beginning {
  readonly beganAt: number
  /** What the honest client has stored: its token's generation, and the key it stored before it sent. */
  held: number
  key: string | undefined
  oracle: SessionOracle
  /** When its end was known to the process, by the subject's clock; undefined while it lives. */
  endedAt: number | undefined
  /** Since when its access token is void; undefined where it is not, and again after a refresh. */
  staleAt: number | undefined
}

interface Saved {
  readonly restores: number
  readonly voids: World['voids']
  readonly oracles: ReadonlyMap<number, SessionOracle>
}

/** The plain model of all sessions in a history, and of what a process may and must know about them. */
export class World {
  readonly sessions = new Map<number, Holder>()
  /** Sessions whose end may have been forgotten for good, or that were lost whole: nothing is claimed of them. */
  readonly lost = new Set<number>()
  /** When all that a user had, or the claims in it, were last made void. */
  readonly voids: Map<number, { readonly at: number }> = new Map()
  /** The registered client that there is now. */
  client = BUILT_IN + 1
  nextSession = 0
  nextKey = 0
  saved: Saved | undefined
  /** How many times the database was declared restored. */
  restores = 0
  /** That one of these was lost, which a process remembers longer than what it could write back. */
  isBehind = false
  /** A clock was set, and nothing has been asked since. */
  stepUnseen = false
  /** What has passed, since somebody asked last, while a clock that was set back stood still. */
  stoodStillFor = 0
  /** Until when a step may still be remembered, in time that passes. */
  unsureFor = 0
  /** Whether no clock was ever set, and nothing has passed since the process asked last. */
  isSure = true
  hasStepped = false
  readonly tally: Record<string, number>

  constructor(tally: Record<string, number>) {
    this.tally = tally
  }

  note(what: string): void {
    this.tally[what] = (this.tally[what] ?? 0) + 1
  }

  /** One of those that are meant, if there is one. */
  pick(number: number, isMeant: (holder: Holder) => boolean): readonly [number, Holder] | undefined {
    const all = [...this.sessions].filter(([, holder]) => isMeant(holder))
    return all.length === 0 ? undefined : all[number % all.length]
  }

  begin(beginning: Beginning, subject: Subject): number {
    const number = this.nextSession++
    const beganAt = subject.now()
    const oracle = new SessionOracle(subject.limits, beganAt)
    const fresh = { held: 0, key: undefined, oracle, beganAt, endedAt: undefined, staleAt: undefined }
    this.sessions.set(number, { ...beginning, ...fresh })
    return number
  }

  end(number: number, now: number): void {
    const holder = this.sessions.get(number)
    if (holder === undefined || holder.oracle.ended) return
    holder.oracle.ended = true
    holder.endedAt = now
  }

  stale(number: number, now: number): void {
    const holder = this.sessions.get(number)
    if (holder !== undefined) holder.staleAt ??= now
  }

  /** All that is over then. Answers which sessions it reached. */
  ending(name: Ending, session: number, now: number): ReadonlySet<number> {
    const holder = this.sessions.get(session)
    const reach = endings[name]
    if (reach === 'everybody') this.restores += 1
    if (holder === undefined) return new Set()
    const { user, client } = holder
    const of = (isReached: (other: Holder) => boolean): ReadonlySet<number> =>
      new Set([...this.sessions].filter(([, other]) => isReached(other)).map(([number]) => number))
    const reached = {
      session: () => new Set([session]),
      access: () => new Set([session]),
      others: () => of((other) => other.user === user),
      user: () => of((other) => other.user === user),
      'claims of the user': () => of((other) => other.user === user),
      grant: () => of((other) => other.user === user && other.client === client),
      client: () => of((other) => other.client === this.client),
      'claims of the client': () => of((other) => other.client === this.client),
      everybody: () => of(() => true),
      'all claims': () => of(() => true),
    }[reach]()
    const isAlive = !holder.oracle.ended
    for (const number of reached) {
      const isSpared =
        reach === 'access' ||
        reach.includes('claims') ||
        (reach === 'others' && number === session && isAlive)
      if (isSpared) this.stale(number, now)
      else this.end(number, now)
    }
    if (reach === 'others' || reach === 'user' || reach === 'claims of the user')
      this.voids.set(user, { at: now })
    if (reach === 'client') this.client += 1
    return reached
  }

  save(): void {
    const oracles = [...this.sessions].map(([number, { oracle }]) => [number, oracle.copy()] as const)
    this.saved = { restores: this.restores, voids: new Map(this.voids), oracles: new Map(oracles) }
  }

  retire(number: number): void {
    this.sessions.delete(number)
    this.lost.add(number)
  }
}
