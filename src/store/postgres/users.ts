import { AuthError } from '../../errors/auth-error.ts'
import type { User } from '../../model/user.ts'
import type { Account, UserVerbs } from '../users.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { NOW, raised, uuidOrNull } from './expressions.ts'
import { isTaken, unavailable } from './failure.ts'
import { HELD_ROLES, NONE_GONE } from './held-roles.ts'
import { createUser } from './new-user.ts'
import { insertEntries } from './revocation-entries.ts'
import { statement } from './statement.ts'
import { voidCredentials } from './user-counters.ts'
import { toUser, type UserRow, userColumns } from './user-rows.ts'

interface AccountRow extends UserRow {
  readonly password_hash: string | null
}

const find = statement<AccountRow>(
  'users.find',
  `SELECT ${userColumns}, u.password_hash FROM countersign.users u WHERE u.id = @id::uuid`,
)

const findByKey = statement<AccountRow>(
  'users.find_by_key',
  `SELECT ${userColumns}, u.password_hash FROM countersign.users u
   WHERE u.email_key = @key::text OR u.username_key = @key::text`,
)

const list = statement<UserRow>(
  'users.list',
  `SELECT ${userColumns} FROM countersign.users u
   WHERE (@first::boolean
       OR (u.created_at, u.id) > (SELECT created_at, id FROM countersign.users WHERE id = @after::uuid))
     AND (@state::text IS NULL OR u.state = @state::text)
   ORDER BY u.created_at, u.id LIMIT @limit::bigint`,
)

const count = statement<{ count: number }>('users.count', 'SELECT count(*) AS count FROM countersign.users', {
  long: true,
})

const rename = changeUser('users.rename', 'username = @username::text, username_key = @username_key::text')

const changeProfile = changeUser('users.change_profile', 'profile = @profile::json')

const lockProfile = statement<Pick<UserRow, 'u_profile'>>(
  'users.lock_profile',
  'SELECT profile AS u_profile FROM countersign.users WHERE id = @id::uuid FOR NO KEY UPDATE',
)

const replaceHash = statement<{ id: string }>(
  'users.replace_hash',
  `WITH u AS (
     UPDATE countersign.users SET password_hash = @to::text
     WHERE id = @id::uuid AND password_hash = @from::text RETURNING id),
   e AS (${insertEvent('u')})
   SELECT id FROM u`,
)

const setPassword = statement<UserRow>(
  'users.set_password',
  `${voidCredentials('password_hash = @hash::text', '@user_epoch::bigint IS NULL OR epoch = @user_epoch::bigint')},
   e AS (${insertEvent('u')}) SELECT ${userColumns} FROM u`,
)

const enable = changeUser('users.enable', `state = 'active'`)

const disable = statement<UserRow>(
  'users.disable',
  `${voidCredentials(`state = 'disabled'`)}, e AS (${insertEvent('u')}) SELECT ${userColumns} FROM u`,
)

// Says in SQL what `losesRole` says: some role held before is not among the new ones; and the same of what is got.
const setRoles = statement<UserRow>(
  'users.set_roles',
  `WITH ${HELD_ROLES},
   b AS MATERIALIZED (
     SELECT id, NOT roles <@ @roles::text[] AS loses, EXISTS (
         SELECT 1 FROM unnest(@taken_anew::text[]) name
         WHERE name = ANY (@roles::text[]) AND NOT name = ANY (roles)) AS voids
     FROM countersign.users WHERE id = @id::uuid AND ${NONE_GONE} FOR NO KEY UPDATE),
   u AS (
     UPDATE countersign.users u
     SET roles = @roles::text[], ver = CASE WHEN b.loses OR b.voids THEN ${raised('u.ver')} ELSE u.ver END,
       epoch = CASE WHEN b.voids THEN ${raised('u.epoch')} ELSE u.epoch END, updated_at = ${NOW}
     FROM b WHERE u.id = b.id RETURNING u.*, b.loses OR b.voids AS ends),
   r AS (${insertEntries(`SELECT 'user' AS kind, id::text AS ref, ver AS least FROM u WHERE ends`)}),
   e AS (${insertEvent('u')})
   SELECT ${userColumns} FROM u`,
)

// Sessions first: everybody locks a session before its user, with whom they go.
const remove = statement<{ id: string }>(
  'users.remove',
  `WITH s AS MATERIALIZED (SELECT id FROM countersign.sessions WHERE user_id = @id::uuid FOR UPDATE),
   u AS (
     DELETE FROM countersign.users WHERE id = @id::uuid AND (SELECT count(*) FROM s) >= 0
       AND (@user_epoch::bigint IS NULL OR epoch = @user_epoch::bigint) RETURNING id),
   r AS (${insertEntries(`SELECT 'user' AS kind, id::text AS ref, NULL::bigint AS least FROM u`)}),
   e AS (${insertEvent('u')})
   SELECT id FROM u`,
)

