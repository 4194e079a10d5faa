import type { StoreSurvey, SurveyQuestion } from '../survey.ts'
import type { Connection } from './connection.ts'
import { LIVE } from './session-rows.ts'

interface AccountsRow {
  accounts: number
  operators: number
  operatorsWithoutFactor: number
}

interface SessionsRow {
  sessions: number
  ofDisabled: number
  lastEnd: number | null
}

interface ApiKeysRow {
  apiKeys: number
  unused: number
  lastEnd: number | null
}

export function survey(connection: Connection, question: SurveyQuestion): Promise<StoreSurvey> {
  const { operatorRoles, currentHash, unusedMilliseconds } = question
  return connection.read((db) => {
    const { now } = db
    const accounts = db.get<AccountsRow>(
      `SELECT count(*) accounts, coalesce(sum(operator), 0) operators,
         coalesce(sum(operator AND NOT EXISTS (SELECT 1 FROM cs_totp t WHERE t.user_id = u.id)
           AND NOT EXISTS (SELECT 1 FROM cs_passkeys p WHERE p.user_id = u.id)), 0) operatorsWithoutFactor
       FROM (SELECT id, EXISTS (SELECT 1 FROM json_each(roles)
               WHERE value IN (SELECT value FROM json_each(:roles))) operator
             FROM cs_users WHERE state = 'active') u`,
      { roles: JSON.stringify(operatorRoles) },
    )
    const hashes = db.all<{ head: string; count: number }>(
      `SELECT substr(password_hash, 1, instr(substr(password_hash, 2), '$')) head, count(*) count FROM cs_users
       WHERE state = 'active' AND substr(password_hash, 1, length(:current)) <> :current GROUP BY head`,
      { current: currentHash },
    )
    const apiKeys = db.get<ApiKeysRow>(
      `SELECT count(*) apiKeys, coalesce(sum(coalesce(used_at, k.created_at) < :unusedSince), 0) unused,
         max(ends_at) lastEnd
       FROM cs_api_keys k JOIN cs_users u ON u.id = k.user_id
       WHERE k.ends_at > :now AND u.state = 'active'`,
      { now, unusedSince: now - unusedMilliseconds },
    )
    const sessions = db.get<SessionsRow>(
      `SELECT count(*) sessions, coalesce(sum(u.state = 'disabled'), 0) ofDisabled, max(s.ends_at) lastEnd
       FROM cs_sessions s JOIN cs_users u ON u.id = s.user_id, cs_store st
       WHERE ${LIVE} AND s.expires_at > :now`,
      { now },
    )
    return {
      accounts: accounts?.accounts ?? 0,
      operators: accounts?.operators ?? 0,
      operatorsWithoutFactor: accounts?.operatorsWithoutFactor ?? 0,
      olderHashes: Object.fromEntries(hashes.map(({ head, count }) => [head, count])),
      apiKeys: apiKeys?.apiKeys ?? 0,
      unusedApiKeys: apiKeys?.unused ?? 0,
      lastApiKeyEnd: apiKeys?.lastEnd ?? undefined,
      sessions: sessions?.sessions ?? 0,
      lastSessionEnd: sessions?.lastEnd ?? undefined,
      sessionsOfDisabled: sessions?.ofDisabled ?? 0,
      now,
    }
  })
}
