import type { LastRotation, RefreshCall, RefreshOutcome } from '../sessions.ts'
import { type Connection, firstRow } from './connection.ts'
import { originValues } from './events.ts'
import { uuidOrNull } from './expressions.ts'
import { type RefreshResult, refresh } from './refresh-statement.ts'
import { toFacts } from './session-rows.ts'
import { toUser } from './users.ts'

/** Asks the one statement that decides, and words its answer. */
export async function refreshSession(connection: Connection, call: RefreshCall): Promise<RefreshOutcome> {
  const row = await firstRow(connection, refresh, valuesOf(call), {
    // Whoever came inside the window must not be judged as late because of our own queue (PROTOCOL 1.9).
    mostWaitMilliseconds: call.reuseWindowMilliseconds > 0 ? call.reuseWindowMilliseconds / 2 : undefined,
  })
  return row === undefined ? { verdict: 'unknown' } : toOutcome(row)
}

function valuesOf(call: RefreshCall) {
  return {
    user_id: uuidOrNull(call.userId),
    session_id: uuidOrNull(call.sessionId),
    client_id: call.clientId,
    secret_hash: call.secretHash,
    generation: call.generation,
    attempt: call.attempt,
    window: call.reuseWindowMilliseconds,
    idle: call.idleMilliseconds,
    writing_key: call.writingKeyId,
    clock_unsure: call.clockUnsure,
    elsewhere_is_reuse: call.repeatElsewhere === 'reuse',
    ends_user: call.onReuse === 'user',
    network: call.network,
    ...originValues(call.origin),
  }
}

function toOutcome(row: RefreshResult): RefreshOutcome {
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

function lastOf(row: RefreshResult): LastRotation {
  return { address: row.last_address ?? undefined, agent: row.last_agent ?? undefined, at: row.last_at }
}
