import type { NewEvent } from '../../audit/events.ts'
import type { User } from '../../model/user.ts'
import { MOST_LISTED_SESSIONS, type NewSession, type SessionVerbs, type StartedSession } from '../sessions.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { asJson, inMilliseconds, lengthOf, NOW, timeFrom, uuidOrNull } from './expressions.ts'
import { type RefreshQueue, refresher } from './refresh.ts'
import { insertEntries } from './revocation-entries.ts'
import {
  AUTHENTICATED_AT,
  type FactsRow,
  LIVE,
  type SessionRow,
  toFacts,
  toSession,
  WITHIN_LIMITS,
} from './session-rows.ts'
import { statement, type Values } from './statement.ts'
import { voidCredentials } from './user-counters.ts'
import { toUser, type UserRow, userColumns } from './user-rows.ts'

// The user's key is locked against removal; a new epoch is not waited for, for then the session is dead at birth.
export const startSession = statement<FactsRow & UserRow>(
  'sessions.start',
  `WITH u AS MATERIALIZED (
     SELECT * FROM countersign.users
     WHERE id = @user_id::uuid AND epoch = @user_epoch::bigint AND state = 'active' FOR KEY SHARE),
   t AS MATERIALIZED (SELECT ${NOW} AS now FROM u),
   s AS (
     INSERT INTO countersign.sessions (user_id, id, client_id, secret_hash, key_id, turned_at, mark_at, previous_at,
       user_epoch, store_epoch, scope, resources, amr, started_at, idle_at, ends_at, last_day, address, network, agent,
       authenticated_at)
     SELECT u.id, @id::uuid, c.id, @secret_hash::text, @key_id::text, t.now, t.now, t.now,
       u.epoch, st.epoch, @scope::text[], @resources::text[], @amr::text[], t.now, t.now + ${lengthOf('@idle')},
       t.now + ${lengthOf('@life')},
       ((t.now + least(${lengthOf('@idle')}, ${lengthOf('@life')})) AT TIME ZONE 'UTC')::date,
       @address::text, @network::text, @agent::text, ${timeFrom('@authenticated_at')}
     FROM u, t, countersign.store st, countersign.clients c
     WHERE c.id = @client_id::text AND c.state = 'active' RETURNING *),
   e AS (${insertEvent('s')})
   SELECT s.id AS session_id, ${inMilliseconds('s.started_at')} AS as_of, c.ver AS client_ver, s.store_epoch,
     ${asJson('s.scope')} AS scope, ${asJson('s.resources')} AS resources, ${asJson('s.amr')} AS amr,
     ${AUTHENTICATED_AT} AS authenticated_at, ${userColumns}
   FROM s JOIN u ON u.id = s.user_id JOIN countersign.clients c ON c.id = s.client_id`,
)

const COLUMNS = `s.id, s.user_id, s.client_id, ${asJson('s.scope')} AS scope, ${asJson('s.amr')} AS amr,
     ${inMilliseconds('s.started_at')} AS started_at,
     ${AUTHENTICATED_AT} AS authenticated_at,
     ${inMilliseconds('s.turned_at')} AS used_at,
     ${inMilliseconds('least(s.idle_at, s.ends_at)')} AS ends_at, s.address, s.agent`

interface InspectedRow extends SessionRow {
  readonly generation: number
  readonly live: boolean
  readonly u_ver: number
  readonly c_ver: number
  readonly st_epoch: number
}

const inspect = statement<InspectedRow>(
  'sessions.inspect',
  `SELECT ${COLUMNS}, s.generation,
     coalesce(u.state = 'active' AND c.state = 'active' AND ${LIVE} AND ${WITHIN_LIMITS}, false) AS live,
     u.ver AS u_ver, coalesce(c.ver, 0) AS c_ver, st.epoch AS st_epoch
   FROM countersign.sessions s JOIN countersign.users u ON u.id = s.user_id
     JOIN countersign.store st ON st.only_row = 1 LEFT JOIN countersign.clients c ON c.id = s.client_id
   WHERE s.user_id = @user_id::uuid AND s.id = @id::uuid AND s.secret_hash = @secret_hash::text`,
)

interface StandingRow extends SessionRow, UserRow {
  readonly c_ver: number
  readonly st_epoch: number
  readonly idle_at: number
  readonly last_at: number
  readonly as_of: number
}

