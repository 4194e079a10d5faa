import { AuthError } from '../../errors/auth-error.ts'
import { raisedCounter } from '../../model/counters.ts'
import { losesRole, type User, type UserState } from '../../model/user.ts'
import type { Account, NewUser, Taken, UserVerbs } from '../users.ts'
import type { Connection, Reading, Writing } from './connection.ts'
import { writeEvent } from './events.ts'
import { unavailable } from './failure.ts'
import { writeRevocation } from './revocation-entries.ts'
import { raiseEpoch, raiseVer } from './user-counters.ts'

export interface UserRow {
  id: string
  email: string
  email_key: string
  email_verified: number
  username: string | null
  password_hash: string | null
  roles: string
  state: UserState
  ver: number
  epoch: number
  profile: string
  created_at: number
  updated_at: number
}

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    email: row.email,
    emailVerified: row.email_verified === 1,
    username: row.username ?? undefined,
    roles: JSON.parse(row.roles),
    state: row.state,
    ver: row.ver,
    epoch: row.epoch,
    profile: JSON.parse(row.profile),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

function toAccount(row: UserRow): Account {
  return { user: toUser(row), passwordHash: row.password_hash ?? undefined }
}

export function readUser(db: Reading, id: string): UserRow | undefined {
  return db.get<UserRow>('SELECT * FROM cs_users WHERE id = :id', { id })
}

export function userVerbs(connection: Connection): UserVerbs {
  /** Reads the user, makes the change and answers with the user as changed; undefined where there is none. */
  function change(id: string, work: (db: Writing, row: UserRow) => void): Promise<User | undefined> {
    return connection.write((db) => {
      const row = readUser(db, id)
      if (row === undefined) return undefined
      work(db, row)
      const changed = readUser(db, id)
      return changed && toUser(changed)
    })
  }

  return {
    create: (user, event) =>
      connection.write((db) => {
        const taken = findTaken(db, user)
        if (taken !== undefined) return taken
        insertUser(db, user)
        writeEvent(db, event)
        const row = readUser(db, user.id)
        if (row === undefined) throw new Error('the user just written is not there')
        return { outcome: 'created', user: toUser(row) }
      }),

    find: (id) =>
      connection.read((db) => {
        const row = readUser(db, id)
        return row && toUser(row)
      }),

    findAccount: (loginKey) =>
      connection.read((db) => {
        const row = db.get<UserRow>(
          'SELECT * FROM cs_users WHERE email_key = :loginKey OR username_key = :loginKey',
          { loginKey },
        )
        return row && toAccount(row)
      }),

    findAccountById: (id) =>
      connection.read((db) => {
        const row = readUser(db, id)
        return row && toAccount(row)
      }),

    list: ({ after, limit, state }) =>
      connection.read((db) => {
        // Its own text for a page that follows another, for with an OR the index would be read from its beginning.
        const behind = '(created_at, id) > (SELECT created_at, id FROM cs_users WHERE id = :after) AND '
        const rows = db.all<UserRow>(
          `SELECT * FROM cs_users WHERE ${after === undefined ? '' : behind}(:state IS NULL OR state = :state)
           ORDER BY created_at, id LIMIT :limit`,
          { after, state, limit },
        )
        const isThere = rows.length > 0 || after === undefined || readUser(db, after) !== undefined
        if (!isThere) throw new AuthError('NOT_FOUND')
        return rows.map(toUser)
      }),

    count: () =>
      connection.read((db) => db.get<{ count: number }>('SELECT count(*) count FROM cs_users')?.count ?? 0),

    rename: (id, { username, usernameKey }, event) =>
      connection.write((db) => {
        if (readUser(db, id) === undefined) return undefined
        const taken = findTaken(db, { usernameKey }, id)
        if (taken !== undefined) return taken
        db.run(
          `UPDATE cs_users SET username = :username, username_key = :usernameKey, updated_at = :now
           WHERE id = :id`,
          { id, username, usernameKey, now: db.now },
        )
        writeEvent(db, event)
        const row = readUser(db, id)
        return row && { outcome: 'renamed', user: toUser(row) }
      }),

    changeProfile: (id, profile, event, from) =>
      connection.write((db) => {
        const row = readUser(db, id)
        if (row === undefined) return undefined
        const isMeant = from === undefined || JSON.stringify(toUser(row).profile) === JSON.stringify(from)
        if (!isMeant) return undefined
        db.run('UPDATE cs_users SET profile = :profile, updated_at = :now WHERE id = :id', {
          id,
          profile: JSON.stringify(profile),
          now: db.now,
        })
        writeEvent(db, event)
        const changed = readUser(db, id)
        return changed && toUser(changed)
      }),

    replaceHash: (id, from, to, event) =>
      connection.write((db) => {
        const changed = db.run(
          'UPDATE cs_users SET password_hash = :to WHERE id = :id AND password_hash = :from',
          { id, from, to },
        )
        if (changed === 1) writeEvent(db, event)
        return changed === 1
      }),

    setPassword: (id, { hash, keepSessionId, userEpoch }, event) =>
      connection.write((db) => {
        const row = readUser(db, id)
        if (row === undefined || (userEpoch !== undefined && userEpoch !== row.epoch)) return undefined
        db.run('UPDATE cs_users SET password_hash = :hash WHERE id = :id', { id, hash })
        raiseEpoch(db, row, { why: 'password_changed', exceptId: keepSessionId })
        writeEvent(db, event)
        const changed = readUser(db, id)
        return changed && toUser(changed)
      }),

    setState: (id, state, event) =>
      change(id, (db, row) => {
        db.run('UPDATE cs_users SET state = :state, updated_at = :now WHERE id = :id', {
          id,
          state,
          now: db.now,
        })
        if (state === 'disabled') raiseEpoch(db, row, { why: 'ended_by_admin' })
        writeEvent(db, event)
      }),

    setRoles: (id, { roles, keptRoles, takenAnew = [] }, event) =>
      change(id, (db, row) => {
        refuseGoneRoles(db, keptRoles)
        db.run('UPDATE cs_users SET roles = :roles, updated_at = :now WHERE id = :id', {
          id,
          roles: JSON.stringify(roles),
          now: db.now,
        })
        const before = toUser(row).roles
        const isGot = (name: string) => roles.includes(name) && !before.includes(name)
        if (takenAnew.some(isGot)) raiseEpoch(db, row, { why: 'ended_by_admin' })
        else if (losesRole(before, roles)) raiseVer(db, row)
        writeEvent(db, event)
      }),

    remove: (id, event, userEpoch) =>
      connection.write((db) => {
        const row = readUser(db, id)
        if (row === undefined || (userEpoch !== undefined && userEpoch !== row.epoch)) return false
        writeRevocation(db, { kind: 'user', ref: id, least: undefined })
        db.run('DELETE FROM cs_links WHERE user_id = :id', { id })
        db.run('DELETE FROM cs_users WHERE id = :id', { id })
        writeEvent(db, event)
        return true
      }),
  }
}

