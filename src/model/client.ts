/** The id of the built-in client that an API's own front ends use; it needs no registration and has no secret. */
export const FIRST_PARTY = 'first-party'

/** An application that obtains tokens (RFC 6749 section 2). */
export interface Client {
  readonly id: string
  readonly name: string
  /** Raised when tokens the client holds must end; part of the `ver` claim. */
  readonly ver: number
  /** The grants the client may use at the token endpoint. */
  readonly grants: readonly string[]
}
