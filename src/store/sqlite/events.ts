import type { AuditEvent, EventName, NewEvent } from '../../audit/events.ts'
import { randomId, systemRandom } from '../../base/random.ts'
import type { EventVerbs } from '../events.ts'
import type { Connection, Writing } from './connection.ts'

export interface EventRow {
  id: string
  at: number
  name: EventName
  user_id: string | null
  session_id: string | null
  client_id: string | null
  actor_kind: NewEvent['origin']['actor']['kind']
  actor_id: string | null
  address: string | null
  agent: string | null
  reference: string | null
  data: string | null
}

/** Writes the event within the transaction of its cause. */
export function writeEvent(db: Writing, event: NewEvent): AuditEvent {
  const id = randomId(systemRandom)
  const { actor, address, agent, reference } = event.origin
  db.run(
    `INSERT INTO cs_events (id, at, name, user_id, session_id, client_id,
       actor_kind, actor_id, address, agent, reference, data)
     VALUES (:id, :at, :name, :userId, :sessionId, :clientId,
       :actorKind, :actorId, :address, :agent, :reference, :data)`,
    {
      id,
      at: db.now,
      name: event.name,
      userId: event.userId,
      sessionId: event.sessionId,
      clientId: event.clientId,
      actorKind: actor.kind,
      actorId: actor.id,
      address,
      agent,
      reference,
      data: event.data && JSON.stringify(event.data),
    },
  )
  return { ...event, id, at: db.now }
}

export function eventVerbs(connection: Connection): EventVerbs {
  return {
    record: (event) => connection.write((db) => writeEvent(db, event)),

    list: ({ userId, name, cause, since, before, limit }) =>
      connection.read((db) => {
        const conditions = ['true']
        if (userId !== undefined) conditions.push('user_id = :userId')
        if (name !== undefined) conditions.push('name = :name')
        if (cause !== undefined) conditions.push(`data ->> '$.cause' = :cause`)
        if (since !== undefined) conditions.push('at >= :since')
        if (before !== undefined) {
          conditions.push('(at, number) < (SELECT at, number FROM cs_events WHERE id = :before)')
        }
        const rows = db.all<EventRow>(
          `SELECT * FROM cs_events WHERE ${conditions.join(' AND ')}
           ORDER BY at DESC, number DESC LIMIT :limit`,
          {
            limit,
            ...(userId !== undefined && { userId }),
            ...(name !== undefined && { name }),
            ...(cause !== undefined && { cause }),
            ...(since !== undefined && { since }),
            ...(before !== undefined && { before }),
          },
        )
        return rows.map(toEvent)
      }),
  }
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
    data: row.data === null ? undefined : JSON.parse(row.data),
  }
}
