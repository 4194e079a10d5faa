import { backgroundTimer } from '../../base/schedule.ts'
import type { AuthError } from '../../errors/auth-error.ts'
import { inDatabaseText } from '../rows/events.ts'
import type { LastRotation, RefreshCall, RefreshOutcome } from '../sessions.ts'
import { type Connection, firstRow } from './connection.ts'
import { uuidOrNull } from './expressions.ts'
import { unavailable } from './failure.ts'
import type { PoolSettings } from './pool.ts'
import { type NumberedResult, refreshAlone, refreshTogether } from './refresh-statement.ts'
import { toFacts } from './session-rows.ts'
import { toUser } from './user-rows.ts'

/** In one statement, so that it stays a short one. */
const MOST_TOGETHER = 64

/** A statement that takes longer, or that no connection is free for, is waited for by those alone whom it is about. */
const SLOW_MILLISECONDS = 250

/** How many may wait, and how long for their turn, and then for a free connection. */
export type RefreshQueue = Pick<PoolSettings, 'mostWaiting' | 'limitMilliseconds'>

interface Waiting {
  readonly call: RefreshCall
  readonly since: number
  readonly resolve: (outcome: RefreshOutcome) => void
  readonly reject: (error: unknown) => void
}

/**
 * Refreshes. Whoever comes while a statement is under way waits for it, and all of them share the next one, with one way
 * to the database and one commit: that costs it a fraction of as many statements. Each is judged by itself. A session
 * that somebody else holds, or that two calls are about, is asked about alone, and holds nobody up; nor does a statement
 * that gets no answer, such as one on a connection that leads nowhere any more.
 */
export function refresher(
  connection: Connection,
  { mostWaiting, limitMilliseconds }: RefreshQueue,
): (call: RefreshCall) => Promise<RefreshOutcome> {
  const waiting: Waiting[] = []
  let isAsking = false

  const ask = async (): Promise<void> => {
    isAsking = true
    while (waiting.length > 0) {
      const { together, alone, late } = partOf(waiting.splice(0, MOST_TOGETHER))
      for (const { reject } of late) reject(tooLate())
      for (const one of alone) askAlone(one)
      if (together.length > 0) await doneOrSlow(askTogether(together))
    }
    isAsking = false
  }

  const askTogether = async (group: readonly Waiting[]): Promise<void> => {
    try {
      const calls = JSON.stringify(
        group.map(({ call }, number) => toRecord(call, number)),
        inDatabaseText,
      )
      const mostWaitMilliseconds = Math.min(...group.map(patienceOf))
      const rows = await connection.rows(refreshTogether, { calls }, { mostWaitMilliseconds })
      const found = new Map(rows.map((row) => [row.number, row]))
      for (const [number, one] of group.entries()) {
        const row = found.get(number)
        if (row === undefined) askAlone(one)
        else one.resolve(toOutcome(row))
      }
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  /** Whoever was passed over may be late by now: then the row is not touched. */
  const askAlone = (one: Waiting): void => {
    if (patienceOf(one) <= 0) one.reject(tooLate())
    else refreshSession(connection, one.call, patienceOf(one)).then(one.resolve, one.reject)
  }

  /** Milliseconds that a call may still wait. */
  const patienceOf = ({ call, since }: Waiting): number => {
    const { reuseWindowMilliseconds: window } = call
    // Whoever came inside the window must not be judged as late because of our own queue (PROTOCOL 1.9).
    const most = window > 0 ? Math.min(limitMilliseconds, window / 2) : limitMilliseconds
    return most - (performance.now() - since)
  }

  /** Those whose time is up, the first call about each session, and the others. */
  const partOf = (calls: readonly Waiting[]) => {
    const sessions = new Set<string>()
    const placeOf = (one: Waiting): 'late' | 'together' | 'alone' => {
      if (patienceOf(one) <= 0) return 'late'
      return sessions.size < sessions.add(one.call.sessionId).size ? 'together' : 'alone'
    }
    const { together = [], alone = [], late = [] } = Object.groupBy(calls, placeOf)
    return { together, alone, late }
  }

  return (call) => {
    if (waiting.length >= mostWaiting) return Promise.reject(unavailable('too many refreshes wait'))
    if (!Number.isSafeInteger(call.generation)) return Promise.reject(unavailable('no such generation'))
    return new Promise((resolve, reject) => {
      waiting.push({ call, since: performance.now(), resolve, reject })
      if (!isAsking) void ask()
    })
  }
}

async function doneOrSlow(work: Promise<void>): Promise<void> {
  const { promise: slow, resolve } = Promise.withResolvers<void>()
  const cancel = backgroundTimer(resolve, SLOW_MILLISECONDS)
  await Promise.race([work, slow])
  cancel()
}

function tooLate(): AuthError {
  return unavailable('its turn did not come in time')
}

/** One refresh, in a statement of its own. */
export async function refreshSession(
  connection: Connection,
  call: RefreshCall,
  mostWaitMilliseconds?: number,
): Promise<RefreshOutcome> {
  const calls = JSON.stringify([toRecord(call, 0)], inDatabaseText)
  const row = await firstRow(connection, refreshAlone, { calls }, { mostWaitMilliseconds })
  return row === undefined ? { verdict: 'unknown' } : toOutcome(row)
}

function toRecord(call: RefreshCall, number: number) {
  const { actor, address, agent, reference } = call.origin
  return {
    p_number: number,
    p_user: uuidOrNull(call.userId),
    p_session: uuidOrNull(call.sessionId),
    p_secret_hash: call.secretHash,
    p_client: call.clientId,
    p_generation: call.generation,
    p_attempt: call.attempt,
    p_window: call.reuseWindowMilliseconds,
    p_idle: call.idleMilliseconds,
    p_writing_key: call.writingKeyId,
    p_clock_unsure: call.clockUnsure,
    p_elsewhere_is_reuse: call.repeatElsewhere === 'reuse',
    p_ends_user: call.onReuse === 'user',
    p_network: call.network,
    p_actor_kind: actor.kind,
    p_actor_id: actor.id,
    p_address: address,
    p_agent: agent,
    p_reference: reference,
  }
}

function toOutcome(row: NumberedResult): RefreshOutcome {
  switch (row.verdict) {
    case 'wrong_client':
      return { verdict: 'unknown' }
    case 'ended':
    case 'expired':
    case 'hold':
      return { verdict: row.verdict }
    case 'reuse':
      return { verdict: 'reuse', userId: row.u_id, last: lastOf(row) }
    case 'rotate':
    case 'ahead':
    case 'repeat':
    case 'late_repeat':
    case 'stepped':
      return {
        verdict: row.verdict === 'stepped' ? 'repeat' : row.verdict,
        generation: row.generation,
        keyId: row.key_id,
        elsewhere: row.elsewhere,
        last: lastOf(row),
        facts: toFacts(row),
        user: toUser(row),
      }
  }
}

function lastOf(row: NumberedResult): LastRotation {
  return { address: row.last_address ?? undefined, agent: row.last_agent ?? undefined, at: row.last_at }
}
