import type { User } from '../../model/user.ts'
import { type FactorVerbs, type NewFactor, NO_FACTORS } from '../factors.ts'
import { type PasskeyRow, toPasskey } from '../rows/passkeys.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { asJson, inMilliseconds, NOW, timeFrom, uuidOrNull } from './expressions.ts'
import { isTaken } from './failure.ts'
import { isLastWay } from './identities.ts'
import { statement, type Values } from './statement.ts'
import { lockKeptSession, voidCredentials } from './user-counters.ts'
import { toUser, type UserRow, userColumns } from './user-rows.ts'

const hasFactor = statement<{ has: boolean }>(
  'factors.has',
  `SELECT EXISTS (SELECT FROM countersign.totp WHERE user_id = @id::uuid)
     OR EXISTS (SELECT FROM countersign.passkeys WHERE user_id = @id::uuid) AS has`,
)

const findTotp = statement<{ sealed: string; added_at: number }>(
  'factors.find_totp',
  `SELECT sealed, ${inMilliseconds('t.added_at')} AS added_at FROM countersign.totp t WHERE user_id = @id::uuid`,
)

const findPasskeys = statement<PasskeyRow>(
  'factors.find_passkeys',
  `SELECT id, name, credential_id, public_key, counter, ${asJson('transports')} AS transports, synced,
     ${inMilliseconds('p.added_at')} AS added_at, ${inMilliseconds('p.used_at')} AS used_at
   FROM countersign.passkeys p WHERE user_id = @id::uuid ORDER BY p.added_at, id`,
)

const countRecoveryCodes = statement<{ live: number }>(
  'factors.count_recovery_codes',
  `SELECT count(*) AS live FROM countersign.recovery_codes c, countersign.store st
   WHERE c.user_id = @id::uuid AND c.store_epoch >= st.epoch`,
)

const lockUser = statement<UserRow>(
  'factors.lock_user',
  `SELECT ${userColumns} FROM countersign.users u WHERE u.id = @id::uuid FOR NO KEY UPDATE`,
)

const putTotp = statement(
  'factors.put_totp',
  `INSERT INTO countersign.totp (user_id, sealed, last_step, added_at)
   VALUES (@id::uuid, @sealed::text, @step::bigint, ${NOW})
   ON CONFLICT (user_id) DO UPDATE SET
     sealed = excluded.sealed, last_step = excluded.last_step, added_at = excluded.added_at`,
)

const putPasskey = statement(
  'factors.put_passkey',
  `INSERT INTO countersign.passkeys
     (user_id, id, name, credential_id, public_key, counter, transports, synced, added_at)
   VALUES (@id::uuid, @passkey_id::uuid, @name::text, @credential_id::text, @public_key::text, @counter::bigint,
     @transports::text[], @synced::boolean, ${NOW})`,
)

const deleteTotp = statement<{ user_id: string }>(
  'factors.delete_totp',
  'DELETE FROM countersign.totp WHERE user_id = @id::uuid RETURNING user_id',
)

const findPasskey = statement<{ id: string }>(
  'factors.find_passkey',
  'SELECT id FROM countersign.passkeys WHERE user_id = @id::uuid AND id = @passkey_id::uuid',
)

const deletePasskey = statement<{ id: string }>(
  'factors.delete_passkey',
  'DELETE FROM countersign.passkeys WHERE user_id = @id::uuid AND id = @passkey_id::uuid RETURNING id',
)

const deletePasskeys = statement<{ id: string }>(
  'factors.delete_passkeys',
  'DELETE FROM countersign.passkeys WHERE user_id = @id::uuid RETURNING id',
)

const countFactors = statement<{ factors: number }>(
  'factors.count',
  `SELECT (SELECT count(*) FROM countersign.totp WHERE user_id = @id::uuid) +
     (SELECT count(*) FROM countersign.passkeys WHERE user_id = @id::uuid) AS factors`,
)

const deleteRecoveryCodes = statement(
  'factors.delete_recovery_codes',
  'DELETE FROM countersign.recovery_codes WHERE user_id = @id::uuid',
)

const putRecoveryCodes = statement(
  'factors.put_recovery_codes',
  `INSERT INTO countersign.recovery_codes (user_id, hash, store_epoch)
   SELECT @id::uuid, hash, st.epoch FROM unnest(@hashes::text[]) hash, countersign.store st`,
)

const record = statement('factors.record', insertEvent())

const voidAll = statement<UserRow>(
  'factors.void',
  `${voidCredentials()}, e AS (${insertEvent('u')}) SELECT ${userColumns} FROM u`,
)

