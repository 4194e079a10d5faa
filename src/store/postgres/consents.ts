import type { ConsentVerbs } from '../consents.ts'
import { type ConsentRow, toConsent } from '../rows/consents.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { asJson, inMilliseconds, NOW, uuidOrNull } from './expressions.ts'
import { insertEntries } from './revocation-entries.ts'
import { LIVE, WITHIN_LIMITS } from './session-rows.ts'
import { statement } from './statement.ts'

const SELECT = `SELECT c.client_id, coalesce(cl.name, '') AS name, ${asJson('c.scopes')} AS scopes,
     ${inMilliseconds('c.created_at')} AS created_at, ${inMilliseconds('c.updated_at')} AS updated_at
   FROM countersign.consents c JOIN countersign.store st ON c.store_epoch >= st.epoch
     LEFT JOIN countersign.clients cl ON cl.id = c.client_id
   WHERE c.user_id = @user_id::uuid`

const find = statement<ConsentRow>('consents.find', `${SELECT} AND c.client_id = @client_id::text`)
const list = statement<ConsentRow>(
  'consents.list',
  `${SELECT} AND cl.state IS DISTINCT FROM 'removed' ORDER BY c.updated_at DESC, c.client_id`,
)

// What was consented to under an older epoch of the database counts no more. The user is held against a new epoch until
// this is committed: what ends the session comes before, and is seen, or after, and then sees the consent.
const grant = statement<{ client_id: string }>(
  'consents.grant',
  `WITH u AS MATERIALIZED (
     SELECT id, epoch FROM countersign.users WHERE id = @user_id::uuid AND state = 'active' FOR SHARE),
   c AS (
     INSERT INTO countersign.consents AS former (user_id, client_id, scopes, store_epoch, created_at, updated_at)
     SELECT u.id, @client_id::text, @scopes::text[], st.epoch, t.now, t.now
     FROM u, countersign.store st, (SELECT ${NOW} AS now) t
     WHERE NOT @in_session::boolean OR EXISTS (
       SELECT FROM countersign.sessions s
       WHERE s.user_id = u.id AND s.id = @session::uuid AND ${LIVE} AND ${WITHIN_LIMITS})
     ON CONFLICT (user_id, client_id) DO UPDATE SET store_epoch = excluded.store_epoch,
       updated_at = excluded.updated_at, scopes = CASE
         WHEN former.store_epoch < excluded.store_epoch THEN excluded.scopes
         ELSE former.scopes || ARRAY(
           SELECT name FROM unnest(excluded.scopes) name WHERE name <> ALL (former.scopes)) END
     RETURNING client_id),
   e AS (${insertEvent('c')})
   SELECT client_id FROM c`,
)

// Sessions first, as whoever removes the account locks them before what else belongs to it. Then statements one by one: a
// code that is being used at this moment is waited for, and its session then seen.
const lockSessions = statement(
  'consents.lock_sessions',
  `SELECT id FROM countersign.sessions WHERE user_id = @user_id::uuid AND client_id = @client_id::text
   ORDER BY id FOR NO KEY UPDATE`,
)
const forget = statement<{ client_id: string }>(
  'consents.forget',
  `DELETE FROM countersign.consents WHERE user_id = @user_id::uuid AND client_id = @client_id::text
   RETURNING client_id`,
)
const forgetCodes = statement(
  'consents.forget_codes',
  `DELETE FROM countersign.codes WHERE user_id = @user_id::uuid AND client_id = @client_id::text`,
)
const forgetDevices = statement(
  'consents.forget_devices',
  `DELETE FROM countersign.device_codes WHERE user_id = @user_id::uuid AND client_id = @client_id::text`,
)
const endSessions = statement(
  'consents.end_sessions',
  `WITH s AS (
     UPDATE countersign.sessions SET ended_at = ${NOW}, ended_why = 'ended_by_user'
     WHERE user_id = @user_id::uuid AND client_id = @client_id::text AND ended_at IS NULL RETURNING id),
   r AS (${insertEntries(`SELECT 'session' AS kind, id::text AS ref, NULL::bigint AS least FROM s`)}),
   e AS (${insertEvent()})
   SELECT`,
)

const forgetAll = statement(
  'consents.forget_all',
  `WITH o AS (DELETE FROM countersign.consents WHERE user_id = @user_id::uuid),
   d AS (DELETE FROM countersign.device_codes WHERE user_id = @user_id::uuid)
   DELETE FROM countersign.codes WHERE user_id = @user_id::uuid`,
)

/** All of a user, as a step of a change that ends their sessions. */
export async function removeConsents(transaction: Connection, userId: string): Promise<void> {
  await transaction.rows(forgetAll, { user_id: userId })
}

export function consentVerbs(connection: Connection): ConsentVerbs {
  return {
    async find(userId, clientId) {
      const row = await firstRow(connection, find, { user_id: uuidOrNull(userId), client_id: clientId })
      return row && toConsent(row)
    },

    async grant({ userId, clientId, scopes, sessionId }, event) {
      const row = await firstRow(connection, grant, {
        user_id: uuidOrNull(userId),
        client_id: clientId,
        scopes,
        in_session: sessionId !== undefined,
        session: uuidOrNull(sessionId),
        ...eventValues(event),
      })
      return row !== undefined
    },

    list: async (userId) => (await connection.rows(list, { user_id: uuidOrNull(userId) })).map(toConsent),

    revoke: ({ userId, clientId }, event) =>
      connection.transaction(async (transaction) => {
        const of = { user_id: uuidOrNull(userId), client_id: clientId }
        await transaction.rows(lockSessions, of)
        if ((await firstRow(transaction, forget, of)) === undefined) return false
        await transaction.rows(forgetCodes, of)
        await transaction.rows(forgetDevices, of)
        await transaction.rows(endSessions, { ...of, ...eventValues(event) })
        return true
      }),
  }
}
