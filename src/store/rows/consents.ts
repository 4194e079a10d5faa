import type { Consent } from '../../model/consent.ts'

export interface ConsentRow {
  readonly client_id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly created_at: number
  readonly updated_at: number
}

export function toConsent(row: ConsentRow): Consent {
  return {
    clientId: row.client_id,
    clientName: row.name,
    scopes: row.scopes,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
