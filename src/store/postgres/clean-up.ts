import { WRONG_CLOCK_MILLISECONDS } from '../../base/clock.ts'
import { DAY_MILLISECONDS } from '../../base/duration.ts'
import { DEFAULT_EVENT_RETENTION_DAYS } from '../store.ts'
import { type Connection, firstRow } from './connection.ts'
import { lengthOf } from './expressions.ts'
import { NODE_SILENCE } from './revocation-entries.ts'
import { type Statement, statement } from './statement.ts'

const DEFAULT_EVENT_RETENTION_MILLISECONDS = DEFAULT_EVENT_RETENTION_DAYS * DAY_MILLISECONDS

interface PastUse {
  readonly remove: Statement<{ removed: number }>
  readonly count: Statement<{ rows: number }>
}

/** As a value of its own, for a function that may change its mind from row to row finds nothing by an index. */
const TIME = '(SELECT clock_timestamp())'
/** What ended before then no clock that is set right finds again. */
const LONG_AGO = `${TIME} - interval '${WRONG_CLOCK_MILLISECONDS} milliseconds'`
/** To the day, which the index is by: by one at least. */
const SESSION_OVER = `last_day < (${TIME} AT TIME ZONE 'UTC')::date - 1`

/**
 * What is past its use. What has ended is kept a while, so that a clock set wrong and corrected finds its rows again:
 * entries that end tokens above all (PROTOCOL 2.6).
 */
const PAST_USE: readonly PastUse[] = [
  pastUse('sessions', ['user_id', 'id'], 'last_day', SESSION_OVER),
  pastUse(
    'sessions',
    ['user_id', 'id'],
    'ended_at',
    `ended_at < ${TIME} - interval '7 days' AND NOT ${SESSION_OVER}`,
  ),
  pastUse('revocations', ['kind', 'ref'], 'ends_at', `ends_at < ${LONG_AGO}`),
  pastUse('api_keys', ['user_id', 'id'], 'ends_at', `ends_at < ${LONG_AGO}`),
  pastUse('codes', ['user_id', 'hash'], 'ends_at', `ends_at < ${LONG_AGO}`),
  pastUse('device_codes', ['hash'], 'ends_at', `ends_at < ${LONG_AGO}`),
  pastUse('one_time', ['kind', 'hash'], 'ends_at', `ends_at < ${LONG_AGO}`),
  pastUse('links', ['user_id', 'hash'], 'ends_at', `ends_at < ${LONG_AGO}`),
  pastUse(
    'webhook_deliveries',
    ['id'],
    'next_at',
    // The event of one that was due then is gone, or goes now.
    `(dead AND next_at < ${TIME} - interval '7 days' OR NOT dead AND next_at < ${TIME} - ${lengthOf('@retention')})`,
  ),
  pastUse('nodes', ['id'], 'seen_at', `seen_at < ${LONG_AGO}`),
  pastUse(
    'access_lives',
    ['seconds'],
    'seen_at',
    `seen_at + ${NODE_SILENCE} + make_interval(secs => seconds) < ${LONG_AGO}`,
  ),
  pastUse('events', ['number'], 'at', `at < ${TIME} - ${lengthOf('@retention')}`),
]

function pastUse(table: string, key: readonly string[], age: string, condition: string): PastUse {
  return {
    // Oldest first keeps to the index. What somebody else holds is left for the next time, so two who clean up never
    // wait for each other.
    remove: statement(
      `clean_up.${table}_by_${age}`,
      `WITH past AS MATERIALIZED (
         SELECT ${key.join(', ')} FROM countersign.${table} WHERE ${condition}
         ORDER BY ${age} LIMIT @limit::bigint FOR UPDATE SKIP LOCKED),
       gone AS (
         DELETE FROM countersign.${table} t USING past
         WHERE ${key.map((column) => `t.${column} = past.${column}`).join(' AND ')} RETURNING 1)
       SELECT count(*) AS removed FROM gone`,
    ),
    count: statement(
      `clean_up.count_${table}_by_${age}`,
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
