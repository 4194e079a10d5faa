import type { NewEvent } from '../../audit/events.ts'
import { AuthError } from '../../errors/auth-error.ts'
import type { User, UserState } from '../../model/user.ts'
import type { Account, NewUser, Taken, UserVerbs } from '../users.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { asJson, inMilliseconds, NOW, raised, uuidOrNull } from './expressions.ts'
import { isTaken, unavailable } from './failure.ts'
import { insertEntries } from './revocation-entries.ts'
import { statement } from './statement.ts'

/** What `userColumns` selects. */
export interface UserRow {
  readonly u_id: string
  readonly u_email: string
  readonly u_email_verified: boolean
  readonly u_username: string | null
  readonly u_roles: readonly string[]
  readonly u_state: UserState
  readonly u_ver: number
  readonly u_epoch: number
  readonly u_profile: Readonly<Record<string, unknown>>
  readonly u_created_at: number
  readonly u_updated_at: number
}

/** The columns of a user, for a statement in which `u` is their row. */
export const userColumns = `u.id AS u_id, u.email AS u_email, u.email_verified AS u_email_verified,
    u.username AS u_username, ${asJson('u.roles')} AS u_roles, u.state AS u_state, u.ver AS u_ver,
    u.epoch AS u_epoch, u.profile AS u_profile, ${inMilliseconds('u.created_at')} AS u_created_at,
    ${inMilliseconds('u.updated_at')} AS u_updated_at`

export function toUser(row: UserRow): User {
  return {
    id: row.u_id,
    email: row.u_email,
    emailVerified: row.u_email_verified,
    username: row.u_username ?? undefined,
    roles: row.u_roles,
    state: row.u_state,
    ver: row.u_ver,
    epoch: row.u_epoch,
    profile: row.u_profile,
    createdAt: row.u_created_at,
    updatedAt: row.u_updated_at,
  }
}

/**
 * The part `k` of a statement that gives roles: those of them that the database keeps. Nobody narrows or removes them
 * until it is done, and whoever does so then sees who has them; see `lockRoles` in permissions.
 */
const HELD_ROLES = `k AS MATERIALIZED (
     SELECT name FROM countersign.roles WHERE name = ANY (@roles::text[]) ORDER BY name FOR SHARE)`

const NONE_GONE = `(SELECT count(*) FROM k WHERE name = ANY (@kept_roles::text[])) = cardinality(@kept_roles::text[])`

// Counters start at the time, so that no value of a lost and repeated row is given out twice.
const create = statement<UserRow>(
  'users.create',
  `WITH ${HELD_ROLES},
   u AS (
     INSERT INTO countersign.users (id, email, email_key, email_verified, username, username_key, password_hash,
       roles, state, profile, ver, epoch, created_at, updated_at)
     SELECT @id::uuid, @email::text, @email_key::text, @email_verified::boolean, @username::text,
       @username_key::text, @password_hash::text, @roles::text[], @state::text, @profile::json, ${raised('0')}, ${raised('0')},
       t.now, t.now
     FROM (SELECT ${NOW} AS now) t WHERE ${NONE_GONE}
     ON CONFLICT DO NOTHING RETURNING *),
   e AS (${insertEvent('u')})
   SELECT ${userColumns} FROM u`,
)

const findTaken = statement<{ field: Taken['field'] }>(
  'users.find_taken',
  `SELECT CASE WHEN email_key = @email_key::text THEN 'email' ELSE 'username' END AS field
   FROM countersign.users
   WHERE id IS DISTINCT FROM @except::uuid
     AND (email_key = @email_key::text OR username_key = @username_key::text)
   ORDER BY field LIMIT 1`,
)

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

/**
 * The head of a statement that raises epoch and ver of the user `@id`, so that every session and token made before is
 * dead, those about to be born too; no session row is touched for it. The session `@keep`, if it is live, gets the new
 * epoch. Afterwards `u` is the changed user, `b` the user before.
 */
export function voidCredentials(change?: string, only = 'true'): string {
  return `WITH k AS MATERIALIZED (
      SELECT user_id, id FROM countersign.sessions
      WHERE user_id = @id::uuid AND id = @keep::uuid AND ended_at IS NULL FOR NO KEY UPDATE),
    b AS MATERIALIZED (
      -- Only after the session is locked: everybody locks a session before its user.
      SELECT id, epoch FROM countersign.users
      WHERE id = @id::uuid AND (SELECT count(*) FROM k) >= 0 AND (${only}) FOR NO KEY UPDATE),
    u AS (
      UPDATE countersign.users u SET ${change === undefined ? '' : `${change},`}
        ver = ${raised('u.ver')}, epoch = ${raised('u.epoch')}, updated_at = ${NOW}
      FROM b WHERE u.id = b.id RETURNING u.*),
    s AS (
      UPDATE countersign.sessions s SET user_epoch = u.epoch FROM k, b, u
      WHERE s.user_id = k.user_id AND s.id = k.id AND s.user_epoch = b.epoch RETURNING s.id),
    r AS (${insertEntries(`SELECT 'user' AS kind, id::text AS ref, ver AS least FROM u`)})`
}

const lockKeptRoles = statement(
  'users.lock_kept_roles',
  'SELECT name FROM countersign.roles WHERE name = ANY (@names::text[]) ORDER BY name FOR SHARE',
)

/** Keeps these roles of the database from being changed until the transaction ends. Throws where one is gone. */
export async function holdRoles(transaction: Connection, names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  const held = await transaction.rows(lockKeptRoles, { names })
  if (held.length < names.length) throw unavailable('a role is gone: ask again')
}

/** Also as a step of a larger transaction: that somebody has the name already leaves it usable. */
export async function createUser(
  connection: Connection,
  user: NewUser,
  event: NewEvent,
): Promise<{ readonly outcome: 'created'; readonly user: User } | Taken> {
  const row = await firstRow(connection, create, {
    id: user.id,
    email: user.email,
    email_key: user.emailKey,
    email_verified: user.emailVerified,
    username: user.username,
    username_key: user.usernameKey,
    password_hash: user.passwordHash,
    roles: user.roles,
    kept_roles: user.keptRoles,
    state: user.state ?? 'active',
    profile: JSON.stringify(user.profile),
    ...eventValues(event),
  })
  if (row !== undefined) return { outcome: 'created', user: toUser(row) }
  const refused = await readTaken(connection, user)
  // A role, or whoever held the key a moment ago, is gone: the caller may simply ask again.
  if (refused === undefined) throw unavailable('the new user met a change: ask again')
  return refused
}

async function readTaken(
  connection: Connection,
  keys: Partial<Pick<NewUser, 'emailKey' | 'usernameKey'>>,
): Promise<Taken | undefined> {
  const row = await firstRow(connection, findTaken, {
    email_key: keys.emailKey,
    username_key: keys.usernameKey,
    except: null,
  })
  return row && { outcome: 'taken', field: row.field }
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
