import { raisedCounter } from '../../model/counters.ts'
import type { Revocation } from '../../model/revocation.ts'
import { markRemoved } from './clients.ts'
import type { Writing } from './connection.ts'
import { raiseRingVersion } from './keys.ts'
import { endSessionById } from './session-rows.ts'

/**
 * Repeats in the tables what an entry says, for one whose cause the database has lost (PROTOCOL 2.4). The entry of a
 * user does not tell whether their credentials were void or only their claims: the safe reading is both. A user whose
 * removal was lost is disabled, for a removal cannot be undone if the operator knows better.
 */
export function repeatCause(db: Writing, { kind, ref, least }: Revocation): void {
  switch (kind) {
    case 'session':
      endSessionById(db, ref, 'token_revoked')
      return
    case 'user':
      repeatForUser(db, ref, least)
      return
    case 'client':
      if (least === undefined) markRemoved(db, ref)
      else db.run('UPDATE cs_clients SET ver = max(ver, :least) WHERE id = :ref', { ref, least })
      return
    case 'store':
      db.run('UPDATE cs_store SET epoch = max(epoch, :least)', { least: least ?? raisedCounter(0, db.now) })
      return
    case 'key':
      if (
        db.run(`UPDATE cs_keys SET phase = 'revoked' WHERE kid = :ref AND phase <> 'revoked'`, { ref }) > 0
      ) {
        raiseRingVersion(db)
      }
      return
    case 'apikey':
      // It lives for much longer than the entry.
      db.run('UPDATE cs_api_keys SET ends_at = :now WHERE id = :ref AND ends_at > :now', { ref, now: db.now })
      return
    case 'token':
      return
  }
}

function repeatForUser(db: Writing, id: string, least: number | undefined): void {
  const values = { id, least: least ?? raisedCounter(0, db.now), now: db.now }
  db.run(
    'UPDATE cs_users SET ver = max(ver, :least), epoch = max(epoch, :least), updated_at = :now WHERE id = :id',
    values,
  )
  if (least === undefined) db.run(`UPDATE cs_users SET state = 'disabled' WHERE id = :id`, { id })
}
