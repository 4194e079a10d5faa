import type { Clock } from '../../src/base/clock.ts'
import type { Revocation } from '../../src/model/revocation.ts'
import type { RevocationAnswer, RevocationSource } from '../../src/revocation/source.ts'
import type { PulledRevocation } from '../../src/store/revocations.ts'

interface Row extends Revocation {
  readonly xid: number
  readonly endsAt: number
  readonly stamp: number
}

/** How the database behaves towards the next questions. */
export type Mood = 'well' | 'down' | 'hanging'

/**
 * A database as far as revocations go: transactions with numbers, snapshots, commits that come late, a fail-over that
 * loses commits. It numbers and answers as PostgreSQL does (PROTOCOL 2.1).
 */
export interface FakeDatabase extends RevocationSource {
  mood: Mood
  /** What stands between the clock of the database and that of the test. */
  clockOffset: number
  takesCensus: boolean
  coveredLifeSeconds: number
  storeEpoch: number
  identity: string
  /** The cursors of the questions asked, undefined for everything. */
  readonly questions: (string | undefined)[]
  readonly restored: PulledRevocation[]
  readonly rows: readonly Row[]
  write(entry: Revocation, lifeMilliseconds?: number): void
  /** Writes in a transaction that stays open until the answered function is called. */
  writeLate(entry: Revocation, lifeMilliseconds?: number): () => void
  /** Another server takes over that has not got the last commits; its transactions count from lower numbers. */
  failOver(lostRows: number, options?: { readonly sameIdentity?: boolean }): void
  /** Loses a row as only a fault could. */
  forget(ref: string): void
  /** Hides a row from those who ask for what is new, as only a fault could. */
  writeUnseen(entry: Revocation): void
  /** Answers the questions that hang. */
  wake(): void
}

export const LIFE = 1_000_000

export function createFakeDatabase(clock: Clock): FakeDatabase {
  let rows: Row[] = []
  let nextXid = 100
  let stamp = 0
  let sleepers: (() => void)[] = []
  const open = new Set<number>()

  const now = (): number => Math.floor(clock.elapsed() + database.clockOffset)
  const put = (xid: number, entry: Revocation, lifeMilliseconds: number): void => {
    const same = (row: Row): boolean => row.kind === entry.kind && row.ref === entry.ref
    const former = rows.find(same)
    const least =
      entry.least === undefined || (former !== undefined && former.least === undefined)
        ? undefined
        : Math.max(entry.least, former?.least ?? 0)
    const endsAt = Math.max(now() + lifeMilliseconds, former?.endsAt ?? 0)
    rows = [...rows.filter((row) => !same(row)), { ...entry, least, xid, endsAt, stamp: ++stamp }]
  }
  const live = (): Row[] => rows.filter(({ endsAt }) => endsAt > now())
  const pulled = ({ kind, ref, least, endsAt }: Row): PulledRevocation => ({
    kind,
    ref,
    least,
    remainingMilliseconds: endsAt - now(),
  })
  const isSeen = (cursor: string): number | undefined => {
    const [identity, xmin, newest] = cursor.split(' ')
    if (identity !== database.identity) return undefined
    if (newest !== '0' && !rows.some((row) => row.stamp === Number(newest))) return undefined
    return Number(xmin)
  }

  const answer = (cursor: string | undefined, census: boolean | undefined): RevocationAnswer => {
    const from = cursor === undefined ? undefined : isSeen(cursor)
    const entries = live().filter(({ xid }) => from === undefined || xid >= from)
    const newest = rows.reduce((most, row) => Math.max(most, row.stamp), 0)
    const fromSeconds = Math.ceil(now() / 1000) + 30
    const ends = live()
      .map(({ endsAt }) => Math.floor(endsAt / 1000))
      .filter((end) => end >= fromSeconds)
    return {
      entries: entries.map(pulled),
      complete: from === undefined,
      cursor: [database.identity, Math.min(nextXid, ...open), newest].join(' '),
      identity: database.identity,
      storeEpoch: database.storeEpoch,
      ringVersion: 1,
      coveredLifeSeconds: database.coveredLifeSeconds,
      now: now(),
      ...(census === true && database.takesCensus
        ? {
            census: {
              fromSeconds,
              count: ends.length,
              sum: ends.reduce((sum, end) => sum + end - fromSeconds, 0),
            },
          }
        : {}),
    }
  }

  const database: FakeDatabase = {
    mood: 'well',
    clockOffset: Date.UTC(2026, 10, 24),
    takesCensus: true,
    coveredLifeSeconds: 900,
    storeEpoch: 1,
    identity: 'first',
    questions: [],
    restored: [],
    get rows() {
      return rows
    },
    async pull(cursor, options) {
      database.questions.push(cursor)
      if (database.mood === 'hanging') await new Promise<void>((resolve) => sleepers.push(resolve))
      if (database.mood === 'down') throw new Error('connection refused')
      return answer(cursor, options?.census)
    },
    async restore(entries) {
      if (database.mood !== 'well') throw new Error('connection refused')
      database.restored.push(...entries)
      for (const entry of entries) put(nextXid++, entry, entry.remainingMilliseconds)
      return entries.length
    },
    write(entry, lifeMilliseconds = LIFE) {
      put(nextXid++, entry, lifeMilliseconds)
    },
    writeLate(entry, lifeMilliseconds = LIFE) {
      const xid = nextXid++
      const endsAt = now() + lifeMilliseconds
      open.add(xid)
      return () => {
        open.delete(xid)
        put(xid, entry, endsAt - now())
      }
    },
    failOver(lostRows, { sameIdentity = false } = {}) {
      rows = rows.slice(0, rows.length - lostRows)
      nextXid -= 50
      if (!sameIdentity) database.identity = `${database.identity}+`
    },
    forget(ref) {
      rows = rows.filter((row) => row.ref !== ref)
    },
    writeUnseen(entry) {
      put(-1, entry, LIFE)
    },
    wake() {
      const waking = sleepers
      sleepers = []
      for (const wake of waking) wake()
    },
  }
  return database
}
