import type { User, UserState } from '../../model/user.ts'
import type { Reading } from './connection.ts'

export interface UserRow {
  id: string
  email: string
  email_key: string
  email_verified: number
  username: string | null
  password_hash: string | null
  roles: string
  state: UserState
  ver: number
  epoch: number
  profile: string
  created_at: number
  updated_at: number
}

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    email: row.email,
    emailVerified: row.email_verified === 1,
    username: row.username ?? undefined,
    roles: JSON.parse(row.roles),
    state: row.state,
    ver: row.ver,
    epoch: row.epoch,
    profile: JSON.parse(row.profile),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export function readUser(db: Reading, id: string): UserRow | undefined {
  return db.get<UserRow>('SELECT * FROM cs_users WHERE id = :id', { id })
}
