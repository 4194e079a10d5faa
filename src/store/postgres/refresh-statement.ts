import { MOST_AHEAD, type RefreshVerdict } from '../../model/refresh-decision.ts'
import { asJson, inMilliseconds, lengthOf, NOW, raised } from './expressions.ts'
import { insertEntries } from './revocation-entries.ts'
import type { FactsRow } from './session-rows.ts'
import { statement } from './statement.ts'
import { type UserRow, userColumns } from './user-rows.ts'

/** What a session is judged by beside its row, each as an expression of SQL. */
export interface JudgedBy {
  readonly generation: string
  readonly attempt: string
  /** A length of time. */
  readonly window: string
  /** A length of time. */
  readonly idle: string
  readonly writingKey: string
  readonly clientId: string
  readonly network: string
  readonly agent: string
  readonly clockUnsure: string
  readonly elsewhereIsReuse: string
  /** The time now. */
  readonly clock: string
}

/**
 * `decideRefresh` in SQL, as expressions over rows `held`: a session's columns, and the counters and states it depends
 * on. Afterwards `changed` has a row for each with the verdict and, as `new_…`, what becomes of the session. The
 * test that compares it with the function runs this very text over many rows.
 *
 * What is materialized is read more than once: inlined, it would be computed anew at each of its many places.
 *
 * Two verdicts are finer than the function's: `wrong_client` is unknown to the caller, `stepped` is a repeat that is
 * owed to a clock known to have stepped. Rows of which `answered` is not true are left as they are, and out.
 */
export function judgement(by: JudgedBy, answered = 'true'): string {
  const { generation: p, window } = by
  return `
  seen AS MATERIALIZED (SELECT held.*, ${by.clock} AS clock FROM held),
  dated AS MATERIALIZED (SELECT seen.*, greatest(clock, turned_at) AS as_of,
      coalesce(network <> ${by.network} AND agent <> ${by.agent}, false) AS strange FROM seen),
  judged AS MATERIALIZED (SELECT dated.*, CASE
      WHEN client_id <> ${by.clientId} THEN 'wrong_client'
      WHEN ended_at IS NOT NULL OR u_state <> 'active' OR c_state IS DISTINCT FROM 'active'
        OR user_epoch < u_epoch OR store_epoch < st_epoch THEN 'ended'
      WHEN clock >= ends_at OR clock >= idle_at THEN 'expired'
      WHEN ${p} > generation + ${MOST_AHEAD} THEN 'hold'
      WHEN ${p} > generation THEN 'ahead'
      WHEN ${p} = generation THEN 'rotate'
      WHEN ${p} = generation - 1 AND as_of < turned_at + ${window}
        AND NOT (strange AND ${by.elsewhereIsReuse}) THEN 'repeat'
      WHEN ${p} = generation - 1 AND ${by.attempt} = attempt THEN 'late_repeat'
      WHEN strange AND ${by.elsewhereIsReuse} THEN 'reuse'
      WHEN ${p} < generation - 1 AND (${p} >= mark_generation AND as_of < mark_at + 2 * ${window}
        OR ${p} >= previous_generation AND as_of < previous_at + 2 * ${window}) THEN 'repeat'
      WHEN ${by.clockUnsure} AND ${window} > interval '0' AND ${p} >= least(previous_generation, generation - 1)
        THEN 'stepped'
      ELSE 'reuse' END AS verdict FROM dated),
  moved AS (SELECT judged.*, verdict IN ('rotate', 'ahead') AS moves,
      verdict = 'late_repeat' OR verdict IN ('rotate', 'ahead') AND as_of >= mark_at + ${window} AS marks,
      verdict IN ('repeat', 'late_repeat', 'stepped') AND strange AS elsewhere FROM judged),
  changed AS MATERIALIZED (SELECT moved.*,
      CASE WHEN moves THEN ${p} + 1 ELSE generation END AS new_generation,
      CASE WHEN moves THEN ${by.writingKey} ELSE key_id END AS new_key_id,
      CASE WHEN moves THEN ${by.attempt} ELSE attempt END AS new_attempt,
      CASE WHEN moves THEN as_of + ${by.idle} ELSE idle_at END AS new_idle_at,
      CASE WHEN verdict = 'reuse' THEN turned_at ELSE as_of END AS new_turned_at,
      CASE WHEN marks THEN mark_generation ELSE previous_generation END AS new_previous_generation,
      CASE WHEN marks THEN mark_at ELSE previous_at END AS new_previous_at,
      CASE WHEN marks THEN least(generation, ${p}) ELSE mark_generation END AS new_mark_generation,
      CASE WHEN marks THEN as_of ELSE mark_at END AS new_mark_at,
      CASE WHEN verdict = 'reuse' THEN as_of END AS new_ended_at,
      CASE WHEN verdict = 'reuse' THEN 'reuse' END AS new_ended_why
    FROM moved WHERE ${answered})`
}

