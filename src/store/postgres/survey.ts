import type { StoreSurvey, SurveyQuestion } from '../survey.ts'
import { type Connection, firstRow } from './connection.ts'
import { inMilliseconds, lengthOf } from './expressions.ts'
import { LIVE, WITHIN_LIMITS } from './session-rows.ts'
import { statement } from './statement.ts'

const accounts = statement<{ accounts: number; operators: number; without_factor: number }>(
  'survey.accounts',
  `SELECT count(*) AS accounts, count(*) FILTER (WHERE operator) AS operators,
     count(*) FILTER (WHERE operator
       AND NOT EXISTS (SELECT FROM countersign.totp t WHERE t.user_id = u.id)
       AND NOT EXISTS (SELECT FROM countersign.passkeys p WHERE p.user_id = u.id)) AS without_factor
   FROM (SELECT id, roles && @roles::text[] AS operator FROM countersign.users WHERE state = 'active') u`,
  { long: true },
)

const hashes = statement<{ head: string; count: number }>(
  'survey.hashes',
  `SELECT left(password_hash, strpos(substr(password_hash, 2), '$')) AS head, count(*) AS count
   FROM countersign.users
   WHERE state = 'active' AND left(password_hash, length(@current::text)) <> @current::text GROUP BY head`,
  { long: true },
)

const apiKeys = statement<{ keys: number; unused: number; last_end: number | null }>(
  'survey.api_keys',
  `SELECT count(*) AS keys,
     count(*) FILTER (WHERE coalesce(k.used_at, k.created_at) < clock_timestamp() - ${lengthOf('@unused')}) AS unused,
     ${inMilliseconds('max(k.ends_at)')} AS last_end
   FROM countersign.api_keys k JOIN countersign.users u ON u.id = k.user_id
   WHERE k.ends_at > clock_timestamp() AND u.state = 'active'`,
  { long: true },
)

const sessions = statement<{ sessions: number; of_disabled: number; last_end: number | null; now: number }>(
  'survey.sessions',
  `SELECT count(*) AS sessions, count(*) FILTER (WHERE u.state = 'disabled') AS of_disabled,
     ${inMilliseconds('max(s.ends_at)')} AS last_end, ${inMilliseconds('clock_timestamp()')} AS now
   FROM countersign.sessions s JOIN countersign.users u ON u.id = s.user_id, countersign.store st
   WHERE ${LIVE} AND ${WITHIN_LIMITS}`,
  { long: true },
)

export async function survey(connection: Connection, question: SurveyQuestion): Promise<StoreSurvey> {
  const { operatorRoles, currentHash, unusedMilliseconds } = question
  const people = await firstRow(connection, accounts, { roles: operatorRoles })
  const older = await connection.rows(hashes, { current: currentHash })
  const keys = await firstRow(connection, apiKeys, { unused: unusedMilliseconds })
  const live = await firstRow(connection, sessions)
  return {
    accounts: people?.accounts ?? 0,
    operators: people?.operators ?? 0,
    operatorsWithoutFactor: people?.without_factor ?? 0,
    olderHashes: Object.fromEntries(older.map(({ head, count }) => [head, count])),
    apiKeys: keys?.keys ?? 0,
    unusedApiKeys: keys?.unused ?? 0,
    lastApiKeyEnd: keys?.last_end ?? undefined,
    sessions: live?.sessions ?? 0,
    lastSessionEnd: live?.last_end ?? undefined,
    sessionsOfDisabled: live?.of_disabled ?? 0,
    now: live?.now ?? 0,
  }
}
