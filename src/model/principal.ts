/** The kind of a credential, as access words name it under `via`. */
export type CredentialName = 'bearer' | (string & {})

/**
 * Who a credential proved to be. Frozen: it is shared by all requests that carry the same token. `Claims` are the
 * application's own, `Scope` its declared scopes.
 */
export interface Principal<Claims = Readonly<Record<string, unknown>>, Scope extends string = string> {
  /** A person, or a client acting for itself (RFC 6749 section 4.4). */
  readonly kind: 'user' | 'client'
  /** The `sub`: a random id that stays when the user is renamed. */
  readonly id: string
  readonly clientId: string
  readonly scopes: readonly Scope[]
  readonly roles: readonly string[]
  readonly sessionId: string | undefined
  /** The `jti` of the token. */
  readonly tokenId: string
  readonly via: CredentialName
  /** How the user proved who they are (RFC 8176). */
  readonly amr: readonly string[]
  /**
   * True for a token that was requested with fewer scopes than the roles allow: it can use those scopes, and cannot
   * change the account itself. Absent otherwise.
   */
  readonly isNarrowed?: true
  /** When the user proved who they are. Seconds since 1970. */
  readonly authTime: number | undefined
  /** When the credential expires. Seconds since 1970. */
  readonly expiresAt: number
  /** The application's own claims. */
  readonly claims: Claims
}
