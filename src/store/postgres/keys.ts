import type { KeyVerbs, StoredKey } from '../keys.ts'
import { type KeyRow, toKey } from '../rows/keys.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { inMilliseconds, NOW, raised, timeFrom } from './expressions.ts'
import { insertEntries, LONGEST_LIFE } from './revocation-entries.ts'
import { statement } from './statement.ts'

/** One for each key; of an empty ring one that has no key. */
interface RingRow extends Omit<KeyRow, 'kid'> {
  readonly version: number
  readonly now: number
  readonly longest_life_seconds: number
  readonly kid: string | null
}

const ring = statement<RingRow>(
  'keys.ring',
  `SELECT st.ring_version AS version, ${inMilliseconds(NOW)} AS now, ${LONGEST_LIFE} AS longest_life_seconds,
     k.kid, k.use, k.algorithm, k.phase, k.public_jwk, k.sealed, ${inMilliseconds('k.created_at')} AS created_at,
     ${inMilliseconds('k.phase_at')} AS phase_at, ${inMilliseconds('k.published_at')} AS published_at
   FROM countersign.store st LEFT JOIN countersign.keys k ON true ORDER BY k.created_at, k.kid`,
)

// Of two who expect the same version one waits for the other's row of the store, and then finds another version.
const replace = statement<{ version: number }>(
  'keys.replace',
  `WITH st AS (
     UPDATE countersign.store SET ring_version = ${raised('ring_version')}
     WHERE ring_version = @expected::bigint RETURNING ring_version AS version),
   n AS (
     SELECT k.* FROM st, json_to_recordset(@keys::json) AS k (kid text, use text, algorithm text, phase text,
       public_jwk json, sealed text, created_at float8, phase_at float8, published_at float8)),
   d AS (DELETE FROM countersign.keys k USING st WHERE k.kid NOT IN (SELECT kid FROM n)),
   k AS (
     INSERT INTO countersign.keys (kid, use, algorithm, phase, public_jwk, sealed, created_at, phase_at, published_at)
     SELECT kid, use, algorithm, phase, public_jwk, sealed, ${timeFrom('created_at')}, ${timeFrom('phase_at')},
       ${timeFrom('published_at')}
     FROM n ORDER BY kid
     ON CONFLICT (kid) DO UPDATE SET use = excluded.use, algorithm = excluded.algorithm, phase = excluded.phase,
       public_jwk = excluded.public_jwk, sealed = excluded.sealed, created_at = excluded.created_at,
       phase_at = excluded.phase_at, published_at = excluded.published_at),
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
      const [first] = rows
      if (first === undefined) throw new TypeError('the store has lost its one row')
      return {
        version: first.version,
        keys: rows.filter(hasKey).map(toKey),
        now: first.now,
        longestLifeSeconds: first.longest_life_seconds,
      }
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
    use: key.use,
    algorithm: key.algorithm,
    phase: key.phase,
    public_jwk: key.publicJwk,
    sealed: key.sealed,
    created_at: key.createdAt,
    phase_at: key.phaseAt,
    published_at: key.publishedAt,
  }
}

function hasKey(row: RingRow): row is RingRow & KeyRow {
  return row.kid !== null
}
