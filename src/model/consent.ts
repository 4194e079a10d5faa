/** What a user has allowed a client to do, until they take it back. */
export interface Consent {
  readonly clientId: string
  /** The name of the client, as of now. */
  readonly clientName: string
  readonly scopes: readonly string[]
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Milliseconds since 1970. */
  readonly updatedAt: number
}
