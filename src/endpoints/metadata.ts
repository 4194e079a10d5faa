import { z } from 'zod'
import { PROMPTS } from '../authorization/request.ts'
import { AuthError } from '../errors/auth-error.ts'
import { grants } from '../grants/pipeline.ts'
import { resourceMetadataAddress } from '../http/resource-metadata.ts'
import { publicAlgorithms } from '../keys/algorithm.ts'
import { JWKS_CACHE_SECONDS } from '../keys/phases.ts'
import { anyone } from '../model/access.ts'
import { CLIENT_AUTH_METHODS, ID_TOKEN_ALGORITHMS } from '../model/client.ts'
import { DEVICE_CODE_GRANT } from '../model/device-code.ts'
import { withIdentityScopes } from '../model/identity-scopes.ts'
import { FROM_MEMORY } from './limits.ts'
import { json, route } from './route.ts'
import type { Services } from './services.ts'
import { USERINFO_CLAIMS } from './userinfo.ts'

/**
 * For how long a cache may go on with the key set when we do not answer. As long as an access token can live: later
 * there is none left that it could be needed for. Seconds.
 */
const JWKS_STALE_SECONDS = 3600

export const jwks = route({
  method: 'GET',
  path: '/.well-known/jwks.json',
  access: anyone,
  limit: FROM_MEMORY,
  tag: 'Metadata',
  style: 'problem',
  summary: 'Public keys (RFC 7517)',
  answers: {
    200: {
      description: 'The keys that tokens are signed with, those that will sign next included.',
      schema: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
    },
    304: { description: 'The same as the `If-None-Match` of the request says.' },
  },
  async handle({ request, services }) {
    const { keyRing } = services.grants
    await keyRing.freshen()
    const { text, etag } = keyRing.keySet()
    const headers = {
      'cache-control': `public, max-age=${JWKS_CACHE_SECONDS}, stale-if-error=${JWKS_STALE_SECONDS}`,
      etag,
    }
    return namesTag(request.headers.get('if-none-match'), etag)
      ? { status: 304, headers, body: null }
      : { status: 200, headers: { ...headers, 'content-type': 'application/json' }, body: text }
  },
})

/** Of the assertions of `private_key_jwt`. */
const SIGNING_ALGORITHMS = Object.keys(publicAlgorithms)

/** RFC 8414. Says only what works. */
export const authorizationServer = route({
  method: 'GET',
  path: '/.well-known/oauth-authorization-server',
  access: anyone,
  limit: FROM_MEMORY,
  tag: 'Metadata',
  style: 'problem',
  summary: 'Authorization server metadata (RFC 8414)',
  answers: { 200: { description: 'The metadata.', schema: z.record(z.string(), z.unknown()) } },
  handle({ services }) {
    return document(metadataOf(services))
  },
})

/** OpenID Connect Discovery section 3: the same, and what it adds. */
export const openidConfiguration = route({
  method: 'GET',
  path: '/.well-known/openid-configuration',
  access: anyone,
  limit: FROM_MEMORY,
  tag: 'Metadata',
  style: 'problem',
  summary: 'OpenID provider metadata (OpenID Connect Discovery)',
  answers: { 200: { description: 'The metadata.', schema: z.record(z.string(), z.unknown()) } },
  async handle({ services }) {
    // Whoever asks is about to need the key set with these keys in it.
    for (const algorithm of ID_TOKEN_ALGORITHMS) await services.grants.idKey(algorithm)
    return document({
      ...metadataOf(services),
      userinfo_endpoint: `${services.grants.settings.issuer}/userinfo`,
      end_session_endpoint: `${services.grants.settings.issuer}/oidc/logout`,
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ID_TOKEN_ALGORITHMS,
      prompt_values_supported: PROMPTS,
      acr_values_supported: ['mfa'],
      claims_supported: CLAIMS,
      claim_types_supported: ['normal'],
      claims_parameter_supported: false,
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
    })
  },
})

/** RFC 9728: which server gives the tokens that this API takes. Guards point to it in their 401. */
export const protectedResource = route({
  method: 'GET',
  path: '/.well-known/oauth-protected-resource',
  access: anyone,
  limit: FROM_MEMORY,
  tag: 'Metadata',
  style: 'problem',
  summary: 'Protected resource metadata (RFC 9728)',
  description: 'There is none where the configured audience is no URL.',
  answers: {
    200: { description: 'The metadata.', schema: z.record(z.string(), z.unknown()) },
    404: { description: 'The audience is no URL.' },
  },
  handle({ services }) {
    const { settings, policy } = services.grants
    const { issuer, audience } = settings
    if (resourceMetadataAddress(settings) === undefined) throw new AuthError('NOT_FOUND')
    return document({
      resource: audience,
      authorization_servers: [issuer],
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      scopes_supported: Object.keys(policy.scopes),
      bearer_methods_supported: ['header'],
      resource_name: services.serviceName,
    })
  },
})

function metadataOf({ grants: { settings, policy }, pages }: Services): Record<string, unknown> {
  const { issuer } = settings
  const hasPages = pages !== undefined
  const offered = grants.filter(
    ({ type }) => (settings.passwordGrant || type !== 'password') && (hasPages || type !== DEVICE_CODE_GRANT),
  )
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    ...(hasPages && { device_authorization_endpoint: `${issuer}/device_authorization` }),
    revocation_endpoint: `${issuer}/revoke`,
    introspection_endpoint: `${issuer}/introspect`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    scopes_supported: Object.keys(withIdentityScopes(policy).scopes),
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: offered.map(({ type }) => type),
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    token_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
    token_endpoint_auth_signing_alg_values_supported: SIGNING_ALGORITHMS,
    revocation_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
    revocation_endpoint_auth_signing_alg_values_supported: SIGNING_ALGORITHMS,
    introspection_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS.filter((way) => way !== 'none'),
    introspection_endpoint_auth_signing_alg_values_supported: SIGNING_ALGORITHMS,
  }
}

/** What ID tokens and the userinfo endpoint say. */
const CLAIMS = [
  ...['iss', 'aud', 'azp', 'exp', 'iat', 'auth_time', 'acr', 'amr', 'sid', 'nonce', 'at_hash'],
  ...USERINFO_CLAIMS,
]

function document(body: Readonly<Record<string, unknown>>) {
  return json(body, 200, { 'cache-control': `public, max-age=${JWKS_CACHE_SECONDS}` })
}

/** Whether an If-None-Match names the tag, by the weak comparison (RFC 9110 section 13.1.2). */
function namesTag(field: string | null, etag: string): boolean {
  if (field === null) return false
  const tags = field.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}
