import {
  type Client,
  type ClientAuthMethod,
  type ClientState,
  goodSecrets,
  type IdTokenAlgorithm,
  type StoredClientSecret,
} from '../../model/client.ts'

export interface ClientRow {
  readonly id: string
  readonly name: string
  readonly ver: number
  readonly state: ClientState
  readonly grants: readonly string[]
  readonly scopes: readonly string[] | null
  readonly redirect_uris: readonly string[]
  readonly auth_method: ClientAuthMethod
  readonly require_pkce: boolean
  readonly skip_consent: boolean
  readonly post_logout_redirect_uris: readonly string[]
  readonly id_token_algorithm: IdTokenAlgorithm
  readonly keys: readonly Readonly<Record<string, unknown>>[]
  readonly secrets: readonly StoredClientSecret[]
  readonly created_at: number
  readonly updated_at: number
  /** When the statement looked. */
  readonly as_of: number
}

/** Of the secrets only those that are good at that time, and of these not the hash. */
export function toClient(row: ClientRow): Client {
  return {
    id: row.id,
    name: row.name,
    ver: row.ver,
    state: row.state,
    grants: row.grants,
    scopes: row.scopes ?? undefined,
    redirectUris: row.redirect_uris,
    authMethod: row.auth_method,
    requirePkce: row.require_pkce,
    skipConsent: row.skip_consent,
    postLogoutRedirectUris: row.post_logout_redirect_uris,
    idTokenAlgorithm: row.id_token_algorithm,
    keys: row.keys,
    secrets: goodSecrets(row.secrets, row.as_of).map(({ createdAt, endsAt }) => ({ createdAt, endsAt })),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
