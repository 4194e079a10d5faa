/** A user as the application's own table knows them. */
export interface ForeignUser {
  readonly email: string
  readonly emailVerified?: boolean
  readonly username?: string
  /** Roles to start with; those of a new registration where absent. */
  readonly roles?: readonly string[]
  readonly profile?: Readonly<Record<string, unknown>>
}

/**
 * The application's existing users. Whoever signs in and is not known here is looked up there; if the password is
 * right they are taken over, with a hash of our own, and from then on only asked for here.
 */
export interface OwnUsers<Found extends ForeignUser = ForeignUser> {
  /** By what was typed: user name or mail address. */
  find(login: string): Promise<Found | undefined>
  /** Whether the password is theirs. Compare in constant time, and hash slowly. */
  verify(user: Found, password: string): Promise<boolean>
}
