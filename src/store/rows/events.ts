import type { AuditEvent, EventName, NewEvent } from '../../audit/events.ts'

export interface EventRow {
  readonly id: string
  readonly at: number
  readonly name: EventName
  readonly user_id: string | null
  readonly session_id: string | null
  readonly client_id: string | null
  readonly actor_kind: NewEvent['origin']['actor']['kind']
  readonly actor_id: string | null
  readonly address: string | null
  readonly agent: string | null
  readonly reference: string | null
  readonly data: AuditEvent['data'] | null
}

export function toEvent(row: EventRow): AuditEvent {
  return {
    id: row.id,
    at: row.at,
    name: row.name,
    origin: {
      actor: { kind: row.actor_kind, id: row.actor_id ?? undefined },
      address: row.address ?? undefined,
      agent: row.agent ?? undefined,
      reference: row.reference ?? undefined,
    },
    userId: row.user_id ?? undefined,
    sessionId: row.session_id ?? undefined,
    clientId: row.client_id ?? undefined,
    data: row.data ?? undefined,
  }
}

/** For `JSON.stringify`: a NUL or half a character is refused by what looks into a JSON value of PostgreSQL. */
export function inDatabaseText(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\ufffd') : value
}
