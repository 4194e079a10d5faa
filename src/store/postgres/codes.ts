import type { CodeStanding, CodeVerbs } from '../codes.ts'
import { type CodeRow, toCode } from '../rows/codes.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { asJson, inMilliseconds, lengthOf, NOW, uuidOrNull } from './expressions.ts'
import { insertEntries } from './revocation-entries.ts'
import { LIVE, WITHIN_LIMITS } from './session-rows.ts'
import { startSession, startValues, toStarted } from './sessions.ts'
import { statement } from './statement.ts'
import { toUser, type UserRow, userColumns } from './user-rows.ts'

interface StandingRow extends CodeRow, UserRow {
  readonly over: boolean
  /** The session that it was used for. */
  readonly made_session_id: string | null
  /** Whether its own session is live. */
  readonly live: boolean
}

const create = statement<{ hash: string }>(
  'codes.create',
  `WITH t AS MATERIALIZED (SELECT ${NOW} AS now),
   o AS MATERIALIZED (
     -- Whoever takes it back waits for this, and then sees the code; or this waits, and then sees no consent.
     SELECT store_epoch FROM countersign.consents
     WHERE user_id = @user_id::uuid AND client_id = @client_id::text FOR KEY SHARE),
   c AS (
     INSERT INTO countersign.codes (user_id, hash, client_id, session_id, user_epoch, redirect_uri, challenge, scope,
       resources, nonce, amr, authenticated_at, ends_at)
     SELECT s.user_id, @hash::text, @client_id::text, s.id, s.user_epoch, @redirect_uri::text, @challenge::text,
       @scope::text[], @resources::text[], @nonce::text, s.amr, coalesce(s.authenticated_at, s.started_at),
       t.now + ${lengthOf('@life')}
     FROM t, countersign.sessions s JOIN countersign.users u ON u.id = s.user_id, countersign.store st
     WHERE s.user_id = @user_id::uuid AND s.id = @session_id::uuid AND u.state = 'active'
       AND ${LIVE} AND ${WITHIN_LIMITS}
       AND (NOT @needs_consent::boolean OR EXISTS (SELECT FROM o WHERE o.store_epoch >= st.epoch))
     RETURNING hash),
   e AS (${insertEvent('c')})
   SELECT hash FROM c`,
)

const SELECT = `SELECT c.user_id, c.hash, c.client_id, c.session_id, c.user_epoch, c.redirect_uri, c.challenge,
     ${asJson('c.scope')} AS scope, ${asJson('c.resources')} AS resources, c.nonce, ${asJson('c.amr')} AS amr,
     ${inMilliseconds('c.authenticated_at')} AS authenticated_at, c.ends_at <= clock_timestamp() AS over,
     c.made_session_id, ${userColumns}, EXISTS (
       SELECT FROM countersign.sessions s, countersign.store st
       WHERE s.user_id = c.user_id AND s.id = c.session_id AND ${LIVE} AND ${WITHIN_LIMITS}) AS live
   FROM countersign.codes c JOIN countersign.users u ON u.id = c.user_id
   WHERE c.user_id = @user_id::uuid AND c.hash = @hash::text`

const find = statement<StandingRow>('codes.find', SELECT)

/** Whoever comes second waits here, and then sees what the first one wrote. */
const lock = statement(
  'codes.lock',
  `SELECT FROM countersign.codes
   WHERE user_id = @user_id::uuid AND hash = @hash::text FOR NO KEY UPDATE`,
)

const use = statement(
  'codes.use',
  `UPDATE countersign.codes SET made_session_id = @made::uuid WHERE user_id = @user_id::uuid AND hash = @hash::text`,
)

export const endMade = statement(
  'codes.end_made',
  `WITH s AS (
     UPDATE countersign.sessions SET ended_at = ${NOW}, ended_why = 'reuse'
     WHERE user_id = @user_id::uuid AND id = @made::uuid AND ended_at IS NULL RETURNING id),
   r AS (${insertEntries(`SELECT 'session' AS kind, id::text AS ref, NULL::bigint AS least FROM s`)}),
   e AS (${insertEvent('s')})
   SELECT FROM s`,
)

export function codeVerbs(connection: Connection): CodeVerbs {
  return {
    async create(code, event) {
      const row = await firstRow(connection, create, {
        user_id: uuidOrNull(code.userId),
        hash: code.hash,
        client_id: code.clientId,
        session_id: uuidOrNull(code.sessionId),
        redirect_uri: code.redirectUri,
        challenge: code.challenge,
        scope: code.scope,
        resources: code.resources,
        nonce: code.nonce,
        needs_consent: code.needsConsent,
        life: code.lifeMilliseconds,
        ...eventValues(event),
      })
      return row !== undefined
    },

    async find(userId, hash) {
      const row = await firstRow(connection, find, { user_id: uuidOrNull(userId), hash })
      return row && toStanding(row)
    },

    redeem: ({ userId, hash }, session, { started, reused }) =>
      connection.transaction(async (transaction) => {
        const of = { user_id: uuidOrNull(userId), hash }
        await transaction.rows(lock, of)
        const row = await firstRow(transaction, find, of)
        if (row === undefined) return { outcome: 'void' }
        const { made_session_id: made } = row
        if (made !== null) {
          const event = eventValues({ ...reused, sessionId: made })
          await transaction.rows(endMade, { user_id: of.user_id, made, ...event })
          return { outcome: 'reused', sessionId: made }
        }
        if (toStanding(row).state !== 'good') return { outcome: 'void' }
        const begun = toStarted(await firstRow(transaction, startSession, startValues(session, started)))
        if (begun.outcome === 'stale') return { outcome: 'void' }
        await transaction.rows(use, { ...of, made: uuidOrNull(session.id) })
        return { outcome: 'redeemed', facts: begun.facts, user: begun.user }
      }),
  }
}

function toStanding(row: StandingRow): CodeStanding {
  const isVoid = !row.live || row.u_state !== 'active' || row.user_epoch !== row.u_epoch
  return {
    code: toCode(row),
    user: toUser(row),
    state: row.made_session_id !== null ? 'used' : isVoid ? 'void' : row.over ? 'expired' : 'good',
  }
}
