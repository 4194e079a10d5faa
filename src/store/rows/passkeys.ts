import type { Passkey } from '../../model/second-factor.ts'

export interface PasskeyRow {
  readonly id: string
  readonly name: string
  readonly credential_id: string
  readonly public_key: string
  readonly counter: number
  readonly transports: readonly string[]
  readonly synced: boolean
  readonly added_at: number
  readonly used_at: number | null
}

export function toPasskey(row: PasskeyRow): Passkey {
  return {
    id: row.id,
    name: row.name,
    credentialId: row.credential_id,
    publicKey: row.public_key,
    counter: row.counter,
    transports: row.transports,
    synced: row.synced,
    addedAt: row.added_at,
    usedAt: row.used_at ?? undefined,
  }
}
