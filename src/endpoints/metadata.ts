import { z } from 'zod'
import { grants } from '../grants/pipeline.ts'
import { jwksOf } from '../keys/jwks.ts'
import { anyone } from '../model/access.ts'
import { json, route } from './route.ts'

/** Half of this is how often a verifier asks; a key is published that long before it signs. Seconds. */
export const JWKS_CACHE_SECONDS = 300

export const jwks = route({
  method: 'GET',
  path: '/.well-known/jwks.json',
  access: anyone,
  tag: 'Metadata',
  style: 'problem',
  summary: 'Public keys (RFC 7517)',
  answers: {
    200: {
      description: 'The keys that access tokens are signed with.',
      schema: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
    },
  },
  handle: ({ services }) =>
    json(jwksOf(services.grants.keyRing.publicKeys()), 200, {
      'cache-control': `public, max-age=${JWKS_CACHE_SECONDS}`,
    }),
})

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
        jwks_uri: `${settings.issuer}/.well-known/jwks.json`,
        scopes_supported: Object.keys(policy.scopes),
        response_types_supported: [],
        grant_types_supported: offered.map(({ type }) => type),
        token_endpoint_auth_methods_supported: ['none'],
      },
      200,
      { 'cache-control': `public, max-age=${JWKS_CACHE_SECONDS}` },
    )
  },
})
