import {
  DEVICE_REPEAT_MILLISECONDS,
  type DeviceApproval,
  type DeviceCodeVerbs,
  type DevicePoll,
  POLL_TOLERANCE_MILLISECONDS,
  SLOW_DOWN_MILLISECONDS,
  type WaitingDevice,
} from '../device-codes.ts'
import { toWaiting, type WaitingRow } from '../rows/device-codes.ts'
import { endOnce } from './codes.ts'
import type { Connection, Reading, Writing } from './connection.ts'
import { writeEvent } from './events.ts'
import { writeRevocation } from './revocation-entries.ts'
import { LIVE } from './session-rows.ts'
import { startSession } from './sessions.ts'
import { readUser, toUser } from './user-rows.ts'

interface DeviceRow extends Omit<WaitingRow, 'scope' | 'resources'> {
  user_code_hash: string
  scope: string | null
  resources: string
  ends_at: number
  interval_milliseconds: number
  polled_at: number | null
  state: 'waiting' | 'approved' | 'denied' | 'used'
  user_id: string | null
  user_epoch: number | null
  granted: string | null
  amr: string | null
  authenticated_at: number | null
  made_session_id: string | null
  used_at: number | null
}

export function deviceCodeVerbs(connection: Connection): DeviceCodeVerbs {
  return {
    create: (code) =>
      connection.write(
        (db) =>
          db.run(
            `INSERT INTO cs_device_codes (hash, user_code_hash, client_id, scope, resources, address, agent, asked_at,
             ends_at, interval_milliseconds, state)
           VALUES (:hash, :userCodeHash, :clientId, :scope, :resources, :address, :agent, :now, :endsAt, :interval,
             'waiting') ON CONFLICT DO NOTHING`,
            {
              hash: code.hash,
              userCodeHash: code.userCodeHash,
              clientId: code.clientId,
              scope: code.scope && JSON.stringify(code.scope),
              resources: JSON.stringify(code.resources),
              address: code.address,
              agent: code.agent,
              now: db.now,
              endsAt: db.now + code.lifeMilliseconds,
              interval: code.intervalMilliseconds,
            },
          ) === 1,
      ),

    findWaiting: (userCodeHashes) =>
      connection.read((db) => {
        for (const hash of userCodeHashes) {
          const row = db.get<DeviceRow>(
            `SELECT * FROM cs_device_codes WHERE user_code_hash = :hash AND state = 'waiting' AND ends_at > :now`,
            { hash, now: db.now },
          )
          if (row !== undefined) return readWaiting(row)
        }
        return undefined
      }),

    approve: ({ hash, userId, sessionId, scope }, event) =>
      connection.write((db) => {
        const approved = db.run(
          `UPDATE cs_device_codes SET state = 'approved', user_id = s.user_id, user_epoch = s.user_epoch,
             granted = :scope, amr = s.amr, authenticated_at = coalesce(s.authenticated_at, s.started_at)
           FROM cs_sessions s JOIN cs_users u ON u.id = s.user_id, cs_store st
           WHERE cs_device_codes.hash = :hash AND cs_device_codes.state = 'waiting'
             AND cs_device_codes.ends_at > :now AND s.user_id = :userId AND s.id = :sessionId AND ${LIVE}
             AND s.expires_at > :now AND u.state = 'active' AND EXISTS (
               SELECT 1 FROM cs_consents c WHERE c.user_id = :userId
                 AND c.client_id = cs_device_codes.client_id AND c.store_epoch >= st.epoch)`,
          { hash, userId, sessionId, scope: JSON.stringify(scope), now: db.now },
        )
        if (approved === 1) writeEvent(db, event)
        return approved === 1
      }),

    deny: (hash, event) =>
      connection.write((db) => {
        const denied = db.run(
          `UPDATE cs_device_codes SET state = 'denied' WHERE hash = :hash AND state = 'waiting' AND ends_at > :now`,
          { hash, now: db.now },
        )
        if (denied === 1) writeEvent(db, event)
        return denied === 1
      }),

    poll: ({ hash, clientId }, reused) =>
      connection.write((db): DevicePoll | undefined => {
        const row = readDevice(db, hash)
        if (row === undefined) return undefined
        if (row.client_id !== clientId) return { state: 'other_client', owner: row.client_id }
        const { made_session_id: sessionId, used_at: usedAt, user_id: userId } = row
        if (row.state === 'used' && sessionId !== null && userId !== null) {
          const late = db.now >= (usedAt ?? 0) + DEVICE_REPEAT_MILLISECONDS
          if (late && endOnce(db, userId, sessionId)) {
            writeRevocation(db, { kind: 'session', ref: sessionId, least: undefined })
            writeEvent(db, { ...reused, userId, sessionId })
          }
          return { state: 'used', userId, sessionId, ended: late }
        }
        if (row.state === 'denied') return { state: 'denied' }
        if (db.now >= row.ends_at) return { state: 'expired' }
        if (row.state === 'approved') return toApproved(db, row)
        return { state: notePoll(db, row) }
      }),

    redeem: (hash, session, started) =>
      connection.write((db) => {
        const row = readDevice(db, hash)
        if (row?.state !== 'approved' || db.now >= row.ends_at) return { outcome: 'lost' }
        const made = startSession(db, session)
        if (made.outcome === 'stale') return { outcome: 'lost' }
        db.run(
          `UPDATE cs_device_codes SET state = 'used', made_session_id = :made, used_at = :now WHERE hash = :hash`,
          { hash, made: session.id, now: db.now },
        )
        writeEvent(db, started)
        return { outcome: 'redeemed', facts: made.facts, user: made.user }
      }),
  }
}

function readDevice(db: Reading, hash: string): DeviceRow | undefined {
  return db.get<DeviceRow>('SELECT * FROM cs_device_codes WHERE hash = :hash', { hash })
}

function notePoll(db: Writing, row: DeviceRow): 'waiting' | 'too_soon' {
  const { hash, polled_at: polledAt, interval_milliseconds: interval } = row
  const tooSoon = polledAt !== null && db.now < polledAt + interval - POLL_TOLERANCE_MILLISECONDS
  db.run(
    'UPDATE cs_device_codes SET polled_at = :now, interval_milliseconds = :interval WHERE hash = :hash',
    { hash, now: db.now, interval: interval + (tooSoon ? SLOW_DOWN_MILLISECONDS : 0) },
  )
  return tooSoon ? 'too_soon' : 'waiting'
}

function toApproved(db: Reading, row: DeviceRow): DevicePoll {
  const { user_id: userId, user_epoch: userEpoch } = row
  const user = userId === null ? undefined : readUser(db, userId)
  if (userId === null || user?.state !== 'active' || userEpoch !== user.epoch) {
    return { state: 'void', userId: userId ?? '' }
  }
  const approval: DeviceApproval = {
    userId,
    userEpoch,
    scope: JSON.parse(row.granted ?? '[]'),
    resources: JSON.parse(row.resources),
    amr: JSON.parse(row.amr ?? '[]'),
    authenticatedAt: row.authenticated_at ?? 0,
  }
  return { state: 'approved', approval, user: toUser(user) }
}

function readWaiting(row: DeviceRow): WaitingDevice {
  return toWaiting({
    ...row,
    scope: row.scope === null ? null : JSON.parse(row.scope),
    resources: JSON.parse(row.resources),
  })
}
