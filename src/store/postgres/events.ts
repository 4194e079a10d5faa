import type { NewEvent } from '../../audit/events.ts'
import type { EventVerbs } from '../events.ts'
import { type EventRow, inDatabaseText, toEvent } from '../rows/events.ts'
import { type Connection, firstRow } from './connection.ts'
import { inMilliseconds, NOW, uuidOrNull } from './expressions.ts'
import { statement, type Values } from './statement.ts'

/** Writes the event once for each row of `from`, within the statement of its cause. */
export function insertEvent(from?: string): string {
  return `INSERT INTO countersign.events
      (at, name, user_id, session_id, client_id, actor_kind, actor_id, address, agent, reference, data)
    SELECT ${NOW}, @event_name::text, @event_user::uuid, @event_session::uuid, @event_client::text, ${ORIGIN},
      @event_data::json${from === undefined ? '' : ` FROM ${from}`}`
}

/** The columns from `actor_kind` to `reference`. */
const ORIGIN =
  '@actor_kind::text, @actor_id::text, @origin_address::text, @origin_agent::text, @reference::text'

/** What `insertEvent` binds. */
export function eventValues(event: NewEvent): Values {
  return {
    event_name: event.name,
    event_user: uuidOrNull(event.userId),
    event_session: uuidOrNull(event.sessionId),
    event_client: event.clientId,
    event_data: event.data && JSON.stringify(event.data, inDatabaseText),
    ...originValues(event.origin),
  }
}

/** What `ORIGIN` binds. */
function originValues({ actor, address, agent, reference }: NewEvent['origin']): Values {
  return {
    actor_kind: actor.kind,
    actor_id: actor.id,
    origin_address: address,
    origin_agent: agent,
    reference,
  }
}

const record = statement<{ id: string; at: number }>(
  'events.record',
  `${insertEvent()} RETURNING id, ${inMilliseconds('at')} AS at`,
)

/** The columns of an event, for a statement in which `e` is its row. */
export const eventColumns = `e.id, ${inMilliseconds('e.at')} AS at, e.name, e.user_id, e.session_id, e.client_id,
     e.actor_kind, e.actor_id, e.address, e.agent, e.reference, e.data`

// The event named by `before` may be gone: its page is then empty, not the first one again.
const list = statement<EventRow>(
  'events.list',
  `SELECT ${eventColumns}
   FROM countersign.events e
   WHERE (@any_user::boolean OR user_id = @user_id::uuid)
     AND (@name::text IS NULL OR name = @name::text)
     AND (@cause::text IS NULL OR data ->> 'cause' = @cause::text)
     AND (@since::float8 IS NULL OR e.at >= to_timestamp(@since::float8 / 1000))
     AND (@newest::boolean OR (e.at, number) < (SELECT at, number FROM countersign.events WHERE id = @before::uuid))
   ORDER BY e.at DESC, number DESC LIMIT @limit::bigint`,
)

export function eventVerbs(connection: Connection): EventVerbs {
  return {
    async record(event) {
      const row = await firstRow(connection, record, eventValues(event))
      return { ...event, id: row?.id ?? '', at: row?.at ?? 0 }
    },

    async list({ userId, name, cause, since, before, limit }) {
      const rows = await connection.rows(list, {
        any_user: userId === undefined,
        user_id: uuidOrNull(userId),
        name,
        cause,
        since,
        newest: before === undefined,
        before: uuidOrNull(before),
        limit,
      })
      return rows.map(toEvent)
    },
  }
}
