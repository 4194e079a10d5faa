import type { KeyPhase, KeyVerbs, StoredKey } from '../store.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { inMilliseconds, raised, timeFrom } from './expressions.ts'
import { insertEntries } from './revocation-entries.ts'
import { statement } from './statement.ts'

interface RingRow {
  readonly version: number
  /** Null in the one row of an empty ring. */
  readonly kid: string | null
  readonly algorithm: string
  readonly phase: KeyPhase
  readonly public_jwk: Readonly<Record<string, unknown>> | null
  readonly sealed: string
  readonly created_at: number
  readonly phase_at: number
}

const ring = statement<RingRow>(
  'keys.ring',
  `SELECT st.ring_version AS version, k.kid, k.algorithm, k.phase, k.public_jwk, k.sealed,
     ${inMilliseconds('k.created_at')} AS created_at, ${inMilliseconds('k.phase_at')} AS phase_at
   FROM countersign.store st LEFT JOIN countersign.keys k ON true ORDER BY k.created_at, k.kid`,
)

// Of two who expect the same version one waits for the other's row of the store, and then finds another version.
const replace = statement<{ version: number }>(
  'keys.replace',
  `WITH st AS (
     UPDATE countersign.store SET ring_version = ${raised('ring_version')}
     WHERE ring_version = @expected::bigint RETURNING ring_version AS version),
   n AS (
     SELECT k.* FROM st, json_to_recordset(@keys::json) AS k (kid text, algorithm text, phase text, public_jwk json,
       sealed text, created_at float8, phase_at float8)),
   d AS (DELETE FROM countersign.keys k USING st WHERE k.kid NOT IN (SELECT kid FROM n)),
   k AS (
     INSERT INTO countersign.keys (kid, algorithm, phase, public_jwk, sealed, created_at, phase_at)
     SELECT kid, algorithm, phase, public_jwk, sealed, ${timeFrom('created_at')}, ${timeFrom('phase_at')}
     FROM n ORDER BY kid
     ON CONFLICT (kid) DO UPDATE SET algorithm = excluded.algorithm, phase = excluded.phase,
       public_jwk = excluded.public_jwk, sealed = excluded.sealed, created_at = excluded.created_at,
       phase_at = excluded.phase_at),
   r AS (${insertEntries(
     `SELECT DISTINCT 'key' AS kind, kid AS ref, NULL::bigint AS least FROM st, unnest(@revoked::text[]) kid`,
   )}),
   e AS (${insertEvent('st')})
   SELECT version FROM st`,
)

export function keyVerbs(connection: Connection): KeyVerbs {
  return {
    async ring() {
      const rows = await connection.rows(ring)
      return { version: rows[0]?.version ?? 0, keys: rows.flatMap(toKey) }
    },

    async replace(expected, keys, event, revoked = []) {
      const row = await firstRow(connection, replace, {
        expected,
        keys: JSON.stringify(keys.map(toRecord)),
        revoked,
        ...eventValues(event),
      })
      return row !== undefined
    },
  }
}

function toRecord(key: StoredKey) {
  return {
    kid: key.kid,
    algorithm: key.algorithm,
    phase: key.phase,
    public_jwk: key.publicJwk,
    sealed: key.sealed,
    created_at: key.createdAt,
    phase_at: key.phaseAt,
  }
}

function toKey(row: RingRow): StoredKey[] {
  if (row.kid === null) return []
  return [
    {
      kid: row.kid,
      algorithm: row.algorithm,
      phase: row.phase,
      publicJwk: row.public_jwk ?? undefined,
      sealed: row.sealed,
      createdAt: row.created_at,
      phaseAt: row.phase_at,
    },
  ]
}