/** The verdicts that change the row. */
const CHANGING = `('rotate', 'ahead', 'late_repeat', 'reuse')`

interface RefreshResult extends UserRow, FactsRow {
  readonly verdict: Exclude<RefreshVerdict, 'unknown'> | 'wrong_client' | 'stepped'
  readonly generation: number
  readonly key_id: string
  readonly elsewhere: boolean
  readonly last_address: string | null
  readonly last_agent: string | null
  readonly last_at: number
}

/** Which of the calls a row answers. */
export interface NumberedResult extends RefreshResult {
  readonly number: number
}

/** What `@calls` holds: a list of objects in JSON, with these members. */
const CALL = `p_number integer, p_user uuid, p_session uuid, p_secret_hash text, p_client text, p_generation bigint,
      p_attempt text, p_window float8, p_idle float8, p_writing_key text, p_clock_unsure boolean,
      p_elsewhere_is_reuse boolean, p_ends_user boolean, p_network text, p_actor_kind text, p_actor_id text,
      p_address text, p_agent text, p_reference text`

const PRESENTED: JudgedBy = {
  generation: 'p_generation',
  attempt: 'p_attempt',
  window: lengthOf('p_window'),
  idle: lengthOf('p_idle'),
  writingKey: 'p_writing_key',
  clientId: 'p_client',
  network: 'p_network',
  agent: 'p_agent',
  clockUnsure: 'p_clock_unsure',
  elsewhereIsReuse: 'p_elsewhere_is_reuse',
  clock: NOW,
}

/**
 * The whole refresh: lock, verdict, change, events, revocation entries and what the answer is made from, in one
 * statement that is its own transaction (PROTOCOL 1.12), for one call or for several of different sessions. `clock` is
 * taken after the row is locked. A plain rotation or repeat writes no event. Only under reuse, and if asked, is the
 * user's row written: after the session's, like everywhere.
 *
 * The condition on `p_number` is true of every call. The planner takes it to leave one row, and so looks each session up by its
 * key, as it should, instead of reading the table once for all.
 */
