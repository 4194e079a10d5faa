import { z } from 'zod'
import { CLIENT_AUTH_METHODS, type Client, ID_TOKEN_ALGORITHMS } from '../model/client.ts'
import { parseScope } from '../model/scope-policy.ts'
import { text } from '../model/text-field.ts'
import type { ClientChange } from './clients.ts'
import { REGISTRABLE_GRANTS } from './registration.ts'

const addresses = z.array(text(2000), 'Must be a list of addresses.').max(50)

export const clientName = text(100)
export const clientState = z.enum(['active', 'disabled'], 'Must be `active` or `disabled`.')

/**
 * What is registered of a client, named as in dynamic registration (RFC 7591 section 2), which has a word for nearly all
 * of it. The name stands apart, for a new client must have one.
 */
export const clientMetadata = {
  grant_types: z
    .array(z.enum(REGISTRABLE_GRANTS, `Must be one of ${REGISTRABLE_GRANTS.join(', ')}.`))
    .max(10)
    .optional(),
  scope: text(10_000, 0)
    .optional()
    .meta({ description: 'Names of scopes it may ask for, separated by spaces.' }),
  redirect_uris: addresses.optional(),
  post_logout_redirect_uris: addresses.optional(),
  token_endpoint_auth_method: z
    .enum(CLIENT_AUTH_METHODS, `Must be one of ${CLIENT_AUTH_METHODS.join(', ')}.`)
    .optional(),
  require_pkce: z.boolean('Must be true or false.').optional(),
  skip_consent: z.boolean('Must be true or false.').optional().meta({
    description: 'An application of your own: people are not asked whether they allow it.',
  }),
  id_token_signed_response_alg: z
    .enum(ID_TOKEN_ALGORITHMS, `Must be one of ${ID_TOKEN_ALGORITHMS.join(', ')}.`)
    .optional()
    .meta({ description: 'What its ID tokens are signed with; RS256 where left out.' }),
  jwks: z
    .strictObject({ keys: z.array(z.record(z.string(), z.unknown())).max(10) })
    .optional()
    .meta({ description: 'Public keys for `private_key_jwt`.' }),
}

export type ClientMetadata = {
  readonly [Name in keyof typeof clientMetadata]?: z.output<(typeof clientMetadata)[Name]> | undefined
}

/** The members of a registration that were given. */
export function registrationFrom(given: ClientMetadata): Omit<ClientChange, 'name' | 'state'> {
  return {
    grants: given.grant_types,
    scopes: given.scope === undefined ? undefined : parseScope(given.scope),
    redirectUris: given.redirect_uris,
    postLogoutRedirectUris: given.post_logout_redirect_uris,
    authMethod: given.token_endpoint_auth_method,
    requirePkce: given.require_pkce,
    skipConsent: given.skip_consent,
    idTokenAlgorithm: given.id_token_signed_response_alg,
    keys: given.jwks?.keys,
  }
}

/** A registration by the names it is given under. */
export function metadataOf(client: Omit<Client, 'id' | 'ver' | 'secrets' | 'createdAt' | 'updatedAt'>) {
  return {
    client_name: client.name,
    state: client.state,
    grant_types: [...client.grants],
    scope: client.scopes?.join(' ') ?? null,
    redirect_uris: [...client.redirectUris],
    post_logout_redirect_uris: [...client.postLogoutRedirectUris],
    token_endpoint_auth_method: client.authMethod,
    require_pkce: client.requirePkce,
    skip_consent: client.skipConsent,
    id_token_signed_response_alg: client.idTokenAlgorithm,
    jwks: { keys: [...client.keys] },
  }
}
