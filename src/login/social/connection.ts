import type { Client, AuthorizationServer as Metadata, TokenEndpointResponse } from 'oauth4webapi'
import { type Clock, toSeconds } from '../../base/clock.ts'
import type { OutwardFetch } from '../../base/outward-fetch.ts'
import { AuthError } from '../../errors/auth-error.ts'
import { Refusal } from '../../errors/refusal.ts'
import { challengeOf } from '../../model/pkce.ts'
import { parseCompact, readJsonPart } from '../../tokens/compact.ts'
import { appleClientSecret } from './apple-secret.ts'
import type { Attempt } from './attempt.ts'
import { whyFailed } from './failure.ts'
import { nameFromApple, personOfClaims } from './person.ts'
import type {
  OAuthProtocol,
  OpenIdProtocol,
  Provider,
  ProviderAssertion,
  ProviderTokens,
} from './provider.ts'

/** One provider, as it is spoken to. */
export interface ProviderConnection {
  readonly provider: Provider
  /** Where a browser is sent to sign in there. Throws `PROVIDER_UNAVAILABLE`, `PROVIDER_ANSWER_REFUSED`. */
  authorizationUrl(attempt: Attempt): Promise<URL>
  /**
   * Who it is that came back with these parameters (OpenID Connect Core section 3.1.3.7, RFC 9207). Each parameter must
   * stand in them once. Throws `PROVIDER_DENIED`, `PROVIDER_UNAVAILABLE`, `PROVIDER_ANSWER_REFUSED`, `NONCE_MISMATCH`.
   */
  complete(answer: URLSearchParams, attempt: Attempt): Promise<ProviderAssertion>
  /** New tokens for a refresh token. Throws as `complete` does; `PROVIDER_DENIED` where it was taken back. */
  refresh(refreshToken: string): Promise<ProviderTokens>
}

export interface ConnectionParts {
  readonly provider: Provider
  /** Where the provider sends the browser back to; of this provider alone, so that two cannot be mixed up. */
  readonly redirectUri: string
  readonly fetch: OutwardFetch
  /** Whether the provider may be this machine, by http. */
  readonly allowsHttp: boolean
  readonly clock: Clock
}

const METADATA_MILLISECONDS = 3_600_000
const CLOCK_TOLERANCE_SECONDS = 30

