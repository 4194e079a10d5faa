import { decideRefresh, type RefreshRow } from '../../../src/model/refresh-decision.ts'
import { BUILT_IN, endings } from './endings.ts'
import type { Limits, Outcome, Presented } from './oracle.ts'
import type { Subject } from './subject.ts'

interface Row extends RefreshRow {
  readonly user: number
  readonly client: number
}

/**
 * `decideRefresh` alone, with rows in a map: no database, no process, no clock but a number, which also runs back.
 */
export async function createDecisionSubject(limits: Limits): Promise<Subject> {
  let now = Date.parse('2026-11-23T08:00:00Z')
  /** How much longer the clock is known to have been set. */
  let unsureFor = 0
  let rows = new Map<number, Row>()
  const epochs = [0, 0]
  let saved: Map<number, Row> | undefined
  /** What a process remembers to have ended. */
  const remembered = new Set<number>()
  /** Those with an access token that is void. */
  const stale = new Set<number>()
  /** The registered client that there is now. */
  let client = BUILT_IN + 1

  const standing = (row: Row): Row => ({ ...row, userEpochNow: epochs[row.user] ?? 0 })
  const isOver = (session: number): boolean => {
    const row = rows.get(session)
    return row === undefined || row.ended || row.userEpoch < (epochs[row.user] ?? 0)
  }
  const remember = (): void => {
    for (const session of rows.keys()) if (isOver(session)) remembered.add(session)
  }
  const end = (session: number): void => {
    const row = rows.get(session)
    if (row !== undefined) rows.set(session, { ...row, ended: true })
    remember()
  }
  const voidAll = (user: number, keep?: number): void => {
    const epoch = (epochs[user] ?? 0) + 1
    epochs[user] = epoch
    const kept = keep === undefined ? undefined : rows.get(keep)
    if (keep !== undefined && kept !== undefined && !kept.ended) rows.set(keep, { ...kept, userEpoch: epoch })
    remember()
  }

  return {
    limits,
    now: () => now,
    wall: () => now,
    pass(milliseconds) {
      now += milliseconds
      unsureFor -= milliseconds
    },
    step(milliseconds) {
      now += milliseconds
      unsureFor = 2 * limits.windowMilliseconds
    },
    async start(session, { user, client }) {
      const epoch = epochs[user] ?? 0
      rows.set(session, {
        user,
        client,
        generation: 0,
        keyId: 'k1',
        attempt: undefined,
        turnedAt: now,
        markGeneration: 0,
        markAt: now,
        previousGeneration: 0,
        previousAt: now,
        idleAt: Math.min(now + limits.idleMilliseconds, now + limits.lifeMilliseconds),
        endsAt: now + limits.lifeMilliseconds,
        ended: false,
        userEpoch: epoch,
        userEpochNow: epoch,
        userActive: true,
        clientActive: true,
        storeEpoch: 0,
        storeEpochNow: 0,
      })
    },
    async refresh(session, { generation, key }: Presented): Promise<Outcome> {
      const row = rows.get(session)
      if (row === undefined || remembered.has(session)) return { status: 400 }
      const attempt = {
        generation,
        attempt: key,
        reuseWindowMilliseconds: limits.windowMilliseconds,
        idleMilliseconds: limits.idleMilliseconds,
        writingKeyId: 'k1',
        clockUnsure: unsureFor > 0,
      }
      const { verdict, change } = decideRefresh(standing(row), attempt, now)
      if (change !== undefined) {
        const { endedAt, endedWhy: _, ...changed } = change
        rows.set(session, { ...row, ...changed, ended: endedAt !== undefined })
        remember()
        if (verdict === 'reuse' && limits.onReuse === 'user') voidAll(row.user)
      }
      switch (verdict) {
        case 'rotate':
        case 'ahead':
        case 'repeat':
        case 'late_repeat':
          stale.delete(session)
          return { status: 200, generation: change?.generation ?? row.generation }
        case 'hold':
          return { status: 503 }
        default:
          return { status: 400 }
      }
    },
    refreshByOtherClient: async () => ({ status: 400 }),
    async end(name, { session, user, keep }) {
      const ended = rows.get(session)
      const reach = endings[name]
      const isClaim = reach === 'access' || reach.includes('claims')
      const isReached = (row: Row, number: number): boolean => {
        if (reach === 'everybody' || reach === 'all claims') return true
        if (reach === 'session' || reach === 'access') return number === session
        if (reach === 'client' || reach === 'claims of the client') return row.client === client
        return row.user === user && (reach !== 'grant' || row.client === ended?.client)
      }
      const reached = [...rows].filter(([number, row]) => isReached(row, number)).map(([number]) => number)
      for (const number of reached) if (isClaim || number === keep) stale.add(number)
      if (reach === 'others' || reach === 'user') voidAll(user, reach === 'others' ? keep : undefined)
      else if (!isClaim) for (const number of reached) end(number)
      if (reach === 'client') client += 1
      if (reach === 'everybody') unsureFor = 0
    },
    accepts: async (session) => !isOver(session) && !remembered.has(session) && !stale.has(session),
    pull: async () => undefined,
    async restart() {
      unsureFor = 0
      return false
    },
    save() {
      saved = new Map(rows)
    },
    async fallBack() {
      // Epochs are remembered, and written back.
      if (saved !== undefined) rows = new Map(saved)
    },
    close: async () => undefined,
  }
}
