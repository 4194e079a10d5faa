import { WRONG_CLOCK_MILLISECONDS } from '../../base/clock.ts'
import { DAY_MILLISECONDS } from '../../base/duration.ts'
import { NODE_SILENCE_SECONDS } from '../nodes.ts'
import { DEFAULT_EVENT_RETENTION_DAYS } from '../store.ts'
import type { Reading, Writing } from './connection.ts'

const DEFAULT_EVENT_RETENTION_MILLISECONDS = DEFAULT_EVENT_RETENTION_DAYS * DAY_MILLISECONDS

/**
 * What is past its use, no row named twice. What has ended is kept a while, so that a clock set wrong, and corrected,
 * finds its rows again: above all the entries that end tokens (PROTOCOL 2.6).
 */
const PAST_USE = [
  { table: 'cs_sessions', key: 'rowid', condition: 'expires_at < :longAgo' },
  { table: 'cs_sessions', key: 'rowid', condition: 'ended_at < :weekAgo AND expires_at >= :longAgo' },
  { table: 'cs_revocations', key: 'number', condition: 'ends_at < :longAgo' },
  { table: 'cs_api_keys', key: 'user_id, id', condition: 'ends_at < :longAgo' },
  { table: 'cs_codes', key: 'user_id, hash', condition: 'ends_at < :longAgo' },
  { table: 'cs_device_codes', key: 'hash', condition: 'ends_at < :longAgo' },
  { table: 'cs_one_time', key: 'kind, hash', condition: 'ends_at < :longAgo' },
  { table: 'cs_links', key: 'user_id, hash', condition: 'ends_at < :longAgo' },
  {
    table: 'cs_webhook_deliveries',
    key: 'id',
    // The event of one that was due then is gone, or goes now.
    condition: '(dead = 1 AND next_at < :weekAgo OR dead = 0 AND next_at < :eventsSince)',
  },
  { table: 'cs_nodes', key: 'rowid', condition: 'seen_at < :longAgo' },
  { table: 'cs_access_lives', key: 'seconds', condition: 'seen_at + :silence + seconds * 1000 < :longAgo' },
  { table: 'cs_events', key: 'number', condition: 'at < :eventsSince' },
] as const

/** Removes at most so many rows; answers how many it removed. */
export function removePastUse(db: Writing, limit: number, eventRetentionMilliseconds?: number): number {
  const moments = momentsOf(db, eventRetentionMilliseconds)
  let removed = 0
  for (const { table, key, condition } of PAST_USE) {
    if (removed >= limit) break
    removed += db.run(
      `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${condition} LIMIT :limit)`,
      { ...moments, limit: limit - removed },
    )
  }
  return removed
}

export function countPastUse(db: Reading, eventRetentionMilliseconds?: number): number {
  const moments = momentsOf(db, eventRetentionMilliseconds)
  return PAST_USE.reduce((sum, { table, condition }) => {
    const row = db.get<{ rows: number }>(`SELECT count(*) rows FROM ${table} WHERE ${condition}`, moments)
    return sum + (row?.rows ?? 0)
  }, 0)
}

function momentsOf({ now }: Reading, retention = DEFAULT_EVENT_RETENTION_MILLISECONDS) {
  return {
    longAgo: now - WRONG_CLOCK_MILLISECONDS,
    weekAgo: now - 7 * DAY_MILLISECONDS,
    eventsSince: now - retention,
    silence: NODE_SILENCE_SECONDS * 1000,
  }
}
