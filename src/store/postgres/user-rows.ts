import type { User, UserState } from '../../model/user.ts'
import { asJson, inMilliseconds } from './expressions.ts'

/** What `userColumns` selects. */
export interface UserRow {
  readonly u_id: string
  readonly u_email: string
  readonly u_email_verified: boolean
  readonly u_username: string | null
  readonly u_roles: readonly string[]
  readonly u_state: UserState
  readonly u_ver: number
  readonly u_epoch: number
  readonly u_profile: Readonly<Record<string, unknown>>
  readonly u_created_at: number
  readonly u_updated_at: number
}

/** The columns of a user, for a statement in which `u` is their row. */
export const userColumns = `u.id AS u_id, u.email AS u_email, u.email_verified AS u_email_verified,
    u.username AS u_username, ${asJson('u.roles')} AS u_roles, u.state AS u_state, u.ver AS u_ver,
    u.epoch AS u_epoch, u.profile AS u_profile, ${inMilliseconds('u.created_at')} AS u_created_at,
    ${inMilliseconds('u.updated_at')} AS u_updated_at`

export function toUser(row: UserRow): User {
  return {
    id: row.u_id,
    email: row.u_email,
    emailVerified: row.u_email_verified,
    username: row.u_username ?? undefined,
    roles: row.u_roles,
    state: row.u_state,
    ver: row.u_ver,
    epoch: row.u_epoch,
    profile: row.u_profile,
    createdAt: row.u_created_at,
    updatedAt: row.u_updated_at,
  }
}
