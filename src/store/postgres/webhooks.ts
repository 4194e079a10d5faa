import { type EventRow, toEvent } from '../rows/events.ts'
import type { WaitingDelivery, WebhookVerbs } from '../webhooks.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventColumns, eventValues, insertEvent } from './events.ts'
import { asJson, inMilliseconds, lengthOf, NOW, uuidOrNull } from './expressions.ts'
import { statement } from './statement.ts'

interface DeliveryRow extends EventRow {
  readonly d_id: string
  readonly d_url: string
  readonly d_tries: number
  readonly d_dead: boolean
  readonly d_why: string | null
  readonly d_at: number
}

const COLUMNS = `d.id AS d_id, d.url AS d_url, d.tries AS d_tries, d.dead AS d_dead, d.why AS d_why,
    ${inMilliseconds('d.next_at')} AS d_at, ${eventColumns}`

const known = statement<{ url: string; events: readonly string[] | null }>(
  'webhooks.known',
  `SELECT url, ${asJson('events')} AS events FROM countersign.webhooks`,
)

const forget = statement(
  'webhooks.forget',
  'DELETE FROM countersign.webhooks WHERE url <> ALL (@urls::text[])',
)

const put = statement(
  'webhooks.put',
  `INSERT INTO countersign.webhooks (url, events) VALUES (@url::text, @events::text[])
   ON CONFLICT (url) DO UPDATE SET events = excluded.events`,
)

const claim = statement<DeliveryRow>(
  'webhooks.claim',
  `WITH due AS MATERIALIZED (
     SELECT d.id FROM countersign.webhook_deliveries d JOIN countersign.events e ON e.id = d.event_id
     WHERE NOT d.dead AND d.next_at <= (SELECT clock_timestamp()) AND d.url <> ALL (@except::text[])
     ORDER BY d.next_at LIMIT @limit::bigint FOR UPDATE OF d SKIP LOCKED),
   d AS (
     UPDATE countersign.webhook_deliveries d SET tries = tries + 1, next_at = ${NOW} + ${lengthOf('@lease')}
     FROM due WHERE d.id = due.id RETURNING d.*)
   SELECT ${COLUMNS} FROM d JOIN countersign.events e ON e.id = d.event_id ORDER BY e.number`,
)

const remove = statement(
  'webhooks.delivered',
  'DELETE FROM countersign.webhook_deliveries WHERE id = @id::uuid',
)

const fail = statement(
  'webhooks.failed',
  `UPDATE countersign.webhook_deliveries
   SET why = @why::text, next_at = ${NOW} + ${lengthOf('@pause')} WHERE id = @id::uuid AND NOT dead`,
)

const giveUp = statement<{ id: string }>(
  'webhooks.give_up',
  `WITH d AS (
     UPDATE countersign.webhook_deliveries SET dead = true, why = @why::text, next_at = ${NOW}
     WHERE id = @id::uuid AND NOT dead RETURNING id),
   e AS (${insertEvent('d')})
   SELECT id FROM d`,
)

const list = statement<DeliveryRow>(
  'webhooks.list',
  `SELECT ${COLUMNS} FROM countersign.webhook_deliveries d JOIN countersign.events e ON e.id = d.event_id
   WHERE d.dead OR NOT @dead::boolean ORDER BY d.next_at, e.number LIMIT @limit::bigint`,
)

const retry = statement<{ id: string }>(
  'webhooks.retry',
  `WITH d AS (
     UPDATE countersign.webhook_deliveries SET dead = false, tries = 0, next_at = ${NOW}
     WHERE id = @id::uuid AND dead RETURNING id),
   e AS (${insertEvent('d')})
   SELECT id FROM d`,
)

export function webhookVerbs(connection: Connection): WebhookVerbs {
  return {
    async configure(endpoints) {
      const before = await connection.rows(known)
      const isSame = ({ url, events }: { url: string; events: readonly string[] | null }) =>
        endpoints.some(
          (one) => one.url === url && JSON.stringify(one.events ?? null) === JSON.stringify(events),
        )
      if (before.length === endpoints.length && before.every(isSame)) return
      await connection.transaction(async (inside) => {
        await inside.rows(forget, { urls: endpoints.map(({ url }) => url) })
        for (const { url, events } of endpoints) await inside.rows(put, { url, events })
      })
    },

    async claim(limit, leaseMilliseconds, exceptUrls = []) {
      const rows = await connection.rows(claim, { limit, lease: leaseMilliseconds, except: exceptUrls })
      return rows.map(toDelivery).map(({ id, url, event, tries }) => ({ id, url, event, tries }))
    },

    async delivered(id) {
      await connection.rows(remove, { id: uuidOrNull(id) })
    },

    async failed(id, { why, retryMilliseconds }) {
      await connection.rows(fail, { id: uuidOrNull(id), why, pause: retryMilliseconds })
    },

    async giveUp(id, why, event) {
      const values = { id: uuidOrNull(id), why, ...eventValues(event) }
      return (await firstRow(connection, giveUp, values)) !== undefined
    },

    async list({ dead, limit }) {
      return (await connection.rows(list, { dead, limit })).map(toDelivery)
    },

    async retry(id, event) {
      const values = { id: uuidOrNull(id), ...eventValues(event) }
      return (await firstRow(connection, retry, values)) !== undefined
    },
  }
}

function toDelivery(row: DeliveryRow): WaitingDelivery {
  return {
    id: row.d_id,
    url: row.d_url,
    tries: row.d_tries,
    dead: row.d_dead,
    why: row.d_why ?? undefined,
    at: row.d_at,
    event: toEvent(row),
  }
}
