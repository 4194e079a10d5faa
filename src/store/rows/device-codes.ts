import type { WaitingDevice } from '../device-codes.ts'

export interface WaitingRow {
  readonly hash: string
  readonly client_id: string
  readonly scope: readonly string[] | null
  readonly resources: readonly string[]
  readonly address: string | null
  readonly agent: string | null
  readonly asked_at: number
}

export function toWaiting(row: WaitingRow): WaitingDevice {
  return {
    hash: row.hash,
    clientId: row.client_id,
    scope: row.scope ?? undefined,
    resources: row.resources,
    address: row.address ?? undefined,
    agent: row.agent ?? undefined,
    askedAt: row.asked_at,
  }
}
