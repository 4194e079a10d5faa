import { MOST_LISTED_SESSIONS, type NewSession, type SessionVerbs, type StartedSession } from '../sessions.ts'
import type { Connection, Writing } from './connection.ts'
import { writeEvent } from './events.ts'
import { refreshVerb } from './refresh.ts'
import { writeRevocation } from './revocation-entries.ts'
import { isLiveSession, LIVE, readSurroundings, type SessionRow, toFacts, toSession } from './session-rows.ts'
import { raiseEpoch } from './user-counters.ts'
import { readUser, toUser } from './user-rows.ts'

export function sessionVerbs(connection: Connection): SessionVerbs {
  return {
    start: (session, event) =>
      connection.write((db) => {
        const started = startSession(db, session)
        if (started.outcome === 'started') writeEvent(db, event)
        return started
      }),

    refresh: refreshVerb(connection),

    inspect: ({ userId, id, secretHash }) =>
      connection.read((db) => {
        const row = db.get<SessionRow & { live: number; u_ver: number; c_ver: number; st_epoch: number }>(
          `SELECT s.*, ${LIVE} AND s.expires_at > :now AND u.state = 'active' AND c.state = 'active' live,
             u.ver u_ver, coalesce(c.ver, 0) c_ver, st.epoch st_epoch
           FROM cs_sessions s JOIN cs_users u ON u.id = s.user_id LEFT JOIN cs_clients c ON c.id = s.client_id, cs_store st
           WHERE s.user_id = :userId AND s.id = :id AND s.secret_hash = :secretHash`,
          { userId, id, secretHash, now: db.now },
        )
        return (
          row && {
            session: toSession(row),
            generation: row.generation,
            live: row.live === 1,
            counters: { user: row.u_ver, client: row.c_ver, store: row.st_epoch },
          }
        )
      }),

    findStanding: ({ userId, id, secretHash }) =>
      connection.read((db) => {
        const row = db.get<SessionRow & { c_ver: number; st_epoch: number }>(
          `SELECT s.*, c.ver c_ver, st.epoch st_epoch
           FROM cs_sessions s JOIN cs_users u ON u.id = s.user_id JOIN cs_clients c ON c.id = s.client_id, cs_store st
           WHERE s.user_id = :userId AND s.id = :id AND s.secret_hash = :secretHash
             AND ${LIVE} AND s.expires_at > :now AND u.state = 'active' AND c.state = 'active'`,
          { userId, id, secretHash, now: db.now },
        )
        const user = row && readUser(db, userId)
        return (
          row &&
          user && {
            session: toSession(row),
            user: toUser(user),
            counters: { user: user.ver, client: row.c_ver, store: row.st_epoch },
            idleEndsAt: row.expires_at,
            endsAt: row.ends_at,
            asOf: db.now,
          }
        )
      }),

    noteUses: (uses) =>
      connection.write((db) => {
        for (const { userId, id, idleMilliseconds: idle, address, network, agent } of uses) {
          db.run(
            `UPDATE cs_sessions SET used_at = :now, expires_at = min(:now + :idle, ends_at),
               address = coalesce(:address, address), network = coalesce(:network, network),
               agent = coalesce(:agent, agent)
             WHERE user_id = :userId AND id = :id AND ended_at IS NULL AND expires_at > :now`,
            { userId, id, idle, address, network, agent, now: db.now },
          )
        }
      }),

    findOwner: (userId, id) =>
      connection.read((db) => {
        const user = isLiveSession(db, userId, id) ? readUser(db, userId) : undefined
        return user && toUser(user)
      }),

    list: (userId) =>
      connection.read((db) =>
        db
          .all<SessionRow>(
            `SELECT s.* FROM cs_sessions s JOIN cs_users u ON u.id = s.user_id, cs_store st
         WHERE s.user_id = :userId AND ${LIVE}
           AND s.expires_at > :now AND u.state = 'active'
         ORDER BY s.used_at DESC, s.id LIMIT :limit`,
            { userId, now: db.now, limit: MOST_LISTED_SESSIONS },
          )
          .map(toSession),
      ),

    countLive: () =>
      connection.read((db) => {
        const row = db.get<{ sessions: number }>(
          `SELECT count(*) sessions FROM cs_sessions s JOIN cs_users u ON u.id = s.user_id, cs_store st
         WHERE ${LIVE} AND s.expires_at > :now AND u.state = 'active'`,
          { now: db.now },
        )
        return row?.sessions ?? 0
      }),

    renew: ({ userId, id, userEpoch, amr }, event) =>
      connection.write((db) => {
        const key = { userId, id }
        const row = db.get<SessionRow>(
          `SELECT s.* FROM cs_sessions s JOIN cs_users u ON u.id = s.user_id, cs_store st
           WHERE s.user_id = :userId AND s.id = :id AND ${LIVE} AND s.expires_at > :now
             AND u.epoch = :userEpoch AND u.state = 'active'`,
          { ...key, userEpoch, now: db.now },
        )
        const user = row && readUser(db, userId)
        const surroundings = row && readSurroundings(db, row.client_id)
        if (row === undefined || user === undefined || surroundings?.client_state !== 'active')
          return undefined
        const renewed = { authenticated_at: db.now, amr: JSON.stringify(amr) }
        db.run(
          `UPDATE cs_sessions SET authenticated_at = :authenticated_at, amr = :amr
           WHERE user_id = :userId AND id = :id`,
          { ...key, ...renewed },
        )
        writeEvent(db, event)
        return { facts: toFacts({ ...row, ...renewed }, surroundings, db.now), user: toUser(user) }
      }),

    end: ({ userId, id, secretHash, clientId, why }, event) =>
      connection.write((db) => {
        const ended = db.run(
          `UPDATE cs_sessions SET ended_at = :now, ended_why = :why
         WHERE (user_id, id) IN (
           SELECT s.user_id, s.id FROM cs_sessions s JOIN cs_users u ON u.id = s.user_id, cs_store st
           WHERE s.user_id = :userId AND s.id = :id AND ${LIVE}
             AND (:secretHash IS NULL OR s.secret_hash = :secretHash)
             AND (:clientId IS NULL OR s.client_id = :clientId))`,
          { userId, id, secretHash, clientId, why, now: db.now },
        )
        if (ended === 0) return false
        writeRevocation(db, { kind: 'session', ref: id, least: undefined })
        writeEvent(db, event)
        return true
      }),

    endAll: (userId, options, event) =>
      connection.write((db) => {
        const user = readUser(db, userId)
        if (user === undefined) return 0
        const ended = raiseEpoch(db, user, options)
        writeEvent(db, event)
        return ended
      }),
  }
}

