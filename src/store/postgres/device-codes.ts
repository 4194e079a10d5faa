import {
  DEVICE_REPEAT_MILLISECONDS,
  type DeviceCodeVerbs,
  type DevicePoll,
  POLL_TOLERANCE_MILLISECONDS,
  SLOW_DOWN_MILLISECONDS,
} from '../device-codes.ts'
import { toWaiting, type WaitingRow } from '../rows/device-codes.ts'
import { endMade } from './codes.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { asJson, inMilliseconds, lengthOf, NOW, uuidOrNull } from './expressions.ts'
import { LIVE, WITHIN_LIMITS } from './session-rows.ts'
import { startSession, startValues, toStarted } from './sessions.ts'
import { statement } from './statement.ts'
import { toUser, type UserRow, userColumns } from './user-rows.ts'

const create = statement<{ hash: string }>(
  'device_codes.create',
  `INSERT INTO countersign.device_codes (hash, user_code_hash, client_id, scope, resources, address, agent, asked_at,
     ends_at, interval_milliseconds, state)
   SELECT @hash::text, @user_code_hash::text, @client_id::text, @scope::text[], @resources::text[], @address::text,
     @agent::text, t.now, t.now + ${lengthOf('@life')}, @interval::bigint, 'waiting'
   FROM (SELECT ${NOW} AS now) t ON CONFLICT DO NOTHING RETURNING hash`,
)

const findWaiting = statement<WaitingRow>(
  'device_codes.find_waiting',
  `SELECT hash, client_id, ${asJson('scope')} AS scope, ${asJson('resources')} AS resources, address, agent,
     ${inMilliseconds('asked_at')} AS asked_at
   FROM countersign.device_codes
   WHERE user_code_hash = ANY (@hashes::text[]) AND state = 'waiting' AND ends_at > clock_timestamp()`,
)

const approve = statement<{ hash: string }>(
  'device_codes.approve',
  `WITH o AS MATERIALIZED (
     -- As for a code: see codes.create.
     SELECT c.store_epoch FROM countersign.consents c
     WHERE c.user_id = @user_id::uuid
       AND c.client_id = (SELECT client_id FROM countersign.device_codes WHERE hash = @hash::text)
     FOR KEY SHARE OF c),
   d AS (
     UPDATE countersign.device_codes d SET state = 'approved', user_id = s.user_id, user_epoch = s.user_epoch,
       granted = @scope::text[], amr = s.amr, authenticated_at = coalesce(s.authenticated_at, s.started_at)
     FROM countersign.sessions s JOIN countersign.users u ON u.id = s.user_id, countersign.store st
     WHERE d.hash = @hash::text AND d.state = 'waiting' AND d.ends_at > clock_timestamp()
       AND s.user_id = @user_id::uuid AND s.id = @session_id::uuid AND u.state = 'active'
       AND ${LIVE} AND ${WITHIN_LIMITS} AND EXISTS (SELECT FROM o WHERE o.store_epoch >= st.epoch)
     RETURNING d.hash),
   e AS (${insertEvent('d')})
   SELECT hash FROM d`,
)

const deny = statement<{ hash: string }>(
  'device_codes.deny',
  `WITH d AS (
     UPDATE countersign.device_codes SET state = 'denied'
     WHERE hash = @hash::text AND state = 'waiting' AND ends_at > clock_timestamp() RETURNING hash),
   e AS (${insertEvent('d')})
   SELECT hash FROM d`,
)

/** Whoever comes second waits here, and then sees what the first one wrote. */
const lock = statement(
  'device_codes.lock',
  'SELECT FROM countersign.device_codes WHERE hash = @hash::text FOR NO KEY UPDATE',
)

interface StandingRow {
  readonly client_id: string
  readonly state: 'waiting' | 'approved' | 'denied' | 'used'
  readonly over: boolean
  readonly too_soon: boolean
  readonly used_long_ago: boolean
  readonly resources: readonly string[]
  readonly user_id: string | null
  readonly user_epoch: number | null
  readonly granted: readonly string[] | null
  readonly amr: readonly string[] | null
  readonly authenticated_at: number | null
  readonly made_session_id: string | null
}

