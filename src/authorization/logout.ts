import { AuthError } from '../errors/auth-error.ts'
import type { GrantParts } from '../grants/grant.ts'
import { type IdTokenHint, readIdTokenHint } from '../tokens/id-token.ts'

export interface CheckedLogout {
  /** Whom the client knows, and by which session of its own. */
  readonly hint: IdTokenHint | undefined
  /** Where to go afterwards: an address that the client is registered with, its state added. */
  readonly address: string | undefined
}

const LONGEST = { id_token_hint: 8192, client_id: 200, post_logout_redirect_uri: 2000, state: 2000 } as const

/**
 * Checks a request to sign out (OpenID Connect RP-Initiated Logout section 2): a hint has to be an ID token of ours, for
 * the client that is named, which is active, and an address has to be that client's, exactly. Throws
 * `AUTHORIZATION_REQUEST_INVALID`; nobody is redirected then (section 3).
 */
export async function checkLogout(query: string, parts: GrantParts): Promise<CheckedLogout> {
  const values = readValues(query)
  const { issuer } = parts.settings
  const idTokenHint = values.get('id_token_hint')
  const keys = parts.keyRing
  const hint = idTokenHint === undefined ? undefined : readIdTokenHint(idTokenHint, { issuer, keys })
  if (idTokenHint !== undefined && hint === undefined)
    throw invalid('id_token_hint', 'not an ID token of ours')
  const clientId = values.get('client_id') ?? hint?.clientId
  if (hint !== undefined && clientId !== hint.clientId)
    throw invalid('client_id', 'not that of id_token_hint')
  const client = clientId === undefined ? undefined : (await parts.clients.find(clientId))?.client
  if (clientId !== undefined && client?.state !== 'active')
    throw invalid('client_id', 'no client that is active')
  const uri = values.get('post_logout_redirect_uri')
  if (uri === undefined) return { hint, address: undefined }
  if (client?.postLogoutRedirectUris.includes(uri) !== true) {
    throw invalid('post_logout_redirect_uri', 'not registered')
  }
  const state = values.get('state')
  const more = state === undefined ? '' : `${uri.includes('?') ? '&' : '?'}${new URLSearchParams({ state })}`
  return { hint, address: uri + more }
}

function readValues(query: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (!Object.hasOwn(LONGEST, name) || value === '') continue
    if (values.has(name)) throw invalid(name, 'sent twice')
    const isFine = value.length <= LONGEST[name as keyof typeof LONGEST] && !/\p{Cc}/u.test(value)
    if (!isFine) throw invalid(name, 'too long, or has control characters')
    values.set(name, value)
  }
  return values
}

function invalid(parameter: string, why: string): AuthError {
  return new AuthError('AUTHORIZATION_REQUEST_INVALID', { details: { parameter, why } })
}
