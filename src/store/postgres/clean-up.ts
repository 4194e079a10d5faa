import { type Connection, firstRow } from './connection.ts'
import { NODE_SILENCE } from './revocation-entries.ts'
import { type Statement, statement } from './statement.ts'

const DEFAULT_EVENT_RETENTION_MILLISECONDS = 400 * 86_400_000

interface PastUse {
  readonly remove: Statement<{ removed: number }>
  readonly count: Statement<{ rows: number }>
}

/**
 * What is past its use. Days are added so that a clock set wrong and corrected finds its rows again: entries that end
 * tokens above all (PROTOCOL 2.6).
 */
const PAST_USE: readonly PastUse[] = [
  pastUse(
    'sessions',
    'last_day',
    ['user_id', 'id'],
    `last_day < (clock_timestamp() AT TIME ZONE 'UTC')::date - 1`,
  ),
  pastUse('sessions', 'end', ['user_id', 'id'], `ended_at < clock_timestamp() - interval '7 days'`),
  pastUse('revocations', 'end', ['kind', 'ref'], `ends_at < clock_timestamp() - interval '1 day'`),
  pastUse('one_time', 'end', ['kind', 'hash'], `ends_at < clock_timestamp() - interval '1 day'`),
  pastUse('nodes', 'silence', ['id'], `seen_at < clock_timestamp() - interval '1 day'`),
  pastUse(
    'access_lives',
    'silence',
    ['seconds'],
    `seen_at + ${NODE_SILENCE} + make_interval(secs => seconds) < clock_timestamp() - interval '1 day'`,
  ),
  pastUse(
    'events',
    'age',
    ['number'],
    `at < clock_timestamp() - @retention::float8 * interval '1 millisecond'`,
  ),
]

function pastUse(table: string, reason: string, key: readonly string[], condition: string): PastUse {
  return {
    // What somebody else holds is left for the next time, so two who clean up never wait for each other.
    remove: statement(
      `clean_up.${table}_by_${reason}`,
      `WITH past AS MATERIALIZED (
         SELECT ${key.join(', ')} FROM countersign.${table} WHERE ${condition}
         LIMIT @limit::bigint FOR UPDATE SKIP LOCKED),
       gone AS (
         DELETE FROM countersign.${table} t USING past
         WHERE ${key.map((column) => `t.${column} = past.${column}`).join(' AND ')} RETURNING 1)
       SELECT count(*) AS removed FROM gone`,
    ),
    count: statement(
      `clean_up.count_${table}_by_${reason}`,
      `SELECT count(*) AS rows FROM countersign.${table} WHERE ${condition}`,
      { long: true },
    ),
  }
}

/** Removes at most so many rows; answers how many it removed. */
export async function removePastUse(
  connection: Connection,
  limit: number,
  retention = DEFAULT_EVENT_RETENTION_MILLISECONDS,
): Promise<number> {
  let removed = 0
  for (const { remove } of PAST_USE) {
    if (removed >= limit) break
    removed += (await firstRow(connection, remove, { limit: limit - removed, retention }))?.removed ?? 0
  }
  return removed
}

export async function countPastUse(
  connection: Connection,
  retention = DEFAULT_EVENT_RETENTION_MILLISECONDS,
): Promise<number> {
  let rows = 0
  for (const { count } of PAST_USE) rows += (await firstRow(connection, count, { retention }))?.rows ?? 0
  return rows
}
