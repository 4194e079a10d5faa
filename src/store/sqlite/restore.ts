import type { NewEvent } from '../../audit/events.ts'
import { raisedCounter } from '../../model/counters.ts'
import type { StoreIdentity } from '../store.ts'
import type { Reading, Writing } from './connection.ts'
import { writeEvent } from './events.ts'
import { writeRevocation } from './revocation-entries.ts'

export function identify(db: Reading): StoreIdentity {
  const row = db.get<StoreIdentity>('SELECT id, epoch FROM cs_store')
  if (row === undefined) throw new Error('the database has lost its own row')
  return { id: row.id, epoch: row.epoch }
}

/**
 * Sessions and consents carry the epoch they were made under. A table of values that wait to be spent (codes, links)
 * has to be emptied here too, for the backup does not know which were spent since.
 */
export function declareRestored(db: Writing, least: number, event: NewEvent): number {
  const { id, epoch: old } = identify(db)
  const epoch = raisedCounter(Math.max(old, least), db.now)
  db.run('UPDATE cs_store SET epoch = :epoch', { epoch })
  db.run('DELETE FROM cs_codes')
  db.run('DELETE FROM cs_device_codes')
  db.run('DELETE FROM cs_links')
  // Codes that were used since the backup are among those that would still be good now.
  db.run('UPDATE cs_totp SET last_step = max(last_step, :next)', { next: Math.floor(db.now / 30_000) + 1 })
  writeRevocation(db, { kind: 'store', ref: id, least: epoch })
  writeEvent(db, { ...event, data: { ...event.data, epoch, former: old } })
  return epoch
}
