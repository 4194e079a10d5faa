import type { Connection } from './connection.ts'
import { unavailable } from './failure.ts'
import { statement } from './statement.ts'

/**
 * The part `k` of a statement that gives roles: those of them that the database keeps. Nobody narrows or removes them
 * until it is done, and whoever does so then sees who has them; see `lockRoles` in permissions.
 */
export const HELD_ROLES = `k AS MATERIALIZED (
     SELECT name FROM countersign.roles WHERE name = ANY (@roles::text[]) ORDER BY name FOR SHARE)`

/** Whether they are all there still. */
export const NONE_GONE = `(SELECT count(*) FROM k WHERE name = ANY (@kept_roles::text[])) = cardinality(@kept_roles::text[])`

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
