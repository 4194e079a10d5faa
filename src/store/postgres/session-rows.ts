import { authTimeOf, isScopeName, type Session, type SessionFacts } from '../../model/session.ts'
import { inMilliseconds } from './expressions.ts'

/**
 * Not ended in any of the three ways, where `s` is a session, `u` its user and `st` the store. One past its limits may
 * still have access tokens out, so it can be ended too.
 */
export const LIVE = 's.ended_at IS NULL AND s.user_epoch >= u.epoch AND s.store_epoch >= st.epoch'

/** When the user of session `s` proved who they are. Milliseconds since 1970. */
export const AUTHENTICATED_AT = inMilliseconds('coalesce(s.authenticated_at, s.started_at)')

export const WITHIN_LIMITS = 's.idle_at > clock_timestamp() AND s.ends_at > clock_timestamp()'

/** What a token is minted from, as a statement selects it. */
export interface FactsRow {
  readonly session_id: string
  readonly as_of: number
  readonly client_ver: number
  readonly store_epoch: number
  readonly scope: readonly string[]
  readonly resources: readonly string[]
  readonly amr: readonly string[]
  readonly authenticated_at: number
}

export function toFacts(row: FactsRow): SessionFacts {
  return {
    sessionId: row.session_id,
    asOf: row.as_of,
    clientVer: row.client_ver,
    storeEpoch: row.store_epoch,
    scope: row.scope,
    resources: row.resources,
    authTime: authTimeOf(row.authenticated_at),
    amr: row.amr,
  }
}

/** A session as people see it in a list. */
export interface SessionRow {
  readonly id: string
  readonly user_id: string
  readonly client_id: string
  readonly scope: readonly string[]
  readonly amr: readonly string[]
  readonly started_at: number
  readonly authenticated_at: number
  readonly used_at: number
  readonly ends_at: number
  readonly address: string | null
  readonly agent: string | null
}

export function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    userId: row.user_id,
    clientId: row.client_id,
    scope: row.scope.filter(isScopeName),
    amr: row.amr,
    startedAt: row.started_at,
    authenticatedAt: row.authenticated_at,
    usedAt: row.used_at,
    endsAt: row.ends_at,
    address: row.address ?? undefined,
    agent: row.agent ?? undefined,
  }
}