const renamePasskey = statement<{ id: string }>(
  'factors.rename_passkey',
  `WITH p AS (
     UPDATE countersign.passkeys SET name = @name::text
     WHERE user_id = @id::uuid AND id = @passkey_id::uuid RETURNING id),
   e AS (${insertEvent('p')})
   SELECT id FROM p`,
)

const spendTotpStep = statement<{ user_id: string }>(
  'factors.spend_totp_step',
  `UPDATE countersign.totp SET last_step = @step::bigint
   WHERE user_id = @id::uuid AND last_step < @step::bigint RETURNING user_id`,
)

const listTotpNotUnder = statement<{ user_id: string; sealed: string }>(
  'factors.list_totp_not_under',
  `SELECT user_id, sealed FROM countersign.totp WHERE sealed NOT LIKE 's1.' || @fingerprint::text || '.%'
   ORDER BY user_id LIMIT @limit::bigint`,
  { long: true },
)

const resealTotp = statement<{ user_id: string }>(
  'factors.reseal_totp',
  `UPDATE countersign.totp SET sealed = @to::text
   WHERE user_id = @id::uuid AND sealed = @from::text RETURNING user_id`,
)

const spendRecoveryCode = statement<{ user_id: string }>(
  'factors.spend_recovery_code',
  `WITH c AS (
     DELETE FROM countersign.recovery_codes c USING countersign.store st
     WHERE c.user_id = @id::uuid AND c.hash = @hash::text AND c.store_epoch >= st.epoch RETURNING c.user_id),
   e AS (${insertEvent('c')})
   SELECT user_id FROM c`,
)

const notePasskey = statement<{ id: string }>(
  'factors.note_passkey',
  `UPDATE countersign.passkeys SET counter = @counter::bigint, synced = @synced::boolean, used_at = ${NOW}
   WHERE user_id = @id::uuid AND id = @passkey_id::uuid
     AND (counter < @counter::bigint OR (counter = 0 AND @counter::bigint = 0)) RETURNING id`,
)

/** The user, held until the change is committed. */
async function lock(
  transaction: Connection,
  { id, keep }: { readonly id: string | null; readonly keep: string | null },
): Promise<User | undefined> {
  await transaction.rows(lockKeptSession, { id, keep })
  const row = await firstRow(transaction, lockUser, { id })
  return row && toUser(row)
}

async function replaceCodes(transaction: Connection, id: string | null, hashes: readonly string[]) {
  await transaction.rows(deleteRecoveryCodes, { id })
  await transaction.rows(putRecoveryCodes, { id, hashes })
}

const removeSince = statement(
  'factors.remove_since',
  `WITH t AS (DELETE FROM countersign.totp WHERE user_id = @id::uuid AND added_at >= ${timeFrom('@since')})
   DELETE FROM countersign.passkeys WHERE user_id = @id::uuid AND added_at >= ${timeFrom('@since')}`,
)

/** Those added at that time or later, as a step of a change that ends the sessions; with the last one the codes go. */
export async function removeFactors(transaction: Connection, id: string, since: number): Promise<void> {
  await transaction.rows(removeSince, { id, since })
  const left = await firstRow(transaction, countFactors, { id })
  if (Number(left?.factors ?? 0) === 0) await transaction.rows(deleteRecoveryCodes, { id })
}

