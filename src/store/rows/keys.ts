import type { KeyPhase, KeyUse, StoredKey } from '../keys.ts'

export interface KeyRow {
  readonly kid: string
  readonly use: KeyUse
  readonly algorithm: string
  readonly phase: KeyPhase
  readonly public_jwk: Readonly<Record<string, unknown>> | null
  readonly sealed: string
  readonly created_at: number
  readonly phase_at: number
  readonly published_at: number | null
}

export function toKey(row: KeyRow): StoredKey {
  return {
    kid: row.kid,
    use: row.use,
    algorithm: row.algorithm,
    phase: row.phase,
    publicJwk: row.public_jwk ?? undefined,
    sealed: row.sealed,
    createdAt: row.created_at,
    phaseAt: row.phase_at,
    publishedAt: row.published_at ?? undefined,
  }
}
