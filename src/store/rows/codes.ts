import type { CodeStanding } from '../codes.ts'

export interface CodeRow {
  readonly user_id: string
  readonly hash: string
  readonly client_id: string
  readonly session_id: string
  readonly user_epoch: number
  readonly redirect_uri: string
  readonly challenge: string | null
  readonly scope: readonly string[]
  readonly resources: readonly string[]
  readonly nonce: string | null
  readonly amr: readonly string[]
  readonly authenticated_at: number
}

export function toCode(row: CodeRow): CodeStanding['code'] {
  return {
    userId: row.user_id,
    hash: row.hash,
    clientId: row.client_id,
    sessionId: row.session_id,
    redirectUri: row.redirect_uri,
    challenge: row.challenge ?? undefined,
    scope: row.scope,
    resources: row.resources,
    nonce: row.nonce ?? undefined,
    userEpoch: row.user_epoch,
    amr: row.amr,
    authenticatedAt: row.authenticated_at,
  }
}