export function createConnection(parts: ConnectionParts): ProviderConnection {
  const { provider, redirectUri, fetch, allowsHttp, clock } = parts
  const { protocol, proof, clientId } = provider
  let known: { readonly metadata: Metadata; readonly at: number } | undefined

  /** A token of ours in the place of a secret is made for each request. */
  const clientAuthentication = (oauth: typeof import('oauth4webapi')) => {
    if (proof.way === 'apple') {
      return oauth.ClientSecretPost(appleClientSecret(proof, clientId, toSeconds(clock.now())))
    }
    return proof.way === 'basic'
      ? oauth.ClientSecretBasic(proof.secret)
      : oauth.ClientSecretPost(proof.secret)
  }

  /** Loaded when somebody first signs in by a provider: a start need not wait for it. */
  const load = async () => {
    const oauth = await import('oauth4webapi')
    const options = { [oauth.customFetch]: fetch, [oauth.allowInsecureRequests]: allowsHttp }
    const client: Client = {
      client_id: clientId,
      [oauth.clockSkew]: Math.round((clock.now() - Date.now()) / 1000),
      [oauth.clockTolerance]: CLOCK_TOLERANCE_SECONDS,
      ...(protocol.kind === 'openid' && { id_token_signed_response_alg: protocol.idTokenAlgorithm }),
    }
    const auth = clientAuthentication(oauth)
    return { oauth, options, client, auth }
  }
  type Loaded = Awaited<ReturnType<typeof load>>

  /** What the provider says of itself; the same object for an hour, for the library keeps the keys beside it. */
  async function metadataOf({ oauth, options }: Loaded): Promise<Metadata> {
    if (protocol.kind === 'oauth') {
      const { issuer, authorizationEndpoint, tokenEndpoint } = protocol
      known ??= {
        metadata: { issuer, authorization_endpoint: authorizationEndpoint, token_endpoint: tokenEndpoint },
        at: 0,
      }
      return known.metadata
    }
    const now = clock.now()
    if (known !== undefined && now - known.at < METADATA_MILLISECONDS) return known.metadata
    const issuer = new URL(protocol.issuer)
    const answer = await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oidc' })
    const metadata = await oauth.processDiscoveryResponse(issuer, answer)
    // The library compares addresses, and not texts (rule D4).
    if (metadata.issuer !== protocol.issuer) throw refused('the metadata is of another issuer')
    known = { metadata, at: now }
    return metadata
  }

  async function authorizationEndpoint(loaded: Loaded): Promise<URL> {
    const { authorization_endpoint: endpoint } = await metadataOf(loaded)
    const url = URL.parse(endpoint ?? '')
    if (url !== null && (url.protocol === 'https:' || (allowsHttp && url.protocol === 'http:'))) return url
    throw refused('the metadata names no authorization endpoint that is gone to')
  }

  const refused = (why: string) =>
    new AuthError('PROVIDER_ANSWER_REFUSED', { details: { provider: provider.id, why } })

  /** What goes wrong underneath is told by its cause and in words: errors of the library quote what they were given. */
  async function speak<Value>(work: (loaded: Loaded) => Promise<Value>): Promise<Value> {
    try {
      return await work(await load())
    } catch (error) {
      if (error instanceof AuthError) throw error
      const { cause, why } = whyFailed(error)
      throw new AuthError(cause, { details: { provider: provider.id, why } })
    }
  }

  const tokensOf = (answer: TokenEndpointResponse): ProviderTokens => ({
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    endsAt: answer.expires_in === undefined ? undefined : clock.now() + answer.expires_in * 1000,
    scope: answer.scope,
  })

  async function personByIdToken(
    openId: OpenIdProtocol,
    answer: TokenEndpointResponse,
    response: Response,
    metadata: Metadata,
    { oauth, options, client }: Loaded,
  ) {
    const claims = oauth.getValidatedIdTokenClaims(answer)
    if (claims === undefined) throw refused('there is no ID token')
    refuseLoose(answer.id_token ?? '')
    // The library asks for it where there are several audiences alone.
    if (claims.azp !== undefined && claims.azp !== clientId)
      throw refused('the ID token is for another client')
    await oauth.validateApplicationLevelSignature(metadata, response, options)
    // What an ID token leaves out is at the userinfo endpoint. An address and whether it is proven come from one place.
    const isComplete = claims.email !== undefined && claims.name !== undefined
    if (isComplete || metadata.userinfo_endpoint === undefined) {
      return personOfClaims(claims, openId)
    }
    const asked = await oauth.userInfoRequest(metadata, client, answer.access_token, options)
    const more = await oauth.processUserInfoResponse(metadata, client, claims.sub, asked)
    const { email_verified: _, ...withoutEmail } = claims
    const own = claims.email === undefined ? withoutEmail : claims
    const address = claims.email === undefined ? {} : { email_verified: claims.email_verified }
    return personOfClaims({ ...more, ...own, ...address }, openId)
  }

  /** One spelling, no member twice: before anything of it is believed (rules A13, A14). */
  function refuseLoose(idToken: string): void {
    const compact = parseCompact(idToken)
    if (compact instanceof Refusal || readJsonPart(compact.payload, 'payload') instanceof Refusal) {
      throw refused('the ID token is not in the one form that is taken')
    }
  }

  async function personByDocuments({ documents, read }: OAuthProtocol, accessToken: string) {
    const headers = { accept: 'application/json', authorization: `Bearer ${accessToken}` }
    const entries = await Promise.all(
      Object.entries(documents).map(async ([name, address]): Promise<[string, unknown]> => {
        const response = await fetch(address, { headers })
        if (response.status !== 200) throw new Error(`status ${response.status} for who it is`)
        return [name, await response.json()]
      }),
    )
    return read(Object.fromEntries(entries))
  }

  return {
    provider,

    authorizationUrl: ({ state, nonce, verifier, anew }) =>
      speak(async (loaded) => {
        const url = await authorizationEndpoint(loaded)
        const parameters = {
          ...provider.parameters,
          ...(anew === true && provider.anew),
          client_id: clientId,
          redirect_uri: redirectUri,
          response_type: 'code',
          scope: provider.scopes.join(' '),
          state,
          code_challenge: challengeOf(verifier),
          code_challenge_method: 'S256',
          ...(protocol.kind === 'openid' && { nonce }),
        }
        for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
        return url
      }),

    complete: (answer, { state, nonce, verifier }) =>
      speak(async (loaded) => {
        const { oauth, options, client, auth } = loaded
        if (answer.has('error')) throw denied(answer, provider)
        const metadata = await metadataOf(loaded)
        // State, and `iss` where the provider says that it sends one, or sends one (RFC 9207).
        const checked = oauth.validateAuthResponse(metadata, client, answer, state)
        const response = await oauth.authorizationCodeGrantRequest(
          metadata,
          client,
          auth,
          checked,
          redirectUri,
          verifier,
          options,
        )
        const expectations = protocol.kind === 'openid' ? { expectedNonce: nonce, requireIdToken: true } : {}
        const tokens = await oauth.processAuthorizationCodeResponse(metadata, client, response, expectations)
        const person =
          protocol.kind === 'openid'
            ? await personByIdToken(protocol, tokens, response, metadata, loaded)
            : await personByDocuments(protocol, tokens.access_token)
        if (person === undefined) throw refused('it does not say who it is')
        const name = proof.way === 'apple' ? nameFromApple(answer.get('user') ?? undefined) : undefined
        const claims = { ...person.claims, ...(name !== undefined && { name }) }
        const authenticatedAt = authenticatedAtIn(oauth.getValidatedIdTokenClaims(tokens), clock)
        return { provider, person: { ...person, claims }, tokens: tokensOf(tokens), authenticatedAt }
      }),

    refresh: (refreshToken) =>
      speak(async (loaded) => {
        const { oauth, options, client, auth } = loaded
        const metadata = await metadataOf(loaded)
        const response = await oauth.refreshTokenGrantRequest(metadata, client, auth, refreshToken, options)
        const answer = await oauth.processRefreshTokenResponse(metadata, client, response).catch((error) => {
          if (error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant') {
            throw new AuthError('PROVIDER_DENIED', { details: { provider: provider.id, why: error.error } })
          }
          throw error
        })
        const tokens = tokensOf(answer)
        return { ...tokens, refreshToken: tokens.refreshToken ?? refreshToken }
      }),
  }
}

/** By `auth_time`, which cannot lie ahead; undefined where the provider does not say. */
function authenticatedAtIn(
  claims: { readonly auth_time?: unknown } | undefined,
  clock: Clock,
): number | undefined {
  const seconds = claims?.auth_time
  if (typeof seconds !== 'number' || !(seconds > 0)) return undefined
  return Math.min(Math.floor(seconds) * 1000, clock.now())
}

/** The person said no, or the provider did. */
function denied(answer: URLSearchParams, { id }: Provider): AuthError {
  const error = answer.get('error') ?? ''
  const why = /^[a-z_]{1,60}$/.test(error) ? error : 'an error without a name'
  return new AuthError('PROVIDER_DENIED', { details: { provider: id, why } })
}