const findStanding = statement<StandingRow>(
  'sessions.find_standing',
  `SELECT ${COLUMNS}, ${userColumns}, c.ver AS c_ver, st.epoch AS st_epoch,
     ${inMilliseconds('least(s.idle_at, s.ends_at)')} AS idle_at, ${inMilliseconds('s.ends_at')} AS last_at,
     ${inMilliseconds(NOW)} AS as_of
   FROM countersign.sessions s JOIN countersign.users u ON u.id = s.user_id
     JOIN countersign.clients c ON c.id = s.client_id, countersign.store st
   WHERE s.user_id = @user_id::uuid AND s.id = @id::uuid AND s.secret_hash = @secret_hash::text
     AND u.state = 'active' AND c.state = 'active' AND ${LIVE} AND ${WITHIN_LIMITS}`,
)

// The user is held against a new epoch until this is committed; sessions first, as everywhere.
const renew = statement<FactsRow & UserRow>(
  'sessions.renew',
  `WITH held AS MATERIALIZED (
     SELECT * FROM countersign.sessions WHERE user_id = @user_id::uuid AND id = @id::uuid FOR NO KEY UPDATE),
   u AS MATERIALIZED (
     SELECT * FROM countersign.users
     WHERE id = @user_id::uuid AND epoch = @user_epoch::bigint AND state = 'active'
       AND (SELECT count(*) FROM held) > 0 FOR SHARE),
   s AS (
     UPDATE countersign.sessions s SET authenticated_at = ${NOW}, amr = @amr::text[]
     FROM u, countersign.store st, countersign.clients c
     WHERE s.user_id = @user_id::uuid AND s.id = @id::uuid AND u.id = s.user_id AND c.id = s.client_id
       AND c.state = 'active' AND ${LIVE} AND ${WITHIN_LIMITS} RETURNING s.*),
   e AS (${insertEvent('s')})
   SELECT s.id AS session_id, ${inMilliseconds('s.authenticated_at')} AS as_of, c.ver AS client_ver, s.store_epoch,
     ${asJson('s.scope')} AS scope, ${asJson('s.resources')} AS resources, ${asJson('s.amr')} AS amr,
     ${AUTHENTICATED_AT} AS authenticated_at, ${userColumns}
   FROM s JOIN u ON u.id = s.user_id JOIN countersign.clients c ON c.id = s.client_id`,
)

const noteUses = statement(
  'sessions.note_uses',
  `UPDATE countersign.sessions s SET turned_at = t.now, idle_at = t.now + used.idle,
     last_day = (least(t.now + used.idle, s.ends_at) AT TIME ZONE 'UTC')::date,
     address = coalesce(used.address, s.address), network = coalesce(used.network, s.network),
     agent = coalesce(used.agent, s.agent)
   FROM (SELECT unnest(@user_ids::uuid[]) AS user_id, unnest(@ids::uuid[]) AS id,
       unnest(@idles::bigint[]) * interval '1 millisecond' AS idle, unnest(@addresses::text[]) AS address,
       unnest(@networks::text[]) AS network, unnest(@agents::text[]) AS agent) used, (SELECT ${NOW} AS now) t
   WHERE s.user_id = used.user_id AND s.id = used.id AND s.ended_at IS NULL AND ${WITHIN_LIMITS}`,
)

const findOwner = statement<UserRow>(
  'sessions.find_owner',
  `SELECT ${userColumns} FROM countersign.sessions s JOIN countersign.users u ON u.id = s.user_id, countersign.store st
   WHERE s.user_id = @user_id::uuid AND s.id = @id::uuid AND u.state = 'active' AND ${LIVE} AND ${WITHIN_LIMITS}`,
)

export async function findOwnerOf(
  connection: Connection,
  userId: string,
  id: string,
): Promise<User | undefined> {
  const row = await firstRow(connection, findOwner, { user_id: uuidOrNull(userId), id: uuidOrNull(id) })
  return row && toUser(row)
}

const list = statement<SessionRow>(
  'sessions.list',
  `SELECT ${COLUMNS}
   FROM countersign.sessions s JOIN countersign.users u ON u.id = s.user_id, countersign.store st
   WHERE s.user_id = @user_id::uuid AND u.state = 'active' AND ${LIVE} AND ${WITHIN_LIMITS}
   ORDER BY s.turned_at DESC, s.id LIMIT ${MOST_LISTED_SESSIONS}`,
)

const countLive = statement<{ sessions: number }>(
  'sessions.count_live',
  `SELECT count(*) AS sessions
   FROM countersign.sessions s JOIN countersign.users u ON u.id = s.user_id, countersign.store st
   WHERE u.state = 'active' AND ${LIVE} AND ${WITHIN_LIMITS}`,
  { long: true },
)

