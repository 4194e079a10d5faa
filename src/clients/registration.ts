import { AuthError } from '../errors/auth-error.ts'
import type { FieldProblem } from '../errors/refusal.ts'
import { readJwks } from '../keys/jwks.ts'
import { CLIENT_AUTH_METHODS, type ClientRegistration, ID_TOKEN_ALGORITHMS } from '../model/client.ts'
import { DEVICE_CODE_GRANT } from '../model/device-code.ts'
import { faultOfRedirectUri } from './redirect-uri.ts'

/** The grants that a client can be registered for. The password grant is for the built-in client alone (C7). */
export const REGISTRABLE_GRANTS = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  DEVICE_CODE_GRANT,
] as const

const MOST_REDIRECT_URIS = 50
const MOST_SCOPES = 500
const MOST_KEYS = 10
const LONGEST_NAME = 100

/**
 * Checks a whole registration, its parts and that they go together. Throws `REQUEST_INVALID` with every problem, its
 * fields named as in RFC 7591; answers with the registration, its keys without members that mean nothing here.
 */
export function checkRegistration(
  registration: ClientRegistration,
  declaredScopes: readonly string[],
): ClientRegistration {
  const problems: FieldProblem[] = []
  const when = (condition: boolean, field: string, message: string): void => {
    if (condition) problems.push({ field, message })
  }
  const { name, grants, scopes = [], authMethod, requirePkce, keys } = registration
  const { redirectUris, postLogoutRedirectUris } = registration
  const isPublic = authMethod === 'none'

  when(
    name.trim() === '' || name.length > LONGEST_NAME,
    'client_name',
    `Between 1 and ${LONGEST_NAME} characters.`,
  )
  when(/\p{C}/u.test(name), 'client_name', 'Must not hold control characters.')
  when(
    !CLIENT_AUTH_METHODS.includes(authMethod),
    'token_endpoint_auth_method',
    `One of ${CLIENT_AUTH_METHODS.join(', ')}.`,
  )

  when(grants.length === 0, 'grant_types', 'At least one is needed.')
  when(grants.includes('password'), 'grant_types', 'The password grant is for the built-in client alone.')
  const unknown = grants.some(
    (grant) => grant !== 'password' && !REGISTRABLE_GRANTS.some((known) => known === grant),
  )
  when(unknown, 'grant_types', `Each must be one of ${REGISTRABLE_GRANTS.join(', ')}.`)
  when(hasTwice(grants), 'grant_types', 'Names a grant twice.')
  const forItself = grants.includes('client_credentials')
  when(
    isPublic && forItself,
    'grant_types',
    'Whoever acts for itself must prove itself: a public client cannot.',
  )

  when(
    scopes.some((scope) => !declaredScopes.includes(scope)),
    'scope',
    'Names a scope that this API does not declare.',
  )
  when(hasTwice(scopes), 'scope', 'Names a scope twice.')
  when(scopes.length > MOST_SCOPES, 'scope', `At most ${MOST_SCOPES}.`)

  for (const [field, uris] of Object.entries({
    redirect_uris: redirectUris,
    post_logout_redirect_uris: postLogoutRedirectUris,
  })) {
    uris.slice(0, MOST_REDIRECT_URIS).forEach((uri, index) => {
      const fault = faultOfRedirectUri(uri)
      if (fault !== undefined) problems.push({ field: `${field}.${index}`, message: fault })
    })
    when(hasTwice(uris), field, 'Names an address twice.')
    when(uris.length > MOST_REDIRECT_URIS, field, `At most ${MOST_REDIRECT_URIS}.`)
  }
  const needsAddress = grants.includes('authorization_code') && redirectUris.length === 0
  when(needsAddress, 'redirect_uris', 'The code flow needs one at least.')
  when(isPublic && !requirePkce, 'require_pkce', 'A public client always needs PKCE.')

  when(
    !ID_TOKEN_ALGORITHMS.includes(registration.idTokenAlgorithm),
    'id_token_signed_response_alg',
    `One of ${ID_TOKEN_ALGORITHMS.join(', ')}.`,
  )

  const signs = authMethod === 'private_key_jwt'
  when(signs && keys.length === 0, 'jwks', 'private_key_jwt needs a public key at least.')
  when(!signs && keys.length > 0, 'jwks', 'Only private_key_jwt uses keys.')
  const read = readKeys(keys)
  for (const message of read.problems) problems.push({ field: 'jwks', message })

  if (problems.length > 0) throw new AuthError('REQUEST_INVALID', { fields: problems })
  return { ...registration, keys: read.keys }
}

function readKeys(keys: ClientRegistration['keys']): {
  readonly keys: ClientRegistration['keys']
  readonly problems: readonly string[]
} {
  if (keys.length > MOST_KEYS) return { keys: [], problems: [`At most ${MOST_KEYS}.`] }
  const read = readJwks({ keys })
  return {
    keys: read.keys.map(({ publicJwk }) => ({ ...publicJwk })),
    problems: read.refused.map(({ why }) => `A key cannot be used: ${why}.`),
  }
}

function hasTwice(values: readonly string[]): boolean {
  return new Set(values).size < values.length
}
