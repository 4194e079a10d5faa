import { NOW, raised } from './expressions.ts'
import { insertEntries } from './revocation-entries.ts'
import { statement } from './statement.ts'

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

/** For a transaction that ends with `voidCredentials`. Sessions first: everybody locks a session before its user. */
export const lockKeptSession = statement(
  'users.lock_kept_session',
  'SELECT id FROM countersign.sessions WHERE user_id = @id::uuid AND id = @keep::uuid FOR NO KEY UPDATE',
)
