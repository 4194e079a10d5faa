import type { Consent } from '../../model/consent.ts'
import type { ConsentVerbs } from '../consents.ts'
import { type ConsentRow, toConsent } from '../rows/consents.ts'
import type { Connection, Writing } from './connection.ts'
import { writeEvent } from './events.ts'
import { writeRevocation } from './revocation-entries.ts'
import { isLiveSession } from './session-rows.ts'

interface StoredConsent extends Omit<ConsentRow, 'scopes'> {
  readonly scopes: string
}

const SELECT = `SELECT c.client_id, coalesce(cl.name, '') name, c.scopes, c.created_at, c.updated_at
  FROM cs_consents c JOIN cs_store st ON c.store_epoch >= st.epoch LEFT JOIN cs_clients cl ON cl.id = c.client_id`

export function consentVerbs(connection: Connection): ConsentVerbs {
  return {
    find: (userId, clientId) =>
      connection.read((db) => {
        const row = db.get<StoredConsent>(`${SELECT} WHERE c.user_id = :userId AND c.client_id = :clientId`, {
          userId,
          clientId,
        })
        return row && readConsent(row)
      }),

    grant: ({ userId, clientId, scopes, sessionId }, event) =>
      connection.write((db) => {
        if (sessionId !== undefined && !isLiveSession(db, userId, sessionId)) return false
        const former = db.get<StoredConsent>(
          `${SELECT} WHERE c.user_id = :userId AND c.client_id = :clientId`,
          {
            userId,
            clientId,
          },
        )
        const all = [...new Set([...(former === undefined ? [] : readConsent(former).scopes), ...scopes])]
        const granted = db.run(
          `INSERT INTO cs_consents (user_id, client_id, scopes, store_epoch, created_at, updated_at)
           SELECT u.id, :clientId, :scopes, st.epoch, :now, :now FROM cs_users u, cs_store st
           WHERE u.id = :userId AND u.state = 'active'
           ON CONFLICT (user_id, client_id) DO UPDATE SET scopes = excluded.scopes,
             store_epoch = excluded.store_epoch, updated_at = excluded.updated_at`,
          { userId, clientId, scopes: JSON.stringify(all), now: db.now },
        )
        if (granted === 1) writeEvent(db, event)
        return granted === 1
      }),

    list: (userId) =>
      connection.read((db) =>
        db
          .all<StoredConsent>(
            `${SELECT} WHERE c.user_id = :userId AND cl.state IS NOT 'removed'
             ORDER BY c.updated_at DESC, c.client_id`,
            { userId },
          )
          .map(readConsent),
      ),

    revoke: ({ userId, clientId }, event) =>
      connection.write((db) => {
        const of = { userId, clientId }
        const gone = db.run('DELETE FROM cs_consents WHERE user_id = :userId AND client_id = :clientId', of)
        if (gone === 0) return false
        db.run('DELETE FROM cs_codes WHERE user_id = :userId AND client_id = :clientId', of)
        db.run('DELETE FROM cs_device_codes WHERE user_id = :userId AND client_id = :clientId', of)
        const ended = db.all<{ id: string }>(
          'SELECT id FROM cs_sessions WHERE user_id = :userId AND client_id = :clientId AND ended_at IS NULL',
          of,
        )
        db.run(
          `UPDATE cs_sessions SET ended_at = :now, ended_why = 'ended_by_user'
           WHERE user_id = :userId AND client_id = :clientId AND ended_at IS NULL`,
          { ...of, now: db.now },
        )
        for (const { id } of ended) writeRevocation(db, { kind: 'session', ref: id, least: undefined })
        writeEvent(db, event)
        return true
      }),
  }
}

/** All of a user, as a step of a change that ends their sessions. */
export function removeConsents(db: Writing, userId: string): void {
  db.run('DELETE FROM cs_consents WHERE user_id = :userId', { userId })
  db.run('DELETE FROM cs_codes WHERE user_id = :userId', { userId })
  db.run('DELETE FROM cs_device_codes WHERE user_id = :userId', { userId })
}

function readConsent(row: StoredConsent): Consent {
  return toConsent({ ...row, scopes: JSON.parse(row.scopes) })
}
