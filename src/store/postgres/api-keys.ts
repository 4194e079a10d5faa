import { type ApiKey, MOST_API_KEYS } from '../../model/api-key.ts'
import type { ApiKeyVerbs } from '../api-keys.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { asJson, inMilliseconds, lengthOf, NOW, uuidOrNull } from './expressions.ts'
import { insertEntries } from './revocation-entries.ts'
import { findOwnerOf } from './sessions.ts'
import { statement } from './statement.ts'
import { toUser, type UserRow, userColumns } from './user-rows.ts'

interface ApiKeyRow {
  readonly k_user_id: string
  readonly k_id: string
  readonly k_name: string
  readonly k_scopes: readonly string[]
  readonly k_created_at: number
  readonly k_used_at: number | null
  readonly k_ends_at: number
  readonly k_suspended: boolean
}

const COLUMNS = `k.user_id AS k_user_id, k.id AS k_id, k.name AS k_name, ${asJson('k.scopes')} AS k_scopes,
    ${inMilliseconds('k.created_at')} AS k_created_at, ${inMilliseconds('k.used_at')} AS k_used_at,
    ${inMilliseconds('k.ends_at')} AS k_ends_at, k.store_epoch < st.epoch AS k_suspended`

const LIVE = 'k.user_id = @user_id::uuid AND k.ends_at > clock_timestamp()'

// Held while a key is made, so that two at once do not pass the limit together: the second counts the first's.
const lockOwner = statement<{ id: string }>(
  'api_keys.lock_owner',
  `SELECT id FROM countersign.users WHERE id = @user_id::uuid AND state = 'active' FOR NO KEY UPDATE`,
)

const create = statement<ApiKeyRow>(
  'api_keys.create',
  `WITH k AS (
     INSERT INTO countersign.api_keys (user_id, id, hash, name, scopes, store_epoch, created_at, ends_at)
     SELECT @user_id::uuid, @id::uuid, @hash::text, @name::text, @scopes::text[], st.epoch, t.now, t.now + ${lengthOf('@life')}
     FROM countersign.store st, (SELECT ${NOW} AS now) t
     WHERE (SELECT count(*) FROM countersign.api_keys k WHERE ${LIVE}) < ${MOST_API_KEYS}
     RETURNING *),
   e AS (${insertEvent('k')})
   SELECT ${COLUMNS} FROM k, countersign.store st`,
)

const findStanding = statement<ApiKeyRow & UserRow & { readonly store_epoch: number }>(
  'api_keys.find_standing',
  `SELECT ${COLUMNS}, ${userColumns}, st.epoch AS store_epoch
   FROM countersign.api_keys k JOIN countersign.users u ON u.id = k.user_id, countersign.store st
   WHERE ${LIVE} AND k.hash = @hash::text`,
)

const findOwner = statement<UserRow>(
  'api_keys.find_owner',
  `SELECT ${userColumns}
   FROM countersign.api_keys k JOIN countersign.users u ON u.id = k.user_id, countersign.store st
   WHERE ${LIVE} AND k.id = @id::uuid AND k.store_epoch >= st.epoch AND u.state = 'active'`,
)

const list = statement<ApiKeyRow>(
  'api_keys.list',
  `SELECT ${COLUMNS} FROM countersign.api_keys k, countersign.store st
   WHERE ${LIVE} ORDER BY k.created_at DESC, k.id`,
)

const revoke = statement<{ id: string }>(
  'api_keys.revoke',
  `WITH k AS (
     UPDATE countersign.api_keys k SET ends_at = ${NOW} WHERE ${LIVE} AND k.id = @id::uuid RETURNING k.id),
   r AS (${insertEntries(`SELECT 'apikey' AS kind, id::text AS ref, NULL::bigint AS least FROM k`)}),
   e AS (${insertEvent('k')})
   SELECT id FROM k`,
)

const endAll = statement(
  'api_keys.end_all',
  `WITH k AS (UPDATE countersign.api_keys k SET ends_at = ${NOW} WHERE ${LIVE} RETURNING k.id)
   ${insertEntries(`SELECT 'apikey' AS kind, id::text AS ref, NULL::bigint AS least FROM k`)}`,
)

const confirm = statement<{ id: string }>(
  'api_keys.confirm',
  `WITH k AS (
     UPDATE countersign.api_keys k SET store_epoch = st.epoch FROM countersign.store st
     WHERE ${LIVE} AND k.id = @id::uuid AND k.store_epoch < st.epoch RETURNING k.id),
   e AS (${insertEvent('k')})
   SELECT id FROM k`,
)

const noteUses = statement(
  'api_keys.note_uses',
  `UPDATE countersign.api_keys k SET used_at = ${NOW}
   FROM (SELECT unnest(@user_ids::uuid[]) AS user_id, unnest(@ids::uuid[]) AS id) used
   WHERE k.user_id = used.user_id AND k.id = used.id`,
)

/** All of a user who is locked, as a step of a larger change. */
export async function endApiKeys(transaction: Connection, userId: string): Promise<void> {
  await transaction.rows(endAll, { user_id: userId })
}

export function apiKeyVerbs(connection: Connection): ApiKeyVerbs {
  return {
    async create({ id, userId, name, hash, scopes, lifeMilliseconds, sessionId }, event) {
      const owner = { user_id: uuidOrNull(userId) }
      const values = { ...owner, id, name, hash, scopes, life: lifeMilliseconds, ...eventValues(event) }
      return connection.transaction(async (transaction) => {
        if ((await firstRow(transaction, lockOwner, owner)) === undefined) return undefined
        // After the lock: a reset that came first has ended it, and one that comes later finds the key.
        if (sessionId !== undefined && !(await findOwnerOf(transaction, userId, sessionId))) return undefined
        const row = await firstRow(transaction, create, values)
        return row && toApiKey(row)
      })
    },

    async findStanding(userId, hash) {
      const row = await firstRow(connection, findStanding, { user_id: uuidOrNull(userId), hash })
      return row && { key: toApiKey(row), user: toUser(row), storeEpoch: row.store_epoch }
    },

    async findOwner(userId, id) {
      const row = await firstRow(connection, findOwner, { user_id: uuidOrNull(userId), id: uuidOrNull(id) })
      return row && toUser(row)
    },

    async list(userId) {
      return (await connection.rows(list, { user_id: uuidOrNull(userId) })).map(toApiKey)
    },

    async revoke({ userId, id }, event) {
      const values = { user_id: uuidOrNull(userId), id: uuidOrNull(id), ...eventValues(event) }
      return (await firstRow(connection, revoke, values)) !== undefined
    },

    async confirm({ userId, id }, event) {
      const values = { user_id: uuidOrNull(userId), id: uuidOrNull(id), ...eventValues(event) }
      return (await firstRow(connection, confirm, values)) !== undefined
    },

    async noteUses(uses) {
      await connection.rows(noteUses, {
        user_ids: uses.map(({ userId }) => userId),
        ids: uses.map(({ id }) => id),
      })
    },
  }
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.k_id,
    userId: row.k_user_id,
    name: row.k_name,
    scopes: row.k_scopes,
    createdAt: row.k_created_at,
    expiresAt: row.k_ends_at,
    usedAt: row.k_used_at ?? undefined,
    suspended: row.k_suspended,
  }
}
