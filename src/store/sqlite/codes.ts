import type { CodeStanding, CodeVerbs } from '../codes.ts'
import { type CodeRow, toCode } from '../rows/codes.ts'
import type { Connection, Reading, Writing } from './connection.ts'
import { writeEvent } from './events.ts'
import { writeRevocation } from './revocation-entries.ts'
import { LIVE } from './session-rows.ts'
import { startSession } from './sessions.ts'
import { readUser, toUser, type UserRow } from './user-rows.ts'

interface StoredCode extends Omit<CodeRow, 'scope' | 'resources' | 'amr'> {
  readonly scope: string
  readonly resources: string
  readonly amr: string
  readonly ends_at: number
  /** The session that it was used for. */
  readonly made_session_id: string | null
  /** Whether its own session is live. */
  readonly live: number
}

export function codeVerbs(connection: Connection): CodeVerbs {
  return {
    create: (code, event) =>
      connection.write((db) => {
        const created = db.run(
          `INSERT INTO cs_codes (user_id, hash, client_id, session_id, user_epoch, redirect_uri, challenge, scope,
             resources, nonce, amr, authenticated_at, ends_at)
           SELECT s.user_id, :hash, :clientId, s.id, s.user_epoch, :redirectUri, :challenge, :scope,
             :resources, :nonce, s.amr, coalesce(s.authenticated_at, s.started_at), :endsAt
           FROM cs_sessions s JOIN cs_users u ON u.id = s.user_id, cs_store st
           WHERE s.user_id = :userId AND s.id = :sessionId AND ${LIVE} AND s.expires_at > :now
             AND u.state = 'active' AND (NOT :needsConsent OR EXISTS (
               SELECT 1 FROM cs_consents c
               WHERE c.user_id = :userId AND c.client_id = :clientId AND c.store_epoch >= st.epoch))`,
          {
            userId: code.userId,
            needsConsent: code.needsConsent,
            hash: code.hash,
            clientId: code.clientId,
            sessionId: code.sessionId,
            redirectUri: code.redirectUri,
            challenge: code.challenge,
            scope: JSON.stringify(code.scope),
            resources: JSON.stringify(code.resources),
            nonce: code.nonce,
            endsAt: db.now + code.lifeMilliseconds,
            now: db.now,
          },
        )
        if (created === 1) writeEvent(db, event)
        return created === 1
      }),

    find: (userId, hash) =>
      connection.read((db) => {
        const row = readCode(db, userId, hash)
        const user = row && readUser(db, userId)
        return row && user && toStanding(row, user, db.now)
      }),

    redeem: ({ userId, hash }, session, { started, reused }) =>
      connection.write((db) => {
        const row = readCode(db, userId, hash)
        const user = row && readUser(db, userId)
        if (row === undefined || user === undefined) return { outcome: 'void' }
        if (row.made_session_id !== null) {
          if (endOnce(db, userId, row.made_session_id)) {
            writeRevocation(db, { kind: 'session', ref: row.made_session_id, least: undefined })
            writeEvent(db, { ...reused, sessionId: row.made_session_id })
          }
          return { outcome: 'reused', sessionId: row.made_session_id }
        }
        if (toStanding(row, user, db.now).state !== 'good') return { outcome: 'void' }
        const made = startSession(db, session)
        if (made.outcome === 'stale') return { outcome: 'void' }
        db.run('UPDATE cs_codes SET made_session_id = :made WHERE user_id = :userId AND hash = :hash', {
          made: session.id,
          userId,
          hash,
        })
        writeEvent(db, started)
        return { outcome: 'redeemed', facts: made.facts, user: made.user }
      }),
  }
}

function readCode(db: Reading, userId: string, hash: string): StoredCode | undefined {
  return db.get<StoredCode>(
    `SELECT c.*, EXISTS (
         SELECT 1 FROM cs_sessions s JOIN cs_users u ON u.id = s.user_id, cs_store st
         WHERE s.user_id = c.user_id AND s.id = c.session_id AND ${LIVE} AND s.expires_at > :now) live
     FROM cs_codes c WHERE c.user_id = :userId AND c.hash = :hash`,
    { userId, hash, now: db.now },
  )
}

export function endOnce(db: Writing, userId: string, id: string): boolean {
  const ended = db.run(
    `UPDATE cs_sessions SET ended_at = :now, ended_why = 'reuse'
     WHERE user_id = :userId AND id = :id AND ended_at IS NULL`,
    { userId, id, now: db.now },
  )
  return ended === 1
}

function toStanding(row: StoredCode, user: UserRow, now: number): CodeStanding {
  const isVoid = row.live === 0 || user.state !== 'active' || row.user_epoch !== user.epoch
  return {
    code: toCode({
      ...row,
      scope: JSON.parse(row.scope),
      resources: JSON.parse(row.resources),
      amr: JSON.parse(row.amr),
    }),
    user: toUser(user),
    state: row.made_session_id !== null ? 'used' : isVoid ? 'void' : now >= row.ends_at ? 'expired' : 'good',
  }
}
