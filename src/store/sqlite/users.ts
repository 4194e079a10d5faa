import { AuthError } from '../../errors/auth-error.ts'
import { losesRole, type User } from '../../model/user.ts'
import type { Account, UserVerbs } from '../users.ts'
import type { Connection, Writing } from './connection.ts'
import { writeEvent } from './events.ts'
import { refuseGoneRoles } from './held-roles.ts'
import { findTaken, insertUser } from './new-user.ts'
import { writeRevocation } from './revocation-entries.ts'
import { raiseEpoch, raiseVer } from './user-counters.ts'
import { readUser, toUser, type UserRow } from './user-rows.ts'

export function userVerbs(connection: Connection): UserVerbs {
  /** Makes the change and answers with the user as changed; undefined where there is none, or another than is meant. */
  function change(
    id: string,
    work: (db: Writing, row: UserRow) => void,
    isMeant: (row: UserRow) => boolean = () => true,
  ): Promise<User | undefined> {
    return connection.write((db) => {
      const row = readUser(db, id)
      if (row === undefined || !isMeant(row)) return undefined
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
      change(
        id,
        (db) => {
          db.run('UPDATE cs_users SET profile = :profile, updated_at = :now WHERE id = :id', {
            id,
            profile: JSON.stringify(profile),
            now: db.now,
          })
          writeEvent(db, event)
        },
        (row) => from === undefined || JSON.stringify(toUser(row).profile) === JSON.stringify(from),
      ),

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
      change(
        id,
        (db, row) => {
          db.run('UPDATE cs_users SET password_hash = :hash WHERE id = :id', { id, hash })
          raiseEpoch(db, row, { why: 'password_changed', exceptId: keepSessionId })
          writeEvent(db, event)
        },
        ({ epoch }) => userEpoch === undefined || userEpoch === epoch,
      ),

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

function toAccount(row: UserRow): Account {
  return { user: toUser(row), passwordHash: row.password_hash ?? undefined }
}
