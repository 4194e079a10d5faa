import { raisedCounter } from '../../model/counters.ts'
import type { SessionEnd } from '../../model/session.ts'
import type { Writing } from './connection.ts'
import { writeRevocation } from './revocation-entries.ts'

interface Counters {
  readonly id: string
  readonly ver: number
  readonly epoch: number
}

/** Claims made before are stale: access tokens end, sessions live on. */
export function raiseVer(db: Writing, user: Counters): void {
  const ver = raisedCounter(user.ver, db.now)
  db.run('UPDATE cs_users SET ver = :ver, updated_at = :now WHERE id = :id', {
    id: user.id,
    ver,
    now: db.now,
  })
  writeRevocation(db, { kind: 'user', ref: user.id, least: ver })
}

/**
 * Credentials made before are void: access tokens end and every session, also those about to be born, for they carry
 * the old epoch. The excepted one, if it is live, gets the new epoch. Answers how many live ones ended.
 */
export function raiseEpoch(
  db: Writing,
  user: Counters,
  { why, exceptId }: { readonly why: SessionEnd; readonly exceptId?: string | undefined },
): number {
  raiseVer(db, user)
  const epoch = raisedCounter(user.epoch, db.now)
  const values = { id: user.id, exceptId, before: user.epoch }
  db.run('UPDATE cs_users SET epoch = :epoch WHERE id = :id', { id: user.id, epoch })
  db.run(
    `UPDATE cs_sessions SET user_epoch = :epoch
     WHERE user_id = :id AND id = :exceptId AND ended_at IS NULL AND user_epoch = :before`,
    { ...values, epoch },
  )
  // The epoch alone ends them; the reason is written down for the people who ask why.
  return db.run(
    `UPDATE cs_sessions SET ended_at = :now, ended_why = :why
     WHERE user_id = :id AND id IS NOT :exceptId AND ended_at IS NULL AND user_epoch = :before
       AND expires_at > :now AND store_epoch >= (SELECT epoch FROM cs_store)`,
    { ...values, now: db.now, why },
  )
}
