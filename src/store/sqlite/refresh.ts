import type { EventName, NewEvent } from '../../audit/events.ts'
import { equalTexts } from '../../base/constant-time.ts'
import {
  decideRefresh,
  isElsewhere,
  type RefreshAttempt,
  type RefreshDecision,
  type RefreshPlace,
  type RefreshRow,
} from '../../model/refresh-decision.ts'
import type { LastRotation, RefreshCall, RefreshOutcome, SessionVerbs } from '../sessions.ts'
import type { Connection, Writing } from './connection.ts'
import { writeEvent } from './events.ts'
import { unavailable } from './failure.ts'
import { writeRevocation } from './revocation-entries.ts'
import {
  isLiveSession,
  readSurroundings,
  type SessionRow,
  type Surroundings,
  toFacts,
} from './session-rows.ts'
import { raiseEpoch } from './user-counters.ts'
import { readUser, toUser, type UserRow } from './user-rows.ts'

/** A session with all that it is judged by. */
interface Judged {
  readonly row: SessionRow
  readonly user: UserRow
  readonly surroundings: Surroundings
  readonly attempt: RefreshAttempt
}

export function refreshVerb(connection: Connection): SessionVerbs['refresh'] {
  return (call) =>
    connection.write((db) => {
      // Whoever came inside the window must not be judged as late because of our own queue (PROTOCOL 1.9).
      if (call.reuseWindowMilliseconds > 0 && db.waitedMilliseconds > call.reuseWindowMilliseconds / 2) {
        throw unavailable('the refresh waited too long for its turn')
      }
      return refresh(db, call)
    })
}

function refresh(db: Writing, call: RefreshCall): RefreshOutcome {
  const row = db.get<SessionRow>('SELECT * FROM cs_sessions WHERE user_id = :userId AND id = :id', {
    userId: call.userId,
    id: call.sessionId,
  })
  const user = readUser(db, call.userId)
  if (row === undefined || user === undefined || !equalTexts(row.secret_hash, call.secretHash))
    return { verdict: 'unknown' }
  if (row.client_id !== call.clientId) {
    if (isLiveSession(db, row.user_id, row.id))
      writeEvent(db, eventOf(call, 'session.wrong_client', { owner: row.client_id }))
    return { verdict: 'unknown' }
  }
  const surroundings = readSurroundings(db, row.client_id)
  if (surroundings === undefined) return { verdict: 'ended' }
  const isSuspect = call.repeatElsewhere === 'reuse' && isElsewhere(placeOf(row), fromOf(call))
  const judged = { row, user, surroundings, attempt: { ...call, isSuspect } }
  const decision = decideRefresh(toRefreshRow(judged), judged.attempt, db.now)
  writeChange(db, call, row, decision)
  return settle(db, call, judged, decision)
}

function toRefreshRow({ row, user, surroundings }: Judged): RefreshRow {
  return {
    generation: row.generation,
    keyId: row.key_id,
    attempt: row.attempt ?? undefined,
    turnedAt: row.turned_at,
    markGeneration: row.mark_generation,
    markAt: row.mark_at,
    previousGeneration: row.previous_generation,
    previousAt: row.previous_at,
    idleAt: row.expires_at,
    endsAt: row.ends_at,
    ended: row.ended_at !== null,
    userEpoch: row.user_epoch,
    userEpochNow: user.epoch,
    userActive: user.state === 'active',
    clientActive: surroundings.client_state === 'active',
    storeEpoch: row.store_epoch,
    storeEpochNow: surroundings.store_epoch,
  }
}

