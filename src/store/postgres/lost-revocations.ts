import type { NewEvent } from '../../audit/events.ts'
import type { RevocationKind } from '../../model/revocation.ts'
import type { PulledRevocation } from '../revocations.ts'
import { REMOVED } from './clients.ts'
import type { Connection } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { lengthOf, NOW, raised, uuidOrNull } from './expressions.ts'
import { insertEntries } from './revocation-entries.ts'
import { type Statement, statement } from './statement.ts'

interface LostRow {
  readonly kind: RevocationKind
  readonly ref: string
  readonly least: number | null
  readonly life: number
  /** Whether its cause was lost with it: not where an entry is there still, and over by a clock that was set. */
  readonly is_unheard: boolean
}

const SAYS_LESS = 'r.kind IS NULL OR r.least IS NOT NULL AND (g.least IS NULL OR r.least < g.least)'

// Each thing once, in the strongest form in which it is remembered, if the database says less about it now.
const findLost = statement<LostRow>(
  'revocations.find_lost',
  `WITH given AS (
     SELECT kind, ref, CASE WHEN bool_and(least IS NOT NULL) THEN max(least) END AS least, max(life) AS life
     FROM json_to_recordset(@entries::json) AS given (kind text, ref text, least bigint, life float8)
     GROUP BY kind, ref)
   SELECT g.*, (${SAYS_LESS}) AS is_unheard
   FROM given g LEFT JOIN countersign.revocations r ON r.kind = g.kind AND r.ref = g.ref
   WHERE r.ends_at <= clock_timestamp() OR ${SAYS_LESS}`,
)

// An `id` where the reference is one: of sessions, users and API keys.
const LOST =
  'json_to_recordset(@lost::json) AS lost (kind text, ref text, id uuid, least bigint, life float8)'

const write = statement(
  'revocations.write_lost',
  insertEntries(`SELECT kind, ref, least, ${lengthOf('life')} AS life FROM ${LOST}`, 'life'),
)

const writeEvent = statement('revocations.write_lost_event', insertEvent())

const endSessions = statement(
  'revocations.end_lost_sessions',
  `WITH held AS MATERIALIZED (
     SELECT user_id, id FROM countersign.sessions
     WHERE id IN (SELECT lost.id FROM ${LOST}) AND ended_at IS NULL ORDER BY user_id, id FOR NO KEY UPDATE)
   UPDATE countersign.sessions s SET ended_at = ${NOW}, ended_why = 'token_revoked'
   FROM held WHERE s.user_id = held.user_id AND s.id = held.id`,
)

// The entry does not tell whether credentials were void or only claims: the safe reading is both. A user whose removal
// was lost is disabled, for a removal cannot be undone if the operator knows better.
const raiseUsers = statement(
  'revocations.raise_lost_users',
  `WITH held AS MATERIALIZED (
     SELECT u.id, lost.least IS NULL AS removed, coalesce(lost.least, ${raised('0')}) AS least
     FROM countersign.users u JOIN ${LOST} ON lost.id = u.id ORDER BY u.id FOR NO KEY UPDATE OF u)
   UPDATE countersign.users u SET ver = greatest(u.ver, held.least), epoch = greatest(u.epoch, held.least),
     state = CASE WHEN held.removed THEN 'disabled' ELSE u.state END, updated_at = ${NOW}
   FROM held WHERE u.id = held.id`,
)

// They live for much longer than their entries.
const endApiKeys = statement(
  'revocations.end_lost_api_keys',
  `WITH held AS MATERIALIZED (
     SELECT user_id, id FROM countersign.api_keys
     WHERE id IN (SELECT lost.id FROM ${LOST}) AND ends_at > clock_timestamp()
     ORDER BY user_id, id FOR NO KEY UPDATE)
   UPDATE countersign.api_keys k SET ends_at = ${NOW}
   FROM held WHERE k.user_id = held.user_id AND k.id = held.id`,
)

const raiseClients = statement(
  'revocations.raise_lost_clients',
  `WITH held AS MATERIALIZED (
     SELECT c.id, lost.least FROM countersign.clients c JOIN ${LOST} ON lost.ref = c.id
     ORDER BY c.id FOR NO KEY UPDATE OF c)
   UPDATE countersign.clients c SET ver = greatest(c.ver, held.least) FROM held WHERE c.id = held.id`,
)

const removeClients = statement(
  'revocations.remove_lost_clients',
  `UPDATE countersign.clients SET ${REMOVED}
   WHERE id IN (SELECT lost.ref FROM ${LOST} WHERE lost.least IS NULL)`,
)

const raiseStore = statement(
  'revocations.raise_lost_store',
  `UPDATE countersign.store SET epoch = greatest(epoch, lost.least)
   FROM (SELECT max(coalesce(least, ${raised('0')})) AS least FROM ${LOST}) lost`,
)

// The row of the store is locked before the keys, as by whoever replaces the ring.
const revokeKeys = statement(
  'revocations.revoke_lost_keys',
  `WITH st AS (UPDATE countersign.store SET ring_version = ${raised('ring_version')}
     WHERE EXISTS (SELECT 1 FROM countersign.keys k JOIN ${LOST} ON lost.ref = k.kid WHERE k.phase <> 'revoked')
     RETURNING id)
   UPDATE countersign.keys k SET phase = 'revoked' FROM st, ${LOST}
   WHERE k.kid = lost.ref AND k.phase <> 'revoked'`,
)

/** In the order in which everybody locks. Entries of single tokens have no row to change. */
const CAUSES: readonly (readonly [RevocationKind, Statement<unknown>])[] = [
  ['session', endSessions],
  ['user', raiseUsers],
  ['apikey', endApiKeys],
  ['client', raiseClients],
  ['client', removeClients],
  ['store', raiseStore],
  ['key', revokeKeys],
]

/**
 * Writes back what this process remembers and the database has lost, each entry with its cause: the session ended, the
 * counter raised (PROTOCOL 2.4). Answers how many entries were lost.
 */
export function restoreRevocations(
  connection: Connection,
  entries: readonly PulledRevocation[],
  event: NewEvent,
): Promise<number> {
  return connection.transaction(
    async (transaction) => {
      const given = entries.map(({ remainingMilliseconds, ...entry }) => ({
        ...entry,
        life: remainingMilliseconds,
      }))
      const found = await transaction.rows(findLost, { entries: JSON.stringify(given) })
      const known = found.map((row) => ({ ...row, id: uuidOrNull(row.ref) }))
      const lost = known.filter((row) => row.is_unheard)
      if (known.length === 0) return 0
      for (const [kind, repeatCause] of CAUSES) {
        const ofKind = lost.filter((row) => row.kind === kind)
        if (ofKind.length > 0) await transaction.rows(repeatCause, { lost: JSON.stringify(ofKind) })
      }
      await transaction.rows(write, { lost: JSON.stringify(known) })
      if (lost.length > 0) await transaction.rows(writeEvent, eventValues(event))
      return lost.length
    },
    { long: true },
  )
}
