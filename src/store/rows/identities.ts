import type { Identity } from '../../model/identity.ts'
import type { KeptTokens } from '../identities.ts'

export interface IdentityRow {
  readonly id: string
  readonly user_id: string
  readonly provider: string
  readonly issuer: string
  readonly subject: string
  readonly email: string | null
  readonly added_at: number
}

export interface TokensRow {
  readonly id: string
  readonly user_id: string
  readonly tokens: string
}

export function toIdentity(row: IdentityRow): Identity {
  return {
    id: row.id,
    userId: row.user_id,
    provider: row.provider,
    issuer: row.issuer,
    subject: row.subject,
    email: row.email ?? undefined,
    addedAt: row.added_at,
  }
}

export function toTokens({ id, user_id: userId, tokens: sealed }: TokensRow): KeptTokens {
  return { id, userId, sealed }
}
