import { raisedCounter } from '../../model/counters.ts'
import type { NewUser, Taken } from '../users.ts'
import type { Reading, Writing } from './connection.ts'
import { refuseGoneRoles } from './held-roles.ts'

export function findTaken(
  db: Reading,
  { emailKey, usernameKey }: Partial<Pick<NewUser, 'emailKey' | 'usernameKey'>>,
  exceptId?: string,
): Taken | undefined {
  const row = db.get<{ email: number }>(
    `SELECT email_key = :emailKey email FROM cs_users
     WHERE id IS NOT :exceptId AND (email_key = :emailKey OR username_key = :usernameKey) ORDER BY 1 DESC`,
    { emailKey, usernameKey, exceptId },
  )
  return row && { outcome: 'taken', field: row.email === 1 ? 'email' : 'username' }
}

export function insertUser(db: Writing, user: NewUser): void {
  refuseGoneRoles(db, user.keptRoles)
  // Counters start at the time, so that no value of a lost and repeated row is given out twice.
  const counter = raisedCounter(0, db.now)
  db.run(
    `INSERT INTO cs_users (id, email, email_key, email_verified, username, username_key, password_hash,
       roles, state, ver, epoch, profile, created_at, updated_at)
     VALUES (:id, :email, :emailKey, :emailVerified, :username, :usernameKey, :passwordHash,
       :roles, :state, :counter, :counter, :profile, :now, :now)`,
    {
      id: user.id,
      email: user.email,
      emailKey: user.emailKey,
      emailVerified: user.emailVerified,
      username: user.username,
      usernameKey: user.usernameKey,
      passwordHash: user.passwordHash,
      roles: JSON.stringify(user.roles),
      state: user.state ?? 'active',
      profile: JSON.stringify(user.profile),
      counter,
      now: db.now,
    },
  )
}
