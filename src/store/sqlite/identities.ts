import type { IdentityVerbs, NewIdentity } from '../identities.ts'
import { type IdentityRow, type TokensRow, toIdentity, toTokens } from '../rows/identities.ts'
import type { Connection, Reading, Writing } from './connection.ts'
import { writeEvent } from './events.ts'
import { findTaken, insertUser } from './new-user.ts'
import { raiseEpoch } from './user-counters.ts'
import { readUser, toUser } from './user-rows.ts'

export function identityVerbs(connection: Connection): IdentityVerbs {
  return {
    find: (issuer, subject) =>
      connection.read((db) => {
        const row = readIdentity(db, issuer, subject)
        const user = row && readUser(db, row.user_id)
        return row && user && { identity: toIdentity(row), user: toUser(user) }
      }),

    list: (userId) =>
      connection.read((db) =>
        db
          .all<IdentityRow>('SELECT * FROM cs_identities WHERE user_id = :userId ORDER BY added_at, id', {
            userId,
          })
          .map(toIdentity),
      ),

    add: ({ userEpoch, ...identity }, event) =>
      connection.write((db) => {
        const user = readUser(db, identity.userId)
        if (user?.state !== 'active' || user.epoch !== userEpoch) return 'stale'
        if (readIdentity(db, identity.issuer, identity.subject) !== undefined) return 'taken'
        insertIdentity(db, identity)
        writeEvent(db, event)
        return 'added'
      }),

    createAccount: (user, identity, event) =>
      connection.write((db) => {
        const taken = findTaken(db, user)
        if (taken !== undefined) return taken
        if (readIdentity(db, identity.issuer, identity.subject) !== undefined) {
          return { outcome: 'taken', field: 'identity' }
        }
        insertUser(db, user)
        insertIdentity(db, identity)
        writeEvent(db, event)
        const row = readUser(db, user.id)
        if (row === undefined) throw new Error('the user just written is not there')
        return { outcome: 'created', user: toUser(row) }
      }),

    remove: ({ userId, id, keepSessionId, usable }, event) =>
      connection.write((db) => {
        const user = readUser(db, userId)
        const found = db.get('SELECT id FROM cs_identities WHERE user_id = :userId AND id = :id', {
          userId,
          id,
        })
        if (user === undefined || found === undefined) return 'none'
        if (user.password_hash === null && !hasOtherWay(db, userId, usable, id)) return 'last'
        db.run('DELETE FROM cs_identities WHERE user_id = :userId AND id = :id', { userId, id })
        raiseEpoch(db, user, { why: 'factors_changed', exceptId: keepSessionId })
        writeEvent(db, event)
        return 'removed'
      }),

    keepTokens: ({ userId, id, sealed }) =>
      connection.write(
        (db) =>
          db.run(
            `UPDATE cs_identities SET tokens = :sealed, claimed_until = NULL
             WHERE user_id = :userId AND id = :id`,
            { userId, id, sealed },
          ) === 1,
      ),

    findTokens: (userId, provider) =>
      connection.read((db) => {
        const row = db.get<TokensRow>(
          `SELECT id, user_id, tokens FROM cs_identities
           WHERE user_id = :userId AND provider = :provider AND tokens IS NOT NULL
           ORDER BY added_at DESC, id LIMIT 1`,
          { userId, provider },
        )
        return row && toTokens(row)
      }),

    claimTokens: ({ userId, id, sealed }, lifeMilliseconds) =>
      connection.write(
        (db) =>
          db.run(
            `UPDATE cs_identities SET claimed_until = :until
             WHERE user_id = :userId AND id = :id AND tokens = :sealed
               AND (claimed_until IS NULL OR claimed_until <= :now)`,
            { userId, id, sealed, now: db.now, until: db.now + lifeMilliseconds },
          ) === 1,
      ),

    replaceTokens: ({ userId, id, sealed }, to) =>
      connection.write(
        (db) =>
          db.run(
            `UPDATE cs_identities SET tokens = :to, claimed_until = NULL
             WHERE user_id = :userId AND id = :id AND tokens = :sealed`,
            { userId, id, sealed, to },
          ) === 1,
      ),

    listTokensNotUnder: (fingerprint, limit) =>
      connection.read((db) =>
        db
          .all<TokensRow>(
            `SELECT id, user_id, tokens FROM cs_identities
             WHERE tokens NOT LIKE 's1.' || :fingerprint || '.%' ORDER BY user_id, id LIMIT :limit`,
            { fingerprint, limit },
          )
          .map(toTokens),
      ),
  }
}

/** Those added at that time or later, as a step of a change that ends the sessions. */
export function removeIdentities(db: Writing, userId: string, since: number): void {
  db.run('DELETE FROM cs_identities WHERE user_id = :userId AND added_at >= :since', { userId, since })
}

function readIdentity(db: Reading, issuer: string, subject: string): IdentityRow | undefined {
  return db.get<IdentityRow>('SELECT * FROM cs_identities WHERE issuer = :issuer AND subject = :subject', {
    issuer,
    subject,
  })
}

function insertIdentity(db: Writing, identity: NewIdentity): void {
  db.run(
    `INSERT INTO cs_identities (user_id, id, provider, issuer, subject, email, added_at)
     VALUES (:userId, :id, :provider, :issuer, :subject, :email, :now)`,
    { ...identity, now: db.now },
  )
}

/** Whether anything but a password opens the account, beside the passkey or the account elsewhere of that id. */
export function hasOtherWay(
  db: Reading,
  userId: string,
  usable: readonly string[],
  exceptId: string,
): boolean {
  const row = db.get<{ ways: number }>(
    `SELECT (SELECT count(*) FROM cs_passkeys WHERE user_id = :userId AND id <> :exceptId) +
       (SELECT count(*) FROM cs_identities
        WHERE user_id = :userId AND id <> :exceptId AND provider IN (SELECT value FROM json_each(:usable))) ways`,
    { userId, exceptId, usable: JSON.stringify(usable) },
  )
  return (row?.ways ?? 0) > 0
}
