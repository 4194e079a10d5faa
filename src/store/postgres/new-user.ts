import type { NewEvent } from '../../audit/events.ts'
import type { User } from '../../model/user.ts'
import type { NewUser, Taken } from '../users.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { NOW, raised } from './expressions.ts'
import { unavailable } from './failure.ts'
import { HELD_ROLES, NONE_GONE } from './held-roles.ts'
import { statement } from './statement.ts'
import { toUser, type UserRow, userColumns } from './user-rows.ts'

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
