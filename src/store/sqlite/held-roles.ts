import type { Reading } from './connection.ts'
import { unavailable } from './failure.ts'

/** Between the look at the roles and this there was time to remove one. */
export function refuseGoneRoles(db: Reading, kept: readonly string[]): void {
  const { count } = db.get<{ count: number }>(
    'SELECT count(*) count FROM cs_roles WHERE name IN (SELECT value FROM json_each(:kept))',
    { kept: JSON.stringify(kept) },
  ) ?? { count: 0 }
  if (count < kept.length) throw unavailable('a role is gone: ask again')
}
