import type { Clock } from '../../base/clock.ts'
import type { Database } from './database.ts'
import { isBusy, toStoreError, unavailable } from './failure.ts'

/** So that one turn of the event loop is never long. */
const MOST_TOGETHER = 128
const MOST_WAITING = 10_000
/** So that nobody waits long for those who come after. */
const MOST_TURNS = 4
const BUSY_LIMIT_MILLISECONDS = 5000
const BUSY_PAUSE_MILLISECONDS = 5

interface Member {
  readonly since: number
  readonly work: () => void
  /** Its savepoint is kept and the commit is on disk. */
  readonly answer: () => void
  readonly refuse: (error: unknown) => void
}

export interface GroupCommit {
  /** Runs the work in a transaction; fulfilled once that is on disk, rejected with nothing of it left behind. */
  write<T>(work: (waitedMilliseconds: number) => T): Promise<T>
  /** Fulfilled when nothing waits any more. */
  idle(): Promise<void>
}

/**
 * Writes that arrive together share one transaction and one wait for the disk (PROTOCOL 1.12). Each has a savepoint
 * of its own, so that one which fails takes no other with it; nobody is answered before the commit has returned. `begun`
 * is called inside of each transaction before its first member.
 */
export function createGroupCommit(database: Database, clock: Clock, begun: () => void): GroupCommit {
  const waiting: Member[] = []
  const idlers: (() => void)[] = []
  let scheduled = false

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(gather, 0, MOST_TURNS)
  }

  /** As long as a turn of the event loop brings somebody, who is next may be about to come: a wait for the disk is for all. */
  function gather(before: number, turnsLeft: number): void {
    const isOver = waiting.length === before || waiting.length >= MOST_TOGETHER || turnsLeft === 0
    if (isOver) flush()
    else setImmediate(gather, waiting.length, turnsLeft - 1)
  }

  function flush(): void {
    scheduled = false
    const failure = begin()
    if (failure === undefined) run(waiting.splice(0, MOST_TOGETHER))
    else refuseWaiting(failure.error)
    if (waiting.length === 0) for (const resolve of idlers.splice(0)) resolve()
    else if (failure === undefined) schedule()
    else pause()
  }

  /** While another process writes, requests that only read or verify go on: hence a pause and no blocking wait. */
  function pause(): void {
    scheduled = true
    setTimeout(flush, BUSY_PAUSE_MILLISECONDS)
  }

  function begin(): { readonly error: unknown } | undefined {
    try {
      endLeftover(database)
      database.exec('BEGIN IMMEDIATE')
      begun()
      return undefined
    } catch (error) {
      // One that did begin would keep every other process from writing until somebody asks for something here.
      rollBackQuietly(database)
      return { error }
    }
  }

  function refuseWaiting(error: unknown): void {
    const latest = isBusy(error) ? clock.elapsed() - BUSY_LIMIT_MILLISECONDS : Number.POSITIVE_INFINITY
    // They came one after the other, so those without patience left stand in front.
    const kept = waiting.findIndex((member) => member.since > latest)
    for (const member of waiting.splice(0, kept === -1 ? waiting.length : kept)) {
      member.refuse(toStoreError(error))
    }
  }

  function run(group: readonly Member[]): void {
    const kept: Member[] = []
    try {
      for (const member of group) if (attempt(member)) kept.push(member)
      database.exec('COMMIT')
    } catch (error) {
      // Whether the commit reached the disk is unknown. Nobody is told yes; to repeat is safe for every verb.
      rollBackQuietly(database)
      for (const member of group) member.refuse(toStoreError(error))
      return
    }
    for (const member of kept) member.answer()
  }

  /** Throws only when the whole transaction is lost. */
  function attempt(member: Member): boolean {
    database.exec('SAVEPOINT member')
    try {
      member.work()
    } catch (error) {
      // Some failures (disk full, input and output) end the transaction itself, with every member in it.
      if (!database.isTransaction) throw error
      database.exec('ROLLBACK TO member')
      database.exec('RELEASE member')
      member.refuse(toStoreError(error))
      return false
    }
    database.exec('RELEASE member')
    return true
  }

  return {
    write<T>(work: (waitedMilliseconds: number) => T): Promise<T> {
      if (waiting.length >= MOST_WAITING) return Promise.reject(unavailable('too many writes wait'))
      return new Promise<T>((resolve, reject) => {
        const since = clock.elapsed()
        let answer: () => void = () => {}
        waiting.push({
          since,
          work: () => {
            const result = work(clock.elapsed() - since)
            answer = () => resolve(result)
          },
          answer: () => answer(),
          refuse: reject,
        })
        schedule()
      })
    },
    idle: () => (scheduled ? new Promise((resolve) => idlers.push(resolve)) : Promise.resolve()),
  }
}

/** A transaction that could not be rolled back when it failed must not be seen, nor be added to. */
export function endLeftover(database: Database): void {
  if (database.isTransaction) database.exec('ROLLBACK')
}

/** The failure that led here is the one to report; what stays open is ended before the next use. */
export function rollBackQuietly(database: Database): void {
  try {
    endLeftover(database)
  } catch {
    return
  }
}
