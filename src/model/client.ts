/** The id of the built-in client that an API's own front ends use; it needs no registration and has no secret. */
export const FIRST_PARTY = 'first-party'

/** How a client proves itself at the token endpoint (RFC 7591 section 2); each is registered for exactly one. */
export const CLIENT_AUTH_METHODS = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
] as const

export type ClientAuthMethod = (typeof CLIENT_AUTH_METHODS)[number]

/**
 * What ID tokens are signed with. Every client of OpenID Connect knows RS256 and may know nothing else (Discovery
 * section 3), so it stands first and is what is meant where nothing is said.
 */
export const ID_TOKEN_ALGORITHMS = ['RS256', 'ES256'] as const

export type IdTokenAlgorithm = (typeof ID_TOKEN_ALGORITHMS)[number]

/** A disabled client gets nothing and its access tokens end; enabled again, its sessions go on. */
export type ClientState = 'active' | 'disabled'

/** What the registration of a client says and an operator may change. */
export interface ClientRegistration {
  readonly name: string
  /** The grants the client may use at the token endpoint. */
  readonly grants: readonly string[]
  /** The scopes it may ask for; undefined: all that are declared, which only the built-in client may. */
  readonly scopes: readonly string[] | undefined
  /** Compared as exact texts. */
  readonly redirectUris: readonly string[]
  /** Where people may be led after they signed out (OpenID Connect RP-Initiated Logout section 3.1), as exact texts. */
  readonly postLogoutRedirectUris: readonly string[]
  readonly authMethod: ClientAuthMethod
  /** Whether its authorization requests must carry a PKCE challenge; never false for a public client. */
  readonly requirePkce: boolean
  /** An application of one’s own, which people need not be asked about. */
  readonly skipConsent: boolean
  /** What its ID tokens are signed with. */
  readonly idTokenAlgorithm: IdTokenAlgorithm
  /** Its public keys (RFC 7517), for `private_key_jwt`. */
  readonly keys: readonly Readonly<Record<string, unknown>>[]
  readonly state: ClientState
}

/** An application that obtains tokens (RFC 6749 section 2). */
export interface Client extends ClientRegistration {
  readonly id: string
  /** Raised when tokens the client holds must end; part of the `ver` claim. */
  readonly ver: number
  /** The secrets that are good, newest first: two while one takes the place of the other. */
  readonly secrets: readonly ClientSecret[]
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Milliseconds since 1970. */
  readonly updatedAt: number
}

/** What may be known of a secret. Times are milliseconds since 1970. */
export interface ClientSecret {
  readonly createdAt: number
  /** Undefined: until it is replaced. */
  readonly endsAt: number | undefined
}

/** A secret as stored: its SHA-256, base64url. */
export interface StoredClientSecret extends ClientSecret {
  readonly hash: string
}

/** Whether it proves itself by a secret of ours. */
export function hasSecret({ authMethod }: Pick<ClientRegistration, 'authMethod'>): boolean {
  return authMethod === 'client_secret_basic' || authMethod === 'client_secret_post'
}

/** The secrets after a change: a client that proves itself without one has none, also when it is changed back. */
export function keptSecrets(
  secrets: readonly StoredClientSecret[],
  client: Pick<ClientRegistration, 'authMethod'>,
): readonly StoredClientSecret[] {
  return hasSecret(client) ? secrets : []
}

/** The secrets that are good at a time. */
export function goodSecrets(secrets: readonly StoredClientSecret[], now: number): StoredClientSecret[] {
  return secrets.filter(({ endsAt }) => endsAt === undefined || now < endsAt)
}

/**
 * The secrets after a new one was made: the newest of the former ones lives on for a while, so that every process that
 * holds it can be given the new one; older ones end.
 */
export function rotatedSecrets(
  secrets: readonly StoredClientSecret[],
  hash: string,
  formerMilliseconds: number,
  now: number,
): StoredClientSecret[] {
  const fresh = { hash, createdAt: now, endsAt: undefined }
  const [former] = goodSecrets(secrets, now)
  if (former === undefined || formerMilliseconds === 0) return [fresh]
  return [
    fresh,
    { ...former, endsAt: Math.min(now + formerMilliseconds, former.endsAt ?? Number.MAX_SAFE_INTEGER) },
  ]
}

/** Whether access tokens made under the one registration say too much under the other. */
export function losesRights(before: ClientRegistration, after: ClientRegistration): boolean {
  if (before.state === 'active' && after.state === 'disabled') return true
  const { scopes } = after
  return (
    scopes !== undefined &&
    (before.scopes === undefined || before.scopes.some((name) => !scopes.includes(name)))
  )
}
