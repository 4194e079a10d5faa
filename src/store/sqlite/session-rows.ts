import {
  authTimeOf,
  isScopeName,
  type Session,
  type SessionEnd,
  type SessionFacts,
} from '../../model/session.ts'
import type { Reading, Writing } from './connection.ts'

/**
 * Not ended in any of the three ways, where `s` is a session, `u` its user and `st` the store. One past its limits may
 * still have access tokens out, so it can be ended too.
 */
export const LIVE = 's.ended_at IS NULL AND s.user_epoch >= u.epoch AND s.store_epoch >= st.epoch'

export interface SessionRow {
  user_id: string
  id: string
  client_id: string
  secret_hash: string
  key_id: string
  generation: number
  attempt: string | null
  turned_at: number
  mark_generation: number
  mark_at: number
  previous_generation: number
  previous_at: number
  user_epoch: number
  store_epoch: number
  scope: string
  resources: string
  amr: string
  started_at: number
  used_at: number
  /** The earlier of the idle and the absolute limit. */
  expires_at: number
  ends_at: number
  ended_at: number | null
  ended_why: SessionEnd | null
  address: string | null
  network: string | null
  agent: string | null
  authenticated_at: number | null
}

/** What a session depends on beside its user, as things stand. */
export interface Surroundings {
  client_ver: number
  client_state: 'active' | 'disabled' | 'removed'
  store_epoch: number
}

/** Undefined for a client that was never there. */
export function readSurroundings(db: Reading, clientId: string): Surroundings | undefined {
  return db.get<Surroundings>(
    `SELECT c.ver client_ver, c.state client_state, s.epoch store_epoch
     FROM cs_clients c, cs_store s WHERE c.id = :clientId`,
    { clientId },
  )
}

export function toFacts(
  row: SessionRow,
  { client_ver, store_epoch }: Surroundings,
  asOf: number,
): SessionFacts {
  return {
    sessionId: row.id,
    asOf,
    clientVer: client_ver,
    storeEpoch: store_epoch,
    scope: JSON.parse(row.scope),
    resources: JSON.parse(row.resources),
    authTime: authTimeOf(row.authenticated_at ?? row.started_at),
    amr: JSON.parse(row.amr),
  }
}

export function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    userId: row.user_id,
    clientId: row.client_id,
    scope: (JSON.parse(row.scope) as string[]).filter(isScopeName),
    amr: JSON.parse(row.amr),
    startedAt: row.started_at,
    authenticatedAt: row.authenticated_at ?? row.started_at,
    usedAt: row.used_at,
    endsAt: row.expires_at,
    address: row.address ?? undefined,
    agent: row.agent ?? undefined,
  }
}

/** Ends the row of a session that only its id names; its entry is the caller's. */
export function endSessionById(db: Writing, id: string, why: SessionEnd): void {
  db.run('UPDATE cs_sessions SET ended_at = :now, ended_why = :why WHERE id = :id AND ended_at IS NULL', {
    id,
    why,
    now: db.now,
  })
}

export function isLiveSession(db: Reading, userId: string, id: string): boolean {
  const row = db.get(
    `SELECT 1 FROM cs_sessions s JOIN cs_users u ON u.id = s.user_id, cs_store st
     WHERE s.user_id = :userId AND s.id = :id AND s.expires_at > :now AND u.state = 'active' AND ${LIVE}`,
    { userId, id, now: db.now },
  )
  return row !== undefined
}