export function factorVerbs(connection: Connection): FactorVerbs {
  /** Adds a factor to a user of whom nothing has changed since it was proven; undefined where something has. */
  const add = (
    change: NewFactor,
    put: (transaction: Connection, id: string | null) => Promise<unknown>,
    event: Values,
  ): Promise<User | undefined> =>
    connection.transaction(async (transaction) => {
      const who = { id: uuidOrNull(change.userId), keep: uuidOrNull(change.keepSessionId) }
      const user = await lock(transaction, who)
      if (user?.state !== 'active' || user.epoch !== change.userEpoch) return undefined
      await put(transaction, who.id)
      if (change.recoveryCodes.length > 0) await replaceCodes(transaction, who.id, change.recoveryCodes)
      const row = await firstRow(transaction, voidAll, { ...who, ...event })
      return row && toUser(row)
    })

  return {
    async find(userId) {
      const id = uuidOrNull(userId)
      if (!(await firstRow(connection, hasFactor, { id }))?.has) return NO_FACTORS
      // Statements one by one: every change raises the user's epoch, which the caller has read before.
      const [totp, passkeys, codes] = await Promise.all([
        firstRow(connection, findTotp, { id }),
        connection.rows(findPasskeys, { id }),
        firstRow(connection, countRecoveryCodes, { id }),
      ])
      return {
        totp: totp && { sealed: totp.sealed, addedAt: totp.added_at },
        passkeys: passkeys.map(toPasskey),
        recoveryCodes: codes?.live ?? 0,
      }
    },

    addTotp: (totp, event) =>
      add(
        totp,
        (transaction, id) => transaction.rows(putTotp, { id, sealed: totp.sealed, step: totp.step }),
        eventValues(event),
      ),

    async addPasskey(passkey, event) {
      const values = {
        passkey_id: passkey.id,
        name: passkey.name,
        credential_id: passkey.credentialId,
        public_key: passkey.publicKey,
        counter: passkey.counter,
        transports: passkey.transports,
        synced: passkey.synced,
      }
      try {
        const user = await add(
          passkey,
          (transaction, id) => transaction.rows(putPasskey, { id, ...values }),
          eventValues(event),
        )
        return user === undefined ? { outcome: 'stale' } : { outcome: 'added', user }
      } catch (error) {
        if (!isTaken(error)) throw error
        return { outcome: 'taken' }
      }
    },

    async renamePasskey({ userId, id, name }, event) {
      const values = { id: uuidOrNull(userId), passkey_id: uuidOrNull(id), name, ...eventValues(event) }
      return (await firstRow(connection, renamePasskey, values)) !== undefined
    },

    remove: ({ userId, keepSessionId, passkeyId, usable }, event) =>
      connection.transaction(async (transaction) => {
        const who = { id: uuidOrNull(userId), keep: uuidOrNull(keepSessionId) }
        const passkey = { ...who, passkey_id: uuidOrNull(passkeyId) }
        await lock(transaction, who)
        if (passkeyId !== undefined && usable !== undefined) {
          const found = await firstRow(transaction, findPasskey, passkey)
          if (found !== undefined && (await isLastWay(transaction, who.id, usable, passkey.passkey_id)))
            return 'last'
        }
        const removed =
          passkeyId === undefined
            ? await firstRow(transaction, deleteTotp, who)
            : await firstRow(transaction, deletePasskey, passkey)
        if (removed === undefined) return 'none'
        if ((await firstRow(transaction, countFactors, who))?.factors === 0) {
          await transaction.rows(deleteRecoveryCodes, who)
        }
        await transaction.rows(voidAll, { ...who, ...eventValues(event) })
        return 'removed'
      }),

    reset: (userId, event) =>
      connection.transaction(async (transaction) => {
        const who = { id: uuidOrNull(userId), keep: null }
        await lock(transaction, who)
        const totp = await transaction.rows(deleteTotp, who)
        const passkeys = await transaction.rows(deletePasskeys, who)
        if (totp.length + passkeys.length === 0) return false
        await transaction.rows(deleteRecoveryCodes, who)
        await transaction.rows(voidAll, { ...who, ...eventValues(event) })
        return true
      }),

    replaceRecoveryCodes: ({ userId, hashes }, event) =>
      connection.transaction(async (transaction) => {
        const who = { id: uuidOrNull(userId), keep: null }
        await lock(transaction, who)
        if ((await firstRow(transaction, countFactors, who))?.factors === 0) return false
        await replaceCodes(transaction, who.id, hashes)
        await transaction.rows(record, eventValues(event))
        return true
      }),

    async spendTotpStep({ userId, step }) {
      return (await firstRow(connection, spendTotpStep, { id: uuidOrNull(userId), step })) !== undefined
    },

    async listTotpNotUnder(fingerprint, limit) {
      const rows = await connection.rows(listTotpNotUnder, { fingerprint, limit })
      return rows.map(({ user_id: userId, sealed }) => ({ userId, sealed }))
    },

    async resealTotp({ userId, from, to }) {
      return (await firstRow(connection, resealTotp, { id: uuidOrNull(userId), from, to })) !== undefined
    },

    async spendRecoveryCode({ userId, hash }, event) {
      const values = { id: uuidOrNull(userId), hash, ...eventValues(event) }
      return (await firstRow(connection, spendRecoveryCode, values)) !== undefined
    },

    async notePasskey({ userId, id, counter, synced }) {
      const values = { id: uuidOrNull(userId), passkey_id: uuidOrNull(id), counter, synced }
      return (await firstRow(connection, notePasskey, values)) !== undefined
    },
  }
}
