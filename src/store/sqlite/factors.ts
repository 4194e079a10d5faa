import type { NewEvent } from '../../audit/events.ts'
import type { Passkey } from '../../model/second-factor.ts'
import type { User } from '../../model/user.ts'
import { type FactorVerbs, type NewFactor, NO_FACTORS } from '../factors.ts'
import { type PasskeyRow, toPasskey } from '../rows/passkeys.ts'
import type { Connection, Reading, Writing } from './connection.ts'
import { writeEvent } from './events.ts'
import { hasOtherWay } from './identities.ts'
import { raiseEpoch } from './user-counters.ts'
import { readUser, toUser, type UserRow } from './user-rows.ts'

interface TotpRow {
  sealed: string
  added_at: number
}

interface StoredPasskey extends Omit<PasskeyRow, 'transports' | 'synced'> {
  readonly transports: string
  readonly synced: number
}

export function factorVerbs(connection: Connection): FactorVerbs {
  return {
    find: (userId) =>
      connection.read((db) => {
        if (!hasFactor(db, userId)) return NO_FACTORS
        const totp = db.get<TotpRow>('SELECT sealed, added_at FROM cs_totp WHERE user_id = :userId', {
          userId,
        })
        const codes = db.get<{ live: number }>(
          `SELECT count(*) live FROM cs_recovery_codes c, cs_store st
           WHERE c.user_id = :userId AND c.store_epoch >= st.epoch`,
          { userId },
        )
        return {
          totp: totp && { sealed: totp.sealed, addedAt: totp.added_at },
          passkeys: db
            .all<StoredPasskey>('SELECT * FROM cs_passkeys WHERE user_id = :userId ORDER BY added_at, id', {
              userId,
            })
            .map(readPasskey),
          recoveryCodes: codes?.live ?? 0,
        }
      }),

    addTotp: (totp, event) =>
      connection.write((db) => {
        const { userId, sealed, step } = totp
        const user = readUnchanged(db, totp)
        if (user === undefined) return undefined
        db.run(
          `INSERT INTO cs_totp (user_id, sealed, last_step, added_at) VALUES (:userId, :sealed, :step, :now)
           ON CONFLICT (user_id) DO UPDATE SET
             sealed = excluded.sealed, last_step = excluded.last_step, added_at = excluded.added_at`,
          { userId, sealed, step, now: db.now },
        )
        return endOthers(db, user, totp, event)
      }),

    addPasskey: (passkey, event) =>
      connection.write((db) => {
        const { userId, id, name, credentialId, publicKey, counter, synced } = passkey
        const user = readUnchanged(db, passkey)
        if (user === undefined) return { outcome: 'stale' }
        const sql = 'SELECT id FROM cs_passkeys WHERE credential_id = :credentialId'
        if (db.get(sql, { credentialId }) !== undefined) return { outcome: 'taken' }
        const transports = JSON.stringify(passkey.transports)
        db.run(
          `INSERT INTO cs_passkeys
             (user_id, id, name, credential_id, public_key, counter, transports, synced, added_at)
           VALUES (:userId, :id, :name, :credentialId, :publicKey, :counter, :transports, :synced, :now)`,
          { userId, id, name, credentialId, publicKey, counter, transports, synced, now: db.now },
        )
        return { outcome: 'added', user: endOthers(db, user, passkey, event) }
      }),

    renamePasskey: ({ userId, id, name }, event) =>
      connection.write((db) => {
        const renamed = db.run('UPDATE cs_passkeys SET name = :name WHERE user_id = :userId AND id = :id', {
          userId,
          id,
          name,
        })
        if (renamed === 1) writeEvent(db, event)
        return renamed === 1
      }),

    remove: ({ userId, keepSessionId, passkeyId, usable }, event) =>
      connection.write((db) => {
        const user = readUser(db, userId)
        if (passkeyId !== undefined && usable !== undefined && user?.password_hash === null) {
          const [found] = db.all('SELECT id FROM cs_passkeys WHERE user_id = :userId AND id = :passkeyId', {
            userId,
            passkeyId,
          })
          if (found !== undefined && !hasOtherWay(db, userId, usable, passkeyId)) return 'last'
        }
        const removed =
          passkeyId === undefined
            ? db.run('DELETE FROM cs_totp WHERE user_id = :userId', { userId })
            : db.run('DELETE FROM cs_passkeys WHERE user_id = :userId AND id = :passkeyId', {
                userId,
                passkeyId,
              })
        if (user === undefined || removed === 0) return 'none'
        if (!hasFactor(db, userId)) deleteRecoveryCodes(db, userId)
        raiseEpoch(db, user, { why: 'factors_changed', exceptId: keepSessionId })
        writeEvent(db, event)
        return 'removed'
      }),

    reset: (userId, event) =>
      connection.write((db) => {
        const user = readUser(db, userId)
        if (user === undefined || !hasFactor(db, userId)) return false
        db.run('DELETE FROM cs_totp WHERE user_id = :userId', { userId })
        db.run('DELETE FROM cs_passkeys WHERE user_id = :userId', { userId })
        deleteRecoveryCodes(db, userId)
        raiseEpoch(db, user, { why: 'factors_changed' })
        writeEvent(db, event)
        return true
      }),

    replaceRecoveryCodes: ({ userId, hashes }, event) =>
      connection.write((db) => {
        if (!hasFactor(db, userId)) return false
        writeRecoveryCodes(db, userId, hashes)
        writeEvent(db, event)
        return true
      }),

    spendTotpStep: ({ userId, step }) =>
      connection.write(
        (db) =>
          db.run('UPDATE cs_totp SET last_step = :step WHERE user_id = :userId AND last_step < :step', {
            userId,
            step,
          }) === 1,
      ),

    listTotpNotUnder: (fingerprint, limit) =>
      connection.read((db) =>
        db.all<{ userId: string; sealed: string }>(
          `SELECT user_id userId, sealed FROM cs_totp WHERE sealed NOT LIKE 's1.' || :fingerprint || '.%'
           ORDER BY user_id LIMIT :limit`,
          { fingerprint, limit },
        ),
      ),

    resealTotp: ({ userId, from, to }) =>
      connection.write(
        (db) =>
          db.run('UPDATE cs_totp SET sealed = :to WHERE user_id = :userId AND sealed = :from', {
            userId,
            from,
            to,
          }) === 1,
      ),

    spendRecoveryCode: ({ userId, hash }, event) =>
      connection.write((db) => {
        const spent = db.run(
          `DELETE FROM cs_recovery_codes
           WHERE user_id = :userId AND hash = :hash AND store_epoch >= (SELECT epoch FROM cs_store)`,
          { userId, hash },
        )
        if (spent === 1) writeEvent(db, event)
        return spent === 1
      }),

    notePasskey: ({ userId, id, counter, synced }) =>
      connection.write(
        (db) =>
          db.run(
            `UPDATE cs_passkeys SET counter = :counter, synced = :synced, used_at = :now
             WHERE user_id = :userId AND id = :id AND (counter < :counter OR (counter = 0 AND :counter = 0))`,
            { userId, id, counter, synced, now: db.now },
          ) === 1,
      ),
  }
}