export function findTaken(
  db: Reading,
  { emailKey, usernameKey }: Partial<Pick<NewUser, 'emailKey' | 'usernameKey'>>,
  exceptId?: string,
): Taken | undefined {
  const row = db.get<{ email: number }>(
    `SELECT email_key = :emailKey email FROM cs_users
     WHERE id IS NOT :exceptId AND (email_key = :emailKey OR username_key = :usernameKey) ORDER BY 1 DESC`,
    { emailKey, usernameKey, exceptId },
  )
  return row && { outcome: 'taken', field: row.email === 1 ? 'email' : 'username' }
}

/** Between the look at the roles and this there was time to remove one. */
export function refuseGoneRoles(db: Reading, kept: readonly string[]): void {
  const { count } = db.get<{ count: number }>(
    'SELECT count(*) count FROM cs_roles WHERE name IN (SELECT value FROM json_each(:kept))',
    { kept: JSON.stringify(kept) },
  ) ?? { count: 0 }
  if (count < kept.length) throw unavailable('a role is gone: ask again')
}

export function insertUser(db: Writing, user: NewUser): void {
  refuseGoneRoles(db, user.keptRoles)
  // Counters start at the time, so that no value of a lost and repeated row is given out twice.
  const counter = raisedCounter(0, db.now)
  db.run(
    `INSERT INTO cs_users (id, email, email_key, email_verified, username, username_key, password_hash,
       roles, state, ver, epoch, profile, created_at, updated_at)
     VALUES (:id, :email, :emailKey, :emailVerified, :username, :usernameKey, :passwordHash,
       :roles, :state, :counter, :counter, :profile, :now, :now)`,
    {
      id: user.id,
      email: user.email,
      emailKey: user.emailKey,
      emailVerified: user.emailVerified,
      username: user.username,
      usernameKey: user.usernameKey,
      passwordHash: user.passwordHash,
      roles: JSON.stringify(user.roles),
      state: user.state ?? 'active',
      profile: JSON.stringify(user.profile),
      counter,
      now: db.now,
    },
  )
}