/** Starts a session within the transaction of its cause; the event is the caller's. */
export function startSession(db: Writing, session: NewSession): StartedSession {
  const user = readUser(db, session.userId)
  const surroundings = readSurroundings(db, session.clientId)
  if (
    user?.state !== 'active' ||
    user.epoch !== session.userEpoch ||
    surroundings?.client_state !== 'active'
  ) {
    return { outcome: 'stale' }
  }
  const row: SessionRow = {
    user_id: session.userId,
    id: session.id,
    client_id: session.clientId,
    secret_hash: session.secretHash,
    key_id: session.keyId,
    generation: 0,
    attempt: null,
    turned_at: db.now,
    mark_generation: 0,
    mark_at: db.now,
    previous_generation: 0,
    previous_at: db.now,
    user_epoch: session.userEpoch,
    store_epoch: surroundings.store_epoch,
    scope: JSON.stringify(session.scope),
    resources: JSON.stringify(session.resources),
    amr: JSON.stringify(session.amr),
    started_at: db.now,
    used_at: db.now,
    expires_at: db.now + Math.min(session.idleMilliseconds, session.lifeMilliseconds),
    ends_at: db.now + session.lifeMilliseconds,
    ended_at: null,
    ended_why: null,
    address: session.address ?? null,
    network: session.network ?? null,
    agent: session.agent ?? null,
    authenticated_at: session.authenticatedAt ?? null,
  }
  db.run(
    `INSERT INTO cs_sessions VALUES (:user_id, :id, :client_id, :secret_hash, :key_id, :generation, :attempt,
       :turned_at, :mark_generation, :mark_at, :previous_generation, :previous_at, :user_epoch, :store_epoch,
       :scope, :resources, :amr, :started_at, :used_at, :expires_at, :ends_at, :ended_at, :ended_why,
       :address, :network, :agent, :authenticated_at)`,
    { ...row },
  )
  return { outcome: 'started', facts: toFacts(row, surroundings, db.now), user: toUser(user) }
}