function refreshBy(name: string, lock: string, answered: string) {
  return statement<NumberedResult>(
    name,
    `WITH asked AS MATERIALIZED (
    SELECT * FROM json_to_recordset(@calls::json) AS given (${CALL})
    WHERE p_number = abs(p_number) AND p_generation IS NOT NULL),
  held AS MATERIALIZED (
    SELECT s.*, asked.*, ${userColumns}, c.state AS c_state, c.ver AS c_ver, st.epoch AS st_epoch
    FROM asked JOIN countersign.sessions s
        ON s.user_id = p_user AND s.id = p_session AND s.secret_hash = p_secret_hash
      JOIN countersign.users u ON u.id = s.user_id
      JOIN countersign.store st ON st.only_row = 1 LEFT JOIN countersign.clients c ON c.id = s.client_id
    FOR NO KEY UPDATE OF s${lock}),
  ${judgement(PRESENTED, answered)},
  written AS (UPDATE countersign.sessions s SET
      generation = n.new_generation, key_id = n.new_key_id, attempt = n.new_attempt, idle_at = n.new_idle_at,
      last_day = (least(n.new_idle_at, n.ends_at) AT TIME ZONE 'UTC')::date, turned_at = n.new_turned_at,
      previous_generation = n.new_previous_generation, previous_at = n.new_previous_at,
      mark_generation = n.new_mark_generation, mark_at = n.new_mark_at,
      ended_at = n.new_ended_at, ended_why = n.new_ended_why,
      address = CASE WHEN moves THEN p_address ELSE s.address END,
      network = CASE WHEN moves THEN p_network ELSE s.network END,
      agent = CASE WHEN moves THEN p_agent ELSE s.agent END
    FROM changed n WHERE s.user_id = n.user_id AND s.id = n.id AND n.verdict IN ${CHANGING}),
  raised AS (UPDATE countersign.users u SET ver = ${raised('u.ver')}, epoch = ${raised('u.epoch')}, updated_at = ${NOW}
    FROM changed n WHERE u.id = n.user_id AND n.verdict = 'reuse' AND p_ends_user RETURNING u.id, u.ver),
  entered AS (${insertEntries(`SELECT 'session' AS kind, id::text AS ref, NULL::bigint AS least FROM changed
      WHERE verdict = 'reuse'
      UNION ALL SELECT 'user', id::text, ver FROM raised`)}),
  noted AS (INSERT INTO countersign.events
      (at, name, user_id, session_id, client_id, actor_kind, actor_id, address, agent, reference, data)
    SELECT as_of, event, user_id, id, p_client, p_actor_kind, p_actor_id, p_address, p_agent, p_reference, CASE
      WHEN event = 'session.wrong_client' THEN json_build_object('owner', client_id)
      ELSE json_build_object('presented', p_generation, 'generation', generation,
        'at', ${inMilliseconds('as_of')}, 'address', p_address, 'agent', p_agent,
        'last_at', ${inMilliseconds('turned_at')}, 'last_address', address, 'last_agent', agent,
        'ends', CASE WHEN verdict = 'reuse' THEN CASE WHEN p_ends_user THEN 'user' ELSE 'session' END END) END
    FROM changed CROSS JOIN LATERAL unnest(ARRAY[
      CASE
        WHEN verdict IN ('hold', 'ahead', 'late_repeat', 'reuse') THEN 'session.' || verdict
        WHEN verdict = 'wrong_client' AND ended_at IS NULL AND user_epoch >= u_epoch AND store_epoch >= st_epoch
          AND u_state = 'active' AND clock < least(idle_at, ends_at) THEN 'session.wrong_client'
        WHEN verdict = 'stepped' THEN 'clock.stepped' END,
      CASE WHEN elsewhere THEN 'session.repeat_elsewhere' END]) event
    WHERE event IS NOT NULL)
  SELECT p_number AS number, verdict, new_generation AS generation, new_key_id AS key_id, elsewhere,
    id AS session_id, ${inMilliseconds('clock')} AS as_of, c_ver AS client_ver, st_epoch AS store_epoch,
    ${asJson('scope')} AS scope, ${asJson('resources')} AS resources, ${asJson('amr')} AS amr,
    ${inMilliseconds('coalesce(authenticated_at, started_at)')} AS authenticated_at,
    address AS last_address, agent AS last_agent, ${inMilliseconds('turned_at')} AS last_at,
    u_id, u_email, u_email_verified, u_username, u_roles, u_state, u_ver, u_epoch, u_profile, u_created_at, u_updated_at
  FROM changed`,
  )
}

/** For one call: waits for whoever holds the session. */
export const refreshAlone = refreshBy('sessions.refresh_alone', '', 'true')

/**
 * For several calls, each of another session. It waits for nobody, so that no session holds another one up and none can
 * wait for each other: those that are held have no row in the answer. Nor has what would change an account as well, whose
 * row somebody else may hold.
 */
export const refreshTogether = refreshBy(
  'sessions.refresh',
  ' SKIP LOCKED',
  `NOT (verdict = 'reuse' AND p_ends_user)`,
)
