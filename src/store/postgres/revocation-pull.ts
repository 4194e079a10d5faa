import { AuthError } from '../../errors/auth-error.ts'
import type { RevocationKind } from '../../model/revocation.ts'
import { CENSUS_AHEAD_SECONDS, type PulledRevocation, type RevocationPull } from '../revocations.ts'
import type { Connection } from './connection.ts'
import { inMilliseconds, NOW } from './expressions.ts'
import { LONGEST_LIFE } from './revocation-entries.ts'
import { statement } from './statement.ts'

/** What goes with the entries: one snapshot of the database, and what was true in it. */
interface Snapshot {
  readonly standby: boolean
  readonly identity: string
  readonly snapshot: string
  readonly store_epoch: number
  readonly ring_version: number
  readonly covered_life: number
  readonly now: number
  readonly census: { readonly from: number; readonly count: number; readonly sum: number } | null
}

/** The first row carries the snapshot and no entry, so that there is an answer where there are no entries. */
interface PullRow {
  readonly snapshot: Snapshot | null
  readonly kind: RevocationKind
  readonly ref: string
  readonly least: number | null
  readonly remaining: number
}

/**
 * Tells one life of one database from every other: a restored copy, a promoted standby and a restarted server each have
 * a start, a timeline or a store epoch of their own. On a standby there is no timeline to ask for, nor a need.
 */
const IDENTITY = `concat_ws('.', st.id, st.epoch, (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,
    CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END)`

const CENSUS = `(SELECT json_build_object('from', c.since, 'count', count(r.ref),
      'sum', coalesce(sum(floor(date_part('epoch', r.ends_at)) - c.since), 0))
    FROM (SELECT floor(date_part('epoch', t.now)) + ${CENSUS_AHEAD_SECONDS} AS since) c
    LEFT JOIN countersign.revocations r ON r.ends_at >= to_timestamp(c.since) GROUP BY c.since)`

/** All from one snapshot and by one moment, so that what readers work out from it is exact. */
function pull(condition: string, census = 'NULL::json'): string {
  return `WITH t AS MATERIALIZED (SELECT ${NOW} AS now)
    SELECT json_build_object('standby', pg_is_in_recovery(), 'identity', ${IDENTITY},
      'snapshot', pg_current_snapshot()::text, 'store_epoch', st.epoch, 'ring_version', st.ring_version,
      'covered_life', ${LONGEST_LIFE}, 'now', ${inMilliseconds('t.now')}, 'census', ${census}) AS snapshot,
      NULL AS kind, NULL AS ref, NULL::bigint AS least, NULL::float8 AS remaining
    FROM countersign.store st, t
    UNION ALL
    SELECT NULL, kind, ref, least, ${inMilliseconds('ends_at')} - ${inMilliseconds('t.now')}
    FROM countersign.revocations, t WHERE ends_at > t.now AND ${condition}`
}

// What an earlier snapshot did not show: exact, however late a transaction commits and whatever commits meanwhile
// (PROTOCOL 2.1). The first comparison is for the index.
const SINCE = `written_by >= pg_snapshot_xmin(@snapshot::text::pg_snapshot)
      AND NOT pg_visible_in_snapshot(written_by, @snapshot::text::pg_snapshot)`

const complete = statement<PullRow>('revocations.pull_complete', pull('true'), { long: true })
const completeWithCensus = statement<PullRow>('revocations.pull_complete_census', pull('true', CENSUS), {
  long: true,
})
const since = statement<PullRow>('revocations.pull_since', pull(SINCE))
const sinceWithCensus = statement<PullRow>('revocations.pull_since_census', pull(SINCE, CENSUS), {
  long: true,
})

const CURSOR = /^(?<identity>[0-9A-Fa-f.-]+)\/(?<snapshot>\d+:\d+:[\d,]*)$/

/**
 * Everything committed since the cursor's snapshot; without a cursor, or with one of another life of the database,
 * everything live. Rejects with AuthError `STORE_BEHIND` where a standby answers: it proves nothing about now.
 */
export async function pullRevocations(
  connection: Connection,
  cursor?: string,
  census = false,
): Promise<RevocationPull> {
  const { identity, snapshot } = CURSOR.exec(cursor ?? '')?.groups ?? {}
  if (snapshot !== undefined) {
    const answer = toPull(await connection.rows(census ? sinceWithCensus : since, { snapshot }), false)
    if (answer.identity === identity) return answer
  }
  return toPull(await connection.rows(census ? completeWithCensus : complete), true)
}

function toPull([first, ...rows]: readonly PullRow[], complete: boolean): RevocationPull {
  const facts = first?.snapshot
  if (facts === undefined || facts === null)
    throw new AuthError('STORE_BEHIND', { details: { reason: 'no store' } })
  if (facts.standby) throw new AuthError('STORE_BEHIND', { details: { reason: 'a standby was asked' } })
  return {
    entries: rows.map(toEntry),
    complete,
    cursor: `${facts.identity}/${facts.snapshot}`,
    identity: facts.identity,
    storeEpoch: facts.store_epoch,
    ringVersion: facts.ring_version,
    coveredLifeSeconds: facts.covered_life,
    now: facts.now,
    ...(facts.census !== null && {
      census: { fromSeconds: facts.census.from, count: facts.census.count, sum: facts.census.sum },
    }),
  }
}

function toEntry(row: PullRow): PulledRevocation {
  return { kind: row.kind, ref: row.ref, least: row.least ?? undefined, remainingMilliseconds: row.remaining }
}