// A statement of its own, so that it sees what was written by whoever held the user a moment ago.
const removeBelongings = statement(
  'users.remove_belongings',
  `WITH a AS (DELETE FROM countersign.api_keys WHERE user_id = @id::uuid),
   c AS (DELETE FROM countersign.codes WHERE user_id = @id::uuid),
   d AS (DELETE FROM countersign.device_codes WHERE user_id = @id::uuid),
   o AS (DELETE FROM countersign.consents WHERE user_id = @id::uuid)
   DELETE FROM countersign.links WHERE user_id = @id::uuid`,
)

/** A change that voids nothing. */
function changeUser(name: string, change: string) {
  return statement<UserRow>(
    name,
    `WITH u AS (
       UPDATE countersign.users SET ${change}, updated_at = ${NOW} WHERE id = @id::uuid RETURNING *),
     e AS (${insertEvent('u')})
     SELECT ${userColumns} FROM u`,
  )
}

export function userVerbs(connection: Connection): UserVerbs {
  const change = async (changed: Promise<UserRow | undefined>): Promise<User | undefined> => {
    const row = await changed
    return row && toUser(row)
  }

  return {
    create: (user, event) => createUser(connection, user, event),

    find: async (id) => change(firstRow(connection, find, { id: uuidOrNull(id) })),

    async findAccount(loginKey) {
      const row = await firstRow(connection, findByKey, { key: loginKey })
      return row && toAccount(row)
    },

    async findAccountById(id) {
      const row = await firstRow(connection, find, { id: uuidOrNull(id) })
      return row && toAccount(row)
    },

    async list({ after, limit, state }) {
      const values = { first: after === undefined, after: uuidOrNull(after), state, limit }
      const rows = await connection.rows(list, values)
      const isThere =
        rows.length > 0 || after === undefined || (await firstRow(connection, find, { id: values.after }))
      if (!isThere) throw new AuthError('NOT_FOUND')
      return rows.map(toUser)
    },

    count: async () => (await firstRow(connection, count))?.count ?? 0,

    async rename(id, { username, usernameKey }, event) {
      try {
        const row = await firstRow(connection, rename, {
          id: uuidOrNull(id),
          username,
          username_key: usernameKey,
          ...eventValues(event),
        })
        return row && { outcome: 'renamed', user: toUser(row) }
      } catch (error) {
        if (!isTaken(error)) throw error
        return { outcome: 'taken', field: 'username' }
      }
    },

    changeProfile(id, profile, event, from) {
      const values = { id: uuidOrNull(id), profile: JSON.stringify(profile), ...eventValues(event) }
      if (from === undefined) return change(firstRow(connection, changeProfile, values))
      return connection.transaction(async (inside) => {
        const row = await firstRow(inside, lockProfile, { id: values.id })
        const isMeant = row !== undefined && JSON.stringify(row.u_profile) === JSON.stringify(from)
        return isMeant ? change(firstRow(inside, changeProfile, values)) : undefined
      })
    },

    async replaceHash(id, from, to, event) {
      const row = await firstRow(connection, replaceHash, {
        id: uuidOrNull(id),
        from,
        to,
        ...eventValues(event),
      })
      return row !== undefined
    },

    setPassword: (id, { hash, keepSessionId, userEpoch }, event) =>
      change(
        firstRow(connection, setPassword, {
          id: uuidOrNull(id),
          hash,
          keep: uuidOrNull(keepSessionId),
          user_epoch: userEpoch ?? null,
          ...eventValues(event),
        }),
      ),

    setState: (id, state, event) =>
      change(
        state === 'disabled'
          ? firstRow(connection, disable, { id: uuidOrNull(id), keep: null, ...eventValues(event) })
          : firstRow(connection, enable, { id: uuidOrNull(id), ...eventValues(event) }),
      ),

    async setRoles(id, { roles, keptRoles, takenAnew = [] }, event) {
      const given = { roles, kept_roles: keptRoles, taken_anew: takenAnew }
      const values = { id: uuidOrNull(id), ...given, ...eventValues(event) }
      const row = await firstRow(connection, setRoles, values)
      if (row !== undefined) return toUser(row)
      if (keptRoles.length > 0 && (await firstRow(connection, find, { id: values.id })) !== undefined) {
        throw unavailable('a role is gone: ask again')
      }
      return undefined
    },

    remove: (id, event, userEpoch) =>
      connection.transaction(async (transaction) => {
        const who = { id: uuidOrNull(id) }
        const values = { ...who, user_epoch: userEpoch ?? null, ...eventValues(event) }
        const removed = await firstRow(transaction, remove, values)
        if (removed !== undefined) await transaction.rows(removeBelongings, who)
        return removed !== undefined
      }),
  }
}

function toAccount(row: AccountRow): Account {
  return { user: toUser(row), passwordHash: row.password_hash ?? undefined }
}
