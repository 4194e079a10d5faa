import { AuthError } from '../../errors/auth-error.ts'
import { losesScopes, type Role } from '../../model/role.ts'
import { withoutRole } from '../links.ts'
import type { PermissionStep, PermissionVerbs } from '../permissions.ts'
import { type RoleRow, toRole } from '../rows/roles.ts'
import { changeClient, createClient, removeClient } from './clients.ts'
import type { Connection, Reading, Writing } from './connection.ts'
import { writeEvent } from './events.ts'
import { raiseVer } from './user-counters.ts'

interface StoredRole extends Omit<RoleRow, 'scopes'> {
  readonly scopes: string
}

export function permissionVerbs(connection: Connection): PermissionVerbs {
  return {
    scopes: () => connection.read((db) => db.all('SELECT name, sentence FROM cs_scopes ORDER BY name')),

    roles: () =>
      connection.read((db) => db.all<StoredRole>('SELECT * FROM cs_roles ORDER BY name').map(readRole)),

    findRoles: (names) =>
      connection.read((db) =>
        db
          .all<StoredRole>('SELECT * FROM cs_roles WHERE name IN (SELECT value FROM json_each(:names))', {
            names: JSON.stringify(names),
          })
          .map(readRole),
      ),

    async change(steps) {
      let refused: PermissionStep | undefined
      const work = (db: Writing): void => {
        for (const step of steps) {
          if (take(db, step)) continue
          refused = step
          throw new AuthError('NOT_FOUND')
        }
      }
      await connection.write(work).catch((error: unknown) => {
        if (refused === undefined) throw error
      })
      return refused
    },
  }
}

/** False where it cannot be taken. */
function take(db: Writing, step: PermissionStep): boolean {
  switch (step.kind) {
    case 'client.create':
      return createClient(db, step.client, step.event) !== undefined
    case 'client.change':
      return changeClient(db, step.id, step.change, step.event) !== undefined
    case 'client.remove':
      return removeClient(db, step.id, step.event)
    case 'scope.put':
      db.run(
        `INSERT INTO cs_scopes (name, sentence) VALUES (:name, :sentence)
         ON CONFLICT (name) DO UPDATE SET sentence = excluded.sentence`,
        { ...step.scope },
      )
      break
    case 'scope.remove':
      if (db.run('DELETE FROM cs_scopes WHERE name = :name', { name: step.name }) === 0) return false
      break
    case 'role.put':
      putRole(db, step.role)
      break
    case 'role.remove':
      if (db.run('DELETE FROM cs_roles WHERE name = :name', { name: step.name }) === 0) return false
      takeRoleAway(db, step.name)
      takePromisesBack(db, step.name)
      break
  }
  writeEvent(db, step.event)
  return true
}

function putRole(db: Writing, { name, description, scopes }: Role): void {
  const row = db.get<StoredRole>('SELECT * FROM cs_roles WHERE name = :name', { name })
  db.run(
    `INSERT INTO cs_roles (name, description, scopes) VALUES (:name, :description, :scopes)
     ON CONFLICT (name) DO UPDATE SET description = excluded.description, scopes = excluded.scopes`,
    { name, description, scopes: JSON.stringify(scopes) },
  )
  if (row === undefined || !losesScopes(readRole(row), { scopes })) return
  for (const holder of holdersOf(db, name)) raiseVer(db, holder)
}

function takeRoleAway(db: Writing, name: string): void {
  for (const holder of holdersOf(db, name)) {
    const left = (JSON.parse(holder.roles) as string[]).filter((role) => role !== name)
    db.run('UPDATE cs_users SET roles = :roles WHERE id = :id', {
      id: holder.id,
      roles: JSON.stringify(left),
    })
    raiseVer(db, holder)
  }
}

function takePromisesBack(db: Writing, role: string): void {
  const promises = db.all<{ user_id: string; hash: string; facts: string }>(
    `SELECT user_id, hash, facts FROM cs_links
     WHERE purpose = 'invite' AND instr(facts, :quoted) > 0`,
    { quoted: JSON.stringify(role) },
  )
  for (const { user_id, hash, facts } of promises) {
    const left = JSON.stringify(withoutRole(JSON.parse(facts), role))
    db.run('UPDATE cs_links SET facts = :left WHERE user_id = :user_id AND hash = :hash', {
      user_id,
      hash,
      left,
    })
  }
}

function holdersOf(db: Reading, role: string) {
  return db.all<{ id: string; ver: number; epoch: number; roles: string }>(
    `SELECT id, ver, epoch, roles FROM cs_users
     WHERE EXISTS (SELECT 1 FROM json_each(cs_users.roles) WHERE value = :role)`,
    { role },
  )
}

function readRole(row: StoredRole): Role {
  return toRole({ ...row, scopes: JSON.parse(row.scopes) })
}
