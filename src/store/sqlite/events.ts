import type { AuditEvent, NewEvent } from '../../audit/events.ts'
import { randomId, systemRandom } from '../../base/random.ts'
import type { EventVerbs } from '../events.ts'
import { type EventRow, inDatabaseText, toEvent } from '../rows/events.ts'
import type { Connection, Writing } from './connection.ts'

/** Its data is JSON in a text. */
export interface StoredEvent extends Omit<EventRow, 'data'> {
  readonly data: string | null
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
      data: event.data && JSON.stringify(event.data, inDatabaseText),
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
        const rows = db.all<StoredEvent>(
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
        return rows.map(readEvent)
      }),
  }
}

export function readEvent({ data, ...row }: StoredEvent): AuditEvent {
  return toEvent({ ...row, data: data === null ? null : JSON.parse(data) })
}
