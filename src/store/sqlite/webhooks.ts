import type { WaitingDelivery, WebhookVerbs } from '../webhooks.ts'
import type { Connection, Reading } from './connection.ts'
import { readEvent, type StoredEvent, writeEvent } from './events.ts'

interface DeliveryRow extends StoredEvent {
  delivery_id: string
  url: string
  tries: number
  dead: number
  why: string | null
  next_at: number
}

const DELIVERIES = `SELECT d.id delivery_id, d.url, d.tries, d.dead, d.why, d.next_at, e.*
  FROM cs_webhook_deliveries d JOIN cs_events e ON e.id = d.event_id`

export function webhookVerbs(connection: Connection): WebhookVerbs {
  return {
    async configure(endpoints) {
      const wanted = endpoints.map(({ url, events }) => ({
        url,
        events: events ? JSON.stringify(events) : null,
      }))
      const readAll = (db: Reading) =>
        db.all<{ url: string; events: string | null }>('SELECT url, events FROM cs_webhooks')
      const isSame = (one: { url: string; events: string | null }) =>
        wanted.some(({ url, events }) => url === one.url && events === one.events)
      const before = await connection.read(readAll)
      if (before.length === wanted.length && before.every(isSame)) return
      await connection.write((db) => {
        const known = readAll(db)
        for (const { url } of known) {
          if (wanted.some((one) => one.url === url)) continue
          db.run('DELETE FROM cs_webhooks WHERE url = :url', { url })
        }
        for (const { url, events } of wanted) {
          db.run(
            `INSERT INTO cs_webhooks (url, events) VALUES (:url, :events)
             ON CONFLICT (url) DO UPDATE SET events = excluded.events`,
            { url, events },
          )
        }
      })
    },

    claim: (limit, leaseMilliseconds, exceptUrls = []) =>
      connection.write((db) => {
        const due = db.all<DeliveryRow>(
          `${DELIVERIES} WHERE d.dead = 0 AND d.next_at <= :now
             AND d.url NOT IN (SELECT value FROM json_each(:exceptUrls))
           ORDER BY d.next_at, e.number LIMIT :limit`,
          { now: db.now, limit, exceptUrls: JSON.stringify(exceptUrls) },
        )
        for (const { delivery_id: id } of due) {
          db.run('UPDATE cs_webhook_deliveries SET tries = tries + 1, next_at = :until WHERE id = :id', {
            id,
            until: db.now + leaseMilliseconds,
          })
        }
        return due.map((row) => {
          const { id, url, event, tries } = toDelivery(row)
          return { id, url, event, tries: tries + 1 }
        })
      }),

    delivered: (id) =>
      connection.write((db) => void db.run('DELETE FROM cs_webhook_deliveries WHERE id = :id', { id })),

    failed: (id, { why, retryMilliseconds }) =>
      connection.write(
        (db) =>
          void db.run(
            'UPDATE cs_webhook_deliveries SET why = :why, next_at = :at WHERE id = :id AND dead = 0',
            { id, why, at: db.now + retryMilliseconds },
          ),
      ),

    giveUp: (id, why, event) =>
      connection.write((db) => {
        const given = db.run(
          `UPDATE cs_webhook_deliveries SET dead = 1, why = :why, next_at = :now WHERE id = :id AND dead = 0`,
          { id, why, now: db.now },
        )
        if (given === 1) writeEvent(db, event)
        return given === 1
      }),

    list: ({ dead, limit }) => connection.read((db) => readWaiting(db, dead, limit)),

    retry: (id, event) =>
      connection.write((db) => {
        const retried = db.run(
          'UPDATE cs_webhook_deliveries SET dead = 0, tries = 0, next_at = :now WHERE id = :id AND dead = 1',
          { id, now: db.now },
        )
        if (retried === 1) writeEvent(db, event)
        return retried === 1
      }),
  }
}

function readWaiting(db: Reading, dead: boolean, limit: number): WaitingDelivery[] {
  return db
    .all<DeliveryRow>(`${DELIVERIES} WHERE d.dead >= :dead ORDER BY d.next_at, e.number LIMIT :limit`, {
      dead,
      limit,
    })
    .map(toDelivery)
}

function toDelivery({
  delivery_id: id,
  url,
  tries,
  dead,
  why,
  next_at: at,
  ...event
}: DeliveryRow): WaitingDelivery {
  return { id, url, tries, dead: dead === 1, why: why ?? undefined, at, event: readEvent(event) }
}
