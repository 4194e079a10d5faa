import type { AuditEvent, EventName, NewEvent } from '../audit/events.ts'

export interface EventFilter {
  readonly userId?: string
  readonly name?: EventName
  /** Those whose `data.cause` is this one. */
  readonly cause?: string
  /** Milliseconds since 1970. */
  readonly since?: number
  /** Events older than the one with this id. */
  readonly before?: string
  readonly limit: number
}

export interface EventVerbs {
  record(event: NewEvent): Promise<AuditEvent>
  /** Newest first. */
  list(filter: EventFilter): Promise<AuditEvent[]>
}
