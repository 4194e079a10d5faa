import type { NewEvent } from '../../audit/events.ts'
import type { StoreIdentity } from '../store.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { raised } from './expressions.ts'
import { unavailable } from './failure.ts'
import { insertEntries } from './revocation-entries.ts'
import { statement } from './statement.ts'

const identity = statement<StoreIdentity>('store.identify', 'SELECT id, epoch FROM countersign.store')

// Sessions and consents carry the epoch they were made under. A table of values that wait to be spent (codes, links)
// has to be emptied here too, for the backup does not know which were spent since.
const restored = statement<{ epoch: number; former: number }>(
  'store.restored',
  `WITH b AS MATERIALIZED (SELECT only_row, epoch FROM countersign.store FOR NO KEY UPDATE),
   st AS (
     UPDATE countersign.store SET epoch = ${raised('greatest(b.epoch, @least::bigint)')}
     FROM b WHERE store.only_row = b.only_row RETURNING store.id, store.epoch, b.epoch AS former),
   c AS (DELETE FROM countersign.codes),
   d AS (DELETE FROM countersign.device_codes),
   l AS (DELETE FROM countersign.links),
   r AS (${insertEntries(`SELECT 'store' AS kind, id::text AS ref, epoch AS least FROM st`)}),
   -- Codes that were used since the backup are among those that would still be good now.
   t AS (UPDATE countersign.totp
     SET last_step = greatest(last_step, floor(date_part('epoch', clock_timestamp()) / 30)::bigint + 1))
   SELECT epoch, former FROM st`,
)

const record = statement('store.restored_event', insertEvent())

export async function identify(connection: Connection): Promise<StoreIdentity> {
  const row = await firstRow(connection, identity)
  if (row === undefined) throw unavailable('the database has lost its own row')
  return row
}

export function declareRestored(connection: Connection, least: number, event: NewEvent): Promise<number> {
  return connection.transaction(async (transaction) => {
    const row = await firstRow(transaction, restored, { least })
    if (row === undefined) throw unavailable('the database has lost its own row')
    await transaction.rows(record, eventValues({ ...event, data: { ...event.data, ...row } }))
    return row.epoch
  })
}
