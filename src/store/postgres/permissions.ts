import { AuthError } from '../../errors/auth-error.ts'
import { withoutRole } from '../links.ts'
import type { PermissionStep, PermissionVerbs } from '../permissions.ts'
import { type RoleRow, toRole } from '../rows/roles.ts'
import { clientVerbs } from './clients.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { asJson, NOW, raised } from './expressions.ts'
import { insertEntries } from './revocation-entries.ts'
import { statement } from './statement.ts'

const ROLE = `r.name, r.description, ${asJson('r.scopes')} AS scopes`

// In one order whatever the database sorts by.
const scopes = statement<{ name: string; sentence: string }>(
  'permissions.scopes',
  'SELECT name, sentence FROM countersign.scopes ORDER BY name COLLATE "C"',
)

const roles = statement<RoleRow>(
  'permissions.roles',
  `SELECT ${ROLE} FROM countersign.roles r ORDER BY r.name COLLATE "C"`,
)

const findRoles = statement<RoleRow>(
  'permissions.find_roles',
  `SELECT ${ROLE} FROM countersign.roles r WHERE r.name = ANY (@names::text[])`,
)

const putScope = statement(
  'permissions.put_scope',
  `WITH p AS (
     INSERT INTO countersign.scopes (name, sentence) VALUES (@name::text, @sentence::text)
     ON CONFLICT (name) DO UPDATE SET sentence = excluded.sentence RETURNING name)
   ${insertEvent('p')}`,
)

const removeScope = statement<{ name: string }>(
  'permissions.remove_scope',
  `WITH p AS (DELETE FROM countersign.scopes WHERE name = @name::text RETURNING name),
   e AS (${insertEvent('p')})
   SELECT name FROM p`,
)

// Else of two who make one role neither would see that the other's held more.
const takeTurn = statement(
  'permissions.take_turn',
  `SELECT pg_advisory_xact_lock(hashtextextended('countersign.roles', 8614))`,
)

// After this has waited for whoever is giving one of them, the statements that follow see who has it.
const lockRoles = statement(
  'permissions.lock_roles',
  'SELECT name FROM countersign.roles WHERE name = ANY (@names::text[]) ORDER BY name FOR UPDATE',
)

/** In one order, so that two who change many users never hold what the other waits for. */
const HOLDERS = `h AS MATERIALIZED (
     SELECT u.id FROM countersign.users u
     WHERE u.roles @> ARRAY[@name::text] AND (SELECT count(*) FROM p) > 0 ORDER BY u.id FOR NO KEY UPDATE)`

const ENTRIES = insertEntries(`SELECT 'user' AS kind, id::text AS ref, ver AS least FROM u`)

// Says in SQL what `losesScopes` says: some scope held before is not among the new ones.
const putRole = statement(
  'permissions.put_role',
  `WITH b AS MATERIALIZED (
     SELECT NOT scopes <@ @scopes::text[] AS loses FROM countersign.roles WHERE name = @name::text FOR UPDATE),
   w AS (
     INSERT INTO countersign.roles (name, description, scopes)
     SELECT @name::text, @description::text, @scopes::text[] WHERE (SELECT count(*) FROM b) >= 0
     ON CONFLICT (name) DO UPDATE SET description = excluded.description, scopes = excluded.scopes RETURNING name),
   p AS (SELECT 1 FROM b WHERE loses),
   ${HOLDERS},
   u AS (
     UPDATE countersign.users u SET ver = ${raised('u.ver')}, updated_at = ${NOW} FROM h WHERE u.id = h.id
     RETURNING u.id, u.ver),
   r AS (${ENTRIES})
   ${insertEvent('w')}`,
  { long: true },
)

const removeRole = statement<{ name: string }>(
  'permissions.remove_role',
  `WITH p AS MATERIALIZED (DELETE FROM countersign.roles WHERE name = @name::text RETURNING name),
   ${HOLDERS},
   u AS (
     UPDATE countersign.users u
     SET roles = array_remove(u.roles, @name::text), ver = ${raised('u.ver')}, updated_at = ${NOW}
     FROM h WHERE u.id = h.id RETURNING u.id, u.ver),
   r AS (${ENTRIES}),
   e AS (${insertEvent('p')})
   SELECT name FROM p`,
  { long: true },
)

interface PromiseRow {
  readonly user_id: string
  readonly hash: string
  readonly facts: Readonly<Record<string, unknown>>
}

// The text is looked into first: what an application keeps in a profile need not be fit for JSON operators.
const findPromises = statement<PromiseRow>(
  'permissions.find_promises',
  `SELECT user_id, hash, facts FROM countersign.links
   WHERE purpose = 'invite' AND position(@quoted::text IN facts::text) > 0
   ORDER BY user_id, hash FOR UPDATE`,
  { long: true },
)

const setPromise = statement(
  'permissions.set_promise',
  'UPDATE countersign.links SET facts = @facts::json WHERE user_id = @user_id::uuid AND hash = @hash::text',
)

export function permissionVerbs(connection: Connection): PermissionVerbs {
  return {
    scopes: () => connection.rows(scopes),
    roles: async () => (await connection.rows(roles)).map(toRole),
    findRoles: async (names) => (await connection.rows(findRoles, { names })).map(toRole),

    async change(steps) {
      let refused: PermissionStep | undefined
      const work = async (transaction: Connection): Promise<void> => {
        refused = undefined
        await lock(transaction, steps)
        for (const step of steps) {
          if (await take(transaction, step)) continue
          refused = step
          throw new AuthError('NOT_FOUND')
        }
      }
      await connection.transaction(work, { long: true }).catch((error: unknown) => {
        if (refused === undefined) throw error
      })
      return refused
    },
  }
}

async function lock(transaction: Connection, steps: readonly PermissionStep[]): Promise<void> {
  const names = steps.flatMap((step) => {
    if (step.kind === 'role.put') return [step.role.name]
    return step.kind === 'role.remove' ? [step.name] : []
  })
  if (names.length === 0) return
  await transaction.rows(takeTurn)
  await transaction.rows(lockRoles, { names })
}

/** False where it cannot be taken. */
async function take(transaction: Connection, step: PermissionStep): Promise<boolean> {
  const clients = clientVerbs(transaction)
  switch (step.kind) {
    case 'client.create':
      return (await clients.create(step.client, step.event)) !== undefined
    case 'client.change':
      return (await clients.change(step.id, step.change, step.event)) !== undefined
    case 'client.remove':
      return clients.remove(step.id, step.event)
    case 'scope.put':
      await transaction.rows(putScope, { ...step.scope, ...eventValues(step.event) })
      return true
    case 'role.put':
      await transaction.rows(putRole, { ...step.role, ...eventValues(step.event) })
      return true
    case 'scope.remove': {
      const values = { name: step.name, ...eventValues(step.event) }
      return (await firstRow(transaction, removeScope, values)) !== undefined
    }
    case 'role.remove': {
      const values = { name: step.name, ...eventValues(step.event) }
      if ((await firstRow(transaction, removeRole, values)) === undefined) return false
      await takePromisesBack(transaction, step.name)
      return true
    }
  }
}

async function takePromisesBack(transaction: Connection, role: string): Promise<void> {
  for (const { facts, ...link } of await transaction.rows(findPromises, { quoted: JSON.stringify(role) })) {
    await transaction.rows(setPromise, { ...link, facts: JSON.stringify(withoutRole(facts, role)) })
  }
}