function writeChange(db: Writing, call: RefreshCall, row: SessionRow, decision: RefreshDecision): void {
  const { change, asOf } = decision
  if (change === undefined) return
  const moves = change.generation !== row.generation
  const changed = db.run(
    `UPDATE cs_sessions SET generation = :generation, key_id = :keyId, attempt = :attempt,
       turned_at = :turnedAt, mark_generation = :markGeneration, mark_at = :markAt,
       previous_generation = :previousGeneration, previous_at = :previousAt, expires_at = :expiresAt,
       ended_at = :endedAt, ended_why = :endedWhy,
       used_at = :usedAt, address = :address, network = :network, agent = :agent
     WHERE user_id = :userId AND id = :id AND generation = :before AND ended_at IS NULL`,
    {
      generation: change.generation,
      keyId: change.keyId,
      attempt: change.attempt,
      turnedAt: change.turnedAt,
      markGeneration: change.markGeneration,
      markAt: change.markAt,
      previousGeneration: change.previousGeneration,
      previousAt: change.previousAt,
      expiresAt: Math.min(change.idleAt, row.ends_at),
      endedAt: change.endedAt,
      endedWhy: change.endedWhy,
      usedAt: moves ? asOf : row.used_at,
      address: moves ? call.origin.address : row.address,
      network: moves ? call.network : row.network,
      agent: moves ? call.origin.agent : row.agent,
      userId: row.user_id,
      id: row.id,
      before: row.generation,
    },
  )
  if (changed !== 1) throw unavailable('the session changed within its own transaction')
}

/** Writes what the verdict entails beside the session's own row, and words the answer. */
function settle(db: Writing, call: RefreshCall, judged: Judged, decision: RefreshDecision): RefreshOutcome {
  const { row, user, surroundings } = judged
  const { verdict, change } = decision
  const record = (name: EventName) => writeEvent(db, eventOf(call, name, bothUses(row, call, decision)))

  if (verdict === 'reuse') {
    writeRevocation(db, { kind: 'session', ref: row.id, least: undefined })
    if (call.onReuse === 'user') raiseEpoch(db, user, { why: 'reuse' })
    record('session.reuse')
    return { verdict, userId: row.user_id, last: lastOf(row) }
  }
  if (verdict === 'hold') record('session.hold')
  if (verdict === 'ahead') record('session.ahead')
  if (verdict === 'unknown' || verdict === 'ended' || verdict === 'expired' || verdict === 'hold')
    return { verdict }

  const repeats = verdict === 'repeat' || verdict === 'late_repeat'
  const elsewhere = repeats && isElsewhere(placeOf(row), fromOf(call))
  if (verdict === 'late_repeat') record('session.late_repeat')
  if (verdict === 'repeat' && isOwedToClock(judged, db.now)) record('clock.stepped')
  if (elsewhere) record('session.repeat_elsewhere')
  return {
    verdict,
    generation: change?.generation ?? row.generation,
    keyId: change?.keyId ?? row.key_id,
    elsewhere,
    last: lastOf(row),
    facts: toFacts(row, surroundings, db.now),
    user: toUser(user),
  }
}

/** Forgiven only because the clock is known to have stepped (row 9 of the verdict table). */
function isOwedToClock(judged: Judged, now: number): boolean {
  const { attempt } = judged
  if (!attempt.clockUnsure) return false
  return decideRefresh(toRefreshRow(judged), { ...attempt, clockUnsure: false }, now).verdict === 'reuse'
}

function placeOf(row: SessionRow): RefreshPlace {
  return { network: row.network ?? undefined, agent: row.agent ?? undefined }
}

function fromOf({ network, origin }: RefreshCall): RefreshPlace {
  return { network, agent: origin.agent }
}

function lastOf(row: SessionRow): LastRotation {
  return { address: row.address ?? undefined, agent: row.agent ?? undefined, at: row.turned_at }
}

/** What an event tells of a token that was presented, and of the rotation that had passed it by. */
function bothUses(row: SessionRow, call: RefreshCall, { verdict, asOf }: RefreshDecision) {
  return {
    presented: call.generation,
    generation: row.generation,
    at: asOf,
    address: call.origin.address ?? null,
    agent: call.origin.agent ?? null,
    last_at: row.turned_at,
    last_address: row.address,
    last_agent: row.agent,
    ends: verdict === 'reuse' ? call.onReuse : null,
  }
}

function eventOf(call: RefreshCall, name: EventName, data: NonNullable<NewEvent['data']>): NewEvent {
  const { userId, sessionId, clientId, origin } = call
  return { name, origin, userId, sessionId, clientId, data }
}
