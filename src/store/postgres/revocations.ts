import { MOST_TOKENS_OF_SESSION, type RevocationVerbs } from '../revocations.ts'
import { REMOVED } from './clients.ts'
import type { Connection } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { raised, timeFrom, uuidOrNull } from './expressions.ts'
import { restoreRevocations } from './lost-revocations.ts'
import { insertEntries } from './revocation-entries.ts'
import { pullRevocations } from './revocation-pull.ts'
import { statement } from './statement.ts'

const MADE_AT = `${timeFrom('@made_at')} AS made_at`

const add = statement(
  'revocations.add',
  `WITH r AS (${insertEntries(
    `SELECT @kind::text AS kind, @ref::text AS ref, @least::bigint AS least, NULL::uuid AS session_id,
       ${MADE_AT}`,
    'token',
  )})
   ${insertEvent()}`,
)

// A counter is raised past its present value whatever was asked, for the asker may have read it before another raised it.
const addForClient = statement(
  'revocations.add_for_client',
  `WITH c AS (
     UPDATE countersign.clients SET
       ver = greatest(@least::bigint, ${raised('ver')})
     WHERE id = @ref::text RETURNING ver),
   r AS (${insertEntries(`SELECT 'client' AS kind, @ref::text AS ref,
     coalesce((SELECT ver FROM c), ${raised('@least::bigint')}) AS least`)})
   ${insertEvent()}`,
)

const addForRemoved = statement(
  'revocations.add_for_removed_client',
  `WITH c AS (UPDATE countersign.clients SET ${REMOVED} WHERE id = @ref::text),
   r AS (${insertEntries(`SELECT 'client' AS kind, @ref::text AS ref, NULL::bigint AS least`)})
   ${insertEvent()}`,
)

// Those who count the tokens of one session do so one after the other.
const lockSession = statement(
  'revocations.lock_session',
  'SELECT id FROM countersign.sessions WHERE id = @session_id::uuid FOR NO KEY UPDATE',
)

const addToken = statement(
  'revocations.add_token',
  `WITH n AS MATERIALIZED (
     SELECT count(*) >= ${MOST_TOKENS_OF_SESSION} AS crowded FROM countersign.revocations
     WHERE session_id = @session_id::uuid AND ends_at > clock_timestamp() AND ref <> @ref::text),
   s AS (
     UPDATE countersign.sessions SET ended_at = clock_timestamp(), ended_why = 'token_revoked'
     FROM n WHERE crowded AND id = @session_id::uuid AND ended_at IS NULL),
   r AS (${insertEntries(
     `SELECT CASE WHEN crowded THEN 'session' ELSE 'token' END AS kind,
        CASE WHEN crowded THEN @session_id::uuid::text ELSE @ref::text END AS ref, NULL::bigint AS least,
        CASE WHEN crowded THEN NULL ELSE @session_id::uuid END AS session_id, ${MADE_AT} FROM n`,
     'token',
   )})
   ${insertEvent()}`,
)

export function revocationVerbs(connection: Connection): RevocationVerbs {
  return {
    pull: (cursor, { census = false } = {}) => pullRevocations(connection, cursor, census),

    async add({ kind, ref, least }, { sessionId, madeAt }, event) {
      const session = kind === 'token' ? uuidOrNull(sessionId) : null
      const values = { kind, ref, least, session_id: session, made_at: madeAt, ...eventValues(event) }
      if (session === null) {
        const forClient = least === undefined ? addForRemoved : addForClient
        await connection.rows(kind === 'client' ? forClient : add, values)
        return
      }
      await connection.transaction(async (transaction) => {
        await transaction.rows(lockSession, values)
        await transaction.rows(addToken, values)
      })
    },

    restore: (entries, event) => restoreRevocations(connection, entries, event),
  }
}
