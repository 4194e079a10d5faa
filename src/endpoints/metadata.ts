import { z } from 'zod'
import { grants } from '../grants/pipeline.ts'
import { publicAlgorithms } from '../keys/algorithm.ts'
import { JWKS_CACHE_SECONDS } from '../keys/phases.ts'
import { anyone } from '../model/access.ts'
import { CLIENT_AUTH_METHODS } from '../model/client.ts'
import { json, route } from './route.ts'

/**
 * For how long a cache may go on with the key set when we do not answer. As long as an access token can live: later
 * there is none left that it could be needed for. Seconds.
 */
const JWKS_STALE_SECONDS = 3600

export const jwks = route({
  method: 'GET',
  path: '/.well-known/jwks.json',
  access: anyone,
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
  tag: 'Metadata',
  style: 'problem',
  summary: 'Authorization server metadata (RFC 8414)',
  answers: { 200: { description: 'The metadata.', schema: z.record(z.string(), z.unknown()) } },
  handle({ services }) {
    const { settings, policy } = services.grants
    const offered = grants.filter(({ type }) => settings.passwordGrant || type !== 'password')
    return json(
      {
        issuer: settings.issuer,
        token_endpoint: `${settings.issuer}/token`,
        revocation_endpoint: `${settings.issuer}/revoke`,
        introspection_endpoint: `${settings.issuer}/introspect`,
        jwks_uri: `${settings.issuer}/.well-known/jwks.json`,
        scopes_supported: Object.keys(policy.scopes),
        response_types_supported: [],
        grant_types_supported: offered.map(({ type }) => type),
        token_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
        token_endpoint_auth_signing_alg_values_supported: SIGNING_ALGORITHMS,
        revocation_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
        revocation_endpoint_auth_signing_alg_values_supported: SIGNING_ALGORITHMS,
        introspection_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS.filter((way) => way !== 'none'),
        introspection_endpoint_auth_signing_alg_values_supported: SIGNING_ALGORITHMS,
      },
      200,
      { 'cache-control': `public, max-age=${JWKS_CACHE_SECONDS}` },
    )
  },
})

/** Whether an If-None-Match names the tag, by the weak comparison (RFC 9110 section 13.1.2). */
function namesTag(field: string | null, etag: string): boolean {
  if (field === null) return false
  const tags = field.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}