/** The user of whom nothing has changed since the new factor was proven. */
function readUnchanged(db: Reading, { userId, userEpoch }: NewFactor): UserRow | undefined {
  const user = readUser(db, userId)
  return user?.state === 'active' && user.epoch === userEpoch ? user : undefined
}

/** What follows a new factor: its recovery codes, and the end of every session made without it. */
function endOthers(
  db: Writing,
  user: UserRow,
  { recoveryCodes, keepSessionId }: NewFactor,
  event: NewEvent,
): User {
  if (recoveryCodes.length > 0) writeRecoveryCodes(db, user.id, recoveryCodes)
  raiseEpoch(db, user, { why: 'factors_changed', exceptId: keepSessionId })
  writeEvent(db, event)
  return toUser(readUser(db, user.id) ?? user)
}

function hasFactor(db: Reading, userId: string): boolean {
  const row = db.get<{ factors: number }>(
    `SELECT (SELECT count(*) FROM cs_totp WHERE user_id = :userId) +
       (SELECT count(*) FROM cs_passkeys WHERE user_id = :userId) factors`,
    { userId },
  )
  return (row?.factors ?? 0) > 0
}

/** Those added at that time or later, as a step of a change that ends the sessions; with the last one the codes go. */
export function removeFactors(db: Writing, userId: string, since: number): void {
  db.run('DELETE FROM cs_totp WHERE user_id = :userId AND added_at >= :since', { userId, since })
  db.run('DELETE FROM cs_passkeys WHERE user_id = :userId AND added_at >= :since', { userId, since })
  if (!hasFactor(db, userId)) deleteRecoveryCodes(db, userId)
}

function writeRecoveryCodes(db: Writing, userId: string, hashes: readonly string[]): void {
  deleteRecoveryCodes(db, userId)
  for (const hash of hashes) {
    db.run(
      `INSERT INTO cs_recovery_codes (user_id, hash, store_epoch)
       SELECT :userId, :hash, epoch FROM cs_store`,
      { userId, hash },
    )
  }
}

function deleteRecoveryCodes(db: Writing, userId: string): void {
  db.run('DELETE FROM cs_recovery_codes WHERE user_id = :userId', { userId })
}

function readPasskey(row: StoredPasskey): Passkey {
  return toPasskey({ ...row, transports: JSON.parse(row.transports), synced: row.synced === 1 })
}