const end = statement<{ id: string }>(
  'sessions.end',
  `WITH s AS (
     UPDATE countersign.sessions s SET ended_at = ${NOW}, ended_why = @why::text
     FROM countersign.users u, countersign.store st
     WHERE s.user_id = @user_id::uuid AND s.id = @id::uuid AND u.id = s.user_id AND ${LIVE}
       AND (@secret_hash::text IS NULL OR s.secret_hash = @secret_hash::text)
       AND (@client_id::text IS NULL OR s.client_id = @client_id::text)
     RETURNING s.id),
   r AS (${insertEntries(`SELECT 'session' AS kind, id::text AS ref, NULL::bigint AS least FROM s`)}),
   e AS (${insertEvent('s')})
   SELECT id FROM s`,
)

const endAll = statement<{ ended: number }>(
  'sessions.end_all',
  `${voidCredentials()},
   e AS (${insertEvent('u')})
   SELECT count(*) AS ended FROM countersign.sessions s, b, countersign.store st
   WHERE s.user_id = b.id AND s.id IS DISTINCT FROM @keep::uuid AND s.ended_at IS NULL
     AND s.user_epoch = b.epoch AND s.store_epoch >= st.epoch AND ${WITHIN_LIMITS}`,
)

/** What `startSession` binds. */
export function startValues(session: NewSession, event: NewEvent): Values {
  return {
    id: uuidOrNull(session.id),
    user_id: uuidOrNull(session.userId),
    client_id: session.clientId,
    secret_hash: session.secretHash,
    key_id: session.keyId,
    user_epoch: session.userEpoch,
    scope: session.scope,
    resources: session.resources,
    amr: session.amr,
    authenticated_at: session.authenticatedAt,
    address: session.address,
    network: session.network,
    agent: session.agent,
    idle: session.idleMilliseconds,
    life: session.lifeMilliseconds,
    ...eventValues(event),
  }
}

/** No row: something the session rests on has changed since it was read. */
export function toStarted(row: (FactsRow & UserRow) | undefined): StartedSession {
  return row === undefined
    ? { outcome: 'stale' }
    : { outcome: 'started', facts: toFacts(row), user: toUser(row) }
}

export function sessionVerbs(connection: Connection, queue: RefreshQueue): SessionVerbs {
  return {
    async start(session, event) {
      return toStarted(await firstRow(connection, startSession, startValues(session, event)))
    },

    refresh: refresher(connection, queue),

    async inspect({ userId, id, secretHash }) {
      const values = { user_id: uuidOrNull(userId), id: uuidOrNull(id), secret_hash: secretHash }
      const row = await firstRow(connection, inspect, values)
      return (
        row && {
          session: toSession(row),
          generation: row.generation,
          live: row.live,
          counters: { user: row.u_ver, client: row.c_ver, store: row.st_epoch },
        }
      )
    },

    async findStanding({ userId, id, secretHash }) {
      const values = { user_id: uuidOrNull(userId), id: uuidOrNull(id), secret_hash: secretHash }
      const row = await firstRow(connection, findStanding, values)
      return (
        row && {
          session: toSession(row),
          user: toUser(row),
          counters: { user: row.u_ver, client: row.c_ver, store: row.st_epoch },
          idleEndsAt: row.idle_at,
          endsAt: row.last_at,
          asOf: row.as_of,
        }
      )
    },

    async noteUses(uses) {
      await connection.rows(noteUses, {
        user_ids: uses.map(({ userId }) => userId),
        ids: uses.map(({ id }) => id),
        idles: uses.map(({ idleMilliseconds }) => idleMilliseconds),
        addresses: uses.map(({ address = null }) => address),
        networks: uses.map(({ network = null }) => network),
        agents: uses.map(({ agent = null }) => agent),
      })
    },

    async renew({ userId, id, userEpoch, amr }, event) {
      const row = await firstRow(connection, renew, {
        user_id: uuidOrNull(userId),
        id: uuidOrNull(id),
        user_epoch: userEpoch,
        amr,
        ...eventValues(event),
      })
      return row && { facts: toFacts(row), user: toUser(row) }
    },

    findOwner: (userId, id) => findOwnerOf(connection, userId, id),

    list: async (userId) => (await connection.rows(list, { user_id: uuidOrNull(userId) })).map(toSession),

    countLive: async () => (await firstRow(connection, countLive))?.sessions ?? 0,

    async end({ userId, id, secretHash, clientId, why }, event) {
      const row = await firstRow(connection, end, {
        user_id: uuidOrNull(userId),
        id: uuidOrNull(id),
        secret_hash: secretHash,
        client_id: clientId,
        why,
        ...eventValues(event),
      })
      return row !== undefined
    },

    // The reason is in the event. The rows stay as they are: the user's new epoch alone ends them (PROTOCOL 1.7).
    async endAll(userId, { exceptId }, event) {
      const values = { id: uuidOrNull(userId), keep: uuidOrNull(exceptId), ...eventValues(event) }
      return (await firstRow(connection, endAll, values))?.ended ?? 0
    },
  }
}
