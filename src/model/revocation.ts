/** What an entry ends: one token (`jti`), a session, all tokens of a user, client or store below a counter, a key. */
export type RevocationKind = 'token' | 'session' | 'user' | 'client' | 'store' | 'key' | 'apikey'

/** A fact that outlives its cause in memory and database until no token can be alive that it speaks of. */
export interface Revocation {
  readonly kind: RevocationKind
  /** The `jti`, session id, user id, client id, `kid` or API key id; for the store its id. */
  readonly ref: string
  /** The least acceptable counter; undefined ends everything the reference names, without comparison. */
  readonly least: number | undefined
}
