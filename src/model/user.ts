/** Only an active user signs in or refreshes. A deleted user has no row; the id is never given out again. */
export type UserState = 'active' | 'disabled'

/** A person's account. `Profile` is the shape of the application's own fields. */
export interface User<Profile = Readonly<Record<string, unknown>>> {
  /** Random id, the `sub` of every token; stays when the user is renamed, is never given to anybody else. */
  readonly id: string
  readonly email: string
  readonly emailVerified: boolean
  readonly username: string | undefined
  readonly roles: readonly string[]
  readonly state: UserState
  /** Raised when claims made earlier are stale: a role was taken away, an admin stepped in. Ends access tokens. */
  readonly ver: number
  /** Raised when credentials made earlier are void: new password, disabled, signed out everywhere. Ends sessions. */
  readonly epoch: number
  readonly profile: Profile
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Milliseconds since 1970. */
  readonly updatedAt: number
}

/** Whether the new roles lack one that the old ones had: then claims made earlier say too much. */
export function losesRole(before: readonly string[], after: readonly string[]): boolean {
  return before.some((role) => !after.includes(role))
}