const find = statement<StandingRow & { readonly [Column in keyof UserRow]: UserRow[Column] | null }>(
  'device_codes.find',
  `SELECT d.client_id, d.state, d.ends_at <= clock_timestamp() AS over,
     coalesce(clock_timestamp() < d.polled_at
       + ${lengthOf(`(d.interval_milliseconds - ${POLL_TOLERANCE_MILLISECONDS})`)}, false) AS too_soon,
     coalesce(clock_timestamp() >= d.used_at + ${lengthOf(String(DEVICE_REPEAT_MILLISECONDS))}, false)
       AS used_long_ago,
     ${asJson('d.resources')} AS resources, d.user_id, d.user_epoch, ${asJson('d.granted')} AS granted,
     ${asJson('d.amr')} AS amr, ${inMilliseconds('d.authenticated_at')} AS authenticated_at, d.made_session_id,
     ${userColumns}
   FROM countersign.device_codes d LEFT JOIN countersign.users u ON u.id = d.user_id WHERE d.hash = @hash::text`,
)

const notePoll = statement(
  'device_codes.note_poll',
  `UPDATE countersign.device_codes SET polled_at = ${NOW}, interval_milliseconds = interval_milliseconds + @more::bigint
   WHERE hash = @hash::text`,
)

const use = statement(
  'device_codes.use',
  `UPDATE countersign.device_codes SET state = 'used', made_session_id = @made::uuid, used_at = ${NOW}
   WHERE hash = @hash::text`,
)

export function deviceCodeVerbs(connection: Connection): DeviceCodeVerbs {
  return {
    async create(code) {
      const row = await firstRow(connection, create, {
        hash: code.hash,
        user_code_hash: code.userCodeHash,
        client_id: code.clientId,
        scope: code.scope,
        resources: code.resources,
        address: code.address,
        agent: code.agent,
        life: code.lifeMilliseconds,
        interval: code.intervalMilliseconds,
      })
      return row !== undefined
    },

    async findWaiting(hashes) {
      const row = await firstRow(connection, findWaiting, { hashes })
      return row && toWaiting(row)
    },

    async approve({ hash, userId, sessionId, scope }, event) {
      const ids = { user_id: uuidOrNull(userId), session_id: uuidOrNull(sessionId) }
      return (
        (await firstRow(connection, approve, { hash, ...ids, scope, ...eventValues(event) })) !== undefined
      )
    },

    deny: async (hash, event) =>
      (await firstRow(connection, deny, { hash, ...eventValues(event) })) !== undefined,

    poll: ({ hash, clientId }, reused) =>
      connection.transaction(async (transaction): Promise<DevicePoll | undefined> => {
        await transaction.rows(lock, { hash })
        const row = await firstRow(transaction, find, { hash })
        if (row === undefined) return undefined
        if (row.client_id !== clientId) return { state: 'other_client', owner: row.client_id }
        const { state, user_id: userId, made_session_id: sessionId, used_long_ago: ended } = row
        if (state === 'used' && userId !== null && sessionId !== null) {
          const event = eventValues({ ...reused, userId, sessionId })
          if (ended) await transaction.rows(endMade, { user_id: userId, made: sessionId, ...event })
          return { state, userId, sessionId, ended }
        }
        if (state === 'denied') return { state }
        if (row.over) return { state: 'expired' }
        if (state === 'approved') return toApproved(row)
        await transaction.rows(notePoll, { hash, more: row.too_soon ? SLOW_DOWN_MILLISECONDS : 0 })
        return { state: row.too_soon ? 'too_soon' : 'waiting' }
      }),

    redeem: (hash, session, started) =>
      connection.transaction(async (transaction) => {
        await transaction.rows(lock, { hash })
        const row = await firstRow(transaction, find, { hash })
        if (row?.state !== 'approved' || row.over) return { outcome: 'lost' }
        const begun = toStarted(await firstRow(transaction, startSession, startValues(session, started)))
        if (begun.outcome === 'stale') return { outcome: 'lost' }
        await transaction.rows(use, { hash, made: uuidOrNull(session.id) })
        return { outcome: 'redeemed', facts: begun.facts, user: begun.user }
      }),
  }
}

function toApproved(
  row: StandingRow & { readonly [Column in keyof UserRow]: UserRow[Column] | null },
): DevicePoll {
  const { user_id: userId, user_epoch: userEpoch } = row
  if (userId === null || userEpoch === null || row.u_state !== 'active' || userEpoch !== row.u_epoch) {
    return { state: 'void', userId: userId ?? '' }
  }
  const approval = {
    userId,
    userEpoch,
    scope: row.granted ?? [],
    resources: row.resources,
    amr: row.amr ?? [],
    authenticatedAt: row.authenticated_at ?? 0,
  }
  return { state: 'approved', approval, user: toUser(row as UserRow) }
}
