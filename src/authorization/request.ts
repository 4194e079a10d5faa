import { isRegisteredRedirectUri } from '../clients/redirect-uri.ts'
import type { Cause } from '../errors/codes.ts'
import { Refusal, type RefusalDetails } from '../errors/refusal.ts'
import type { Client } from '../model/client.ts'
import { scopeAskedOfPerson } from '../model/identity-scopes.ts'
import { isChallenge } from '../model/pkce.ts'
import type { ScopePolicy } from '../model/scope-policy.ts'
import type { ParameterName, Parameters } from './parameters.ts'

export const PROMPTS = ['none', 'login', 'consent', 'select_account'] as const
export type Prompt = (typeof PROMPTS)[number]

/** Where an answer goes: proven to be the client's own address. */
export interface ReturnAddress {
  readonly redirectUri: string
  readonly state: string | undefined
}

/** A request of a client that may make it (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1). */
export interface AuthorizationRequest extends ReturnAddress {
  readonly client: Client
  /** As asked, each name known; undefined where nothing was asked. */
  readonly scope: readonly string[] | undefined
  /** The PKCE challenge; undefined only for a client that is registered without. */
  readonly challenge: string | undefined
  readonly nonce: string | undefined
  readonly resources: readonly string[]
  readonly prompts: readonly Prompt[]
  readonly maxAgeSeconds: number | undefined
  readonly idTokenHint: string | undefined
}

export type CheckedRequest =
  | { readonly outcome: 'good'; readonly request: AuthorizationRequest }
  /** The client is told, by a redirect. */
  | { readonly outcome: 'returned'; readonly to: ReturnAddress; readonly refusal: Refusal }
  /** Nobody is redirected anywhere: the person is told, on a page (C2). */
  | { readonly outcome: 'shown'; readonly refusal: Refusal }

export interface RequestTerms {
  readonly policy: Pick<ScopePolicy, 'scopes'>
  /** What tokens are given for (RFC 8707). */
  readonly resources: readonly string[]
}

/**
 * Checks an authorization request against the registration of its client. Pure. Who is signed in, and what they have
 * allowed, is not looked at. First the two parameters by which an answer would be sent: while one of them is in doubt no
 * answer is (C1, C2); everything else is the client's to know.
 */
export function checkRequest(
  parameters: Parameters | undefined,
  client: Client | undefined,
  terms: RequestTerms,
): CheckedRequest {
  if (parameters === undefined) return shown('AUTHORIZATION_REQUEST_INVALID', { why: 'too long' })
  const { values, faults } = parameters
  for (const name of ['client_id', 'redirect_uri'] as const) {
    const why = faults.get(name) ?? (values.has(name) ? undefined : 'missing')
    if (why !== undefined) return shown('AUTHORIZATION_REQUEST_INVALID', { parameter: name, why })
  }
  if (client === undefined) return shown('CLIENT_UNKNOWN', { why: 'no such client' })
  const clientId = client.id
  if (client.state !== 'active') return shown('CLIENT_UNKNOWN', { clientId, why: 'disabled' })
  const redirectUri = values.get('redirect_uri') ?? ''
  if (!isRegisteredRedirectUri(redirectUri, client.redirectUris)) {
    return shown('REDIRECT_URI_MISMATCH', { clientId, requested: redirectUri })
  }

  const to = { redirectUri, state: values.get('state') }
  const refusal = refuse(parameters, client, terms)
  if (refusal !== undefined) return { outcome: 'returned', to, refusal }
  const scope = scopeAskedOfPerson(values.get('scope'), terms.policy)
  if (scope instanceof Refusal) {
    const details = { ...scope.details, clientId }
    return { outcome: 'returned', to, refusal: new Refusal(scope.code, { details }) }
  }
  const maxAge = values.get('max_age')
  return {
    outcome: 'good',
    request: {
      ...to,
      client,
      scope,
      challenge: values.get('code_challenge'),
      nonce: values.get('nonce'),
      resources: parameters.resources,
      prompts: wordsIn(values.get('prompt')) as Prompt[],
      maxAgeSeconds: maxAge === undefined ? undefined : Number(maxAge),
      idTokenHint: values.get('id_token_hint'),
    },
  }
}

/** Why the request cannot be followed, though its client may be told. */
function refuse(
  { values, faults, resources }: Parameters,
  client: Client,
  terms: RequestTerms,
): Refusal | undefined {
  const clientId = client.id
  if (values.has('request')) return new Refusal('REQUEST_OBJECT_UNSUPPORTED', { details: { clientId } })
  if (values.has('request_uri')) return new Refusal('REQUEST_URI_UNSUPPORTED', { details: { clientId } })
  const [fault] = faults
  if (fault !== undefined) return invalid(clientId, fault[0], fault[1])
  const type = values.get('response_type')
  if (type === undefined) return invalid(clientId, 'response_type', 'missing')
  if (type !== 'code') return new Refusal('RESPONSE_TYPE_UNSUPPORTED', { details: { clientId } })
  if (!client.grants.includes('authorization_code')) {
    return new Refusal('CLIENT_NOT_ALLOWED', { details: { clientId, grant: 'authorization_code' } })
  }
  if ((values.get('response_mode') ?? 'query') !== 'query')
    return invalid(clientId, 'response_mode', 'not query')
  return (
    refuseChallenge(values, client) ??
    refusePrompt(values, clientId) ??
    (resources.every((resource) => terms.resources.includes(resource))
      ? undefined
      : new Refusal('RESOURCE_UNKNOWN', { details: { clientId } }))
  )
}

function refuseChallenge(values: Parameters['values'], client: Client): Refusal | undefined {
  const challenge = values.get('code_challenge')
  const method = values.get('code_challenge_method')
  const details = { clientId: client.id }
  if (challenge === undefined) {
    const needed = client.requirePkce || method !== undefined
    return needed ? new Refusal('PKCE_MISSING', { details }) : undefined
  }
  const holds = method === 'S256' && isChallenge(challenge)
  return holds
    ? undefined
    : new Refusal('PKCE_MISSING', { details: { ...details, method: method ?? 'none' } })
}

function refusePrompt(values: Parameters['values'], clientId: string): Refusal | undefined {
  const prompts = wordsIn(values.get('prompt'))
  if (prompts.some((one) => !PROMPTS.some((known) => known === one)))
    return invalid(clientId, 'prompt', 'unknown')
  if (prompts.includes('none') && prompts.length > 1) return invalid(clientId, 'prompt', 'none beside others')
  const maxAge = values.get('max_age')
  return maxAge === undefined || /^\d{1,9}$/.test(maxAge)
    ? undefined
    : invalid(clientId, 'max_age', 'no number')
}

function wordsIn(text: string | undefined): string[] {
  return [...new Set((text ?? '').split(' ').filter((word) => word !== ''))]
}

function invalid(clientId: string, parameter: ParameterName | 'resource', why: string): Refusal {
  return new Refusal('AUTHORIZATION_REQUEST_INVALID', { details: { clientId, parameter, why } })
}

function shown(cause: Cause, details: RefusalDetails): CheckedRequest {
  return { outcome: 'shown', refusal: new Refusal(cause, { details }) }
}
