import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import OidcProvider, { type ClientMetadata } from 'oidc-provider'

/** A provider on this machine, in the hands of a test. */
export interface StandIn {
  /** Its address, without a slash at the end. */
  readonly url: string
  close(): Promise<void>
}

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => unknown) {
  const server: Server = createServer((request, response) => {
    Promise.resolve(answer(request, response)).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(String(error))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    server,
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return new URLSearchParams(Buffer.concat(parts).toString())
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

export const CLIENT_ID = 'countersign'
export const CLIENT_SECRET = 'a secret of the test, nobody else uses it'

/** node-oidc-provider, whose pages are answered at once by whoever `person` is at the time. */
export interface RealProvider extends StandIn {
  person: { sub: string; email?: string; email_verified?: boolean; name?: string; locale?: string }
  /** How often it has asked somebody to sign in. */
  asked: number
}

export async function startRealProvider(
  redirectUris: readonly string[],
  more: Partial<ClientMetadata> = {},
): Promise<RealProvider> {
  let provider: OidcProvider | undefined
  const keys = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(keys.privateKey)), alg: 'RS256', use: 'sig', kid: 'one' }
  const { url, close } = await listen(async (request, response) => {
    if (provider === undefined) throw new Error('not yet')
    if (!request.url?.startsWith('/interaction/')) return provider.callback()(request, response)
    const { params, prompt } = await provider.interactionDetails(request, response)
    if (prompt.name === 'login') started.asked += 1
    const accountId = started.person.sub
    const grant = new provider.Grant({ accountId, clientId: CLIENT_ID })
    grant.addOIDCScope(String(params.scope))
    const result = { login: { accountId }, consent: { grantId: await grant.save() } }
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
  })
  provider = new OidcProvider(url, {
    jwks: { keys: [jwk as never] },
    cookies: { keys: ['a key of the test'] },
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [...redirectUris],
        grant_types: ['authorization_code', 'refresh_token'],
        ...more,
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture', 'locale'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => (id === started.person.sub ? { ...started.person } : { sub: id }),
    }),
    ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600, RefreshToken: 600 },
  })
  const started: RealProvider = { url, close, person: { sub: 'nobody' }, asked: 0 }
  return started
}

/** Goes where a browser is sent, with its cookies, until that is somewhere else; the address there. */
export async function walk(start: string, cookies = new Map<string, string>()): Promise<string> {
  const { origin } = new URL(start)
  let at = start
  for (let step = 0; step < 10; step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(at, { redirect: 'manual', headers: cookie === '' ? {} : { cookie } })
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (location === null) throw new Error(`${response.status} ${await response.text()}`)
    at = new URL(location, at).href
    if (new URL(at).origin !== origin) return at
  }
  throw new Error('led on and on')
}

/** An OpenID provider of which a test can break any one part. */
export interface OddProvider extends StandIn {
  /** What the ID token says beside what it has to. */
  claims: Record<string, unknown>
  /** The claims of the ID token, changed before they are signed. */
  changeClaims: (claims: Record<string, unknown>) => Record<string, unknown>
  /** The ID token, changed after it was signed. */
  changeToken: (token: string) => string | undefined
  /** The metadata, changed. */
  changeMetadata: (metadata: Record<string, unknown>) => Record<string, unknown>
  /** In the place of an answer of this path. */
  readonly instead: Map<string, (request: IncomingMessage, response: ServerResponse) => unknown>
  /** Whether it answers by a form that the browser posts, as Apple does. */
  postsBack: boolean
  /** Parameters of the requests to the token endpoint. */
  readonly exchanges: URLSearchParams[]
  /** What a browser that was sent there with these parameters brings back. */
  answer(location: string, more?: Record<string, string | undefined>): string
}

export async function startOddProvider(): Promise<OddProvider> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), alg: 'RS256', use: 'sig', kid: 'one' }
  const nonces = new Map<string, string>()
  const { url, close } = await listen(async (request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://x')
    const instead = started.instead.get(pathname)
    if (instead !== undefined) return void instead(request, response)
    if (pathname === '/.well-known/openid-configuration') {
      return json(
        response,
        started.changeMetadata({
          issuer: url,
          authorization_endpoint: `${url}/authorize`,
          token_endpoint: `${url}/token`,
          jwks_uri: `${url}/jwks`,
          id_token_signing_alg_values_supported: ['RS256'],
          authorization_response_iss_parameter_supported: true,
        }),
      )
    }
    if (pathname === '/jwks') return json(response, { keys: [jwk] })
    if (pathname === '/authorize') {
      const asked = new URL(request.url ?? '', url)
      const redirectUri = asked.searchParams.get('redirect_uri') ?? ''
      const back = new URL(started.answer(asked.href), redirectUri)
      if (!started.postsBack) return void response.writeHead(302, { location: back.href }).end()
      const fields = [...back.searchParams].map(
        ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
      )
      const form = `<form method="post" action="${redirectUri}">${fields.join('')}<button>Go on</button></form>`
      return void response.writeHead(200, { 'content-type': 'text/html' }).end(form)
    }
    if (pathname === '/token') {
      const form = await bodyOf(request)
      started.exchanges.push(form)
      if (form.get('grant_type') === 'refresh_token') {
        return json(response, {
          access_token: `access ${started.exchanges.length}`,
          token_type: 'Bearer',
          expires_in: 60,
          refresh_token: `refresh ${started.exchanges.length}`,
        })
      }
      const nonce = nonces.get(form.get('code') ?? '')
      if (nonce === undefined) return json(response, { error: 'invalid_grant' }, 400)
      const now = Math.floor(Date.now() / 1000)
      const claims = started.changeClaims({
        iss: url,
        aud: CLIENT_ID,
        iat: now,
        exp: now + 300,
        nonce,
        sub: 'someone',
        auth_time: now,
        name: 'Some One',
        ...started.claims,
      })
      const signed = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'one', typ: 'JWT' })
        .sign(privateKey)
      return json(response, {
        access_token: 'access 0',
        token_type: 'Bearer',
        expires_in: 60,
        refresh_token: 'refresh 0',
        id_token: started.changeToken(signed),
      })
    }
    return void response.writeHead(404).end()
  })
  let count = 0
  const started: OddProvider = {
    url,
    close,
    claims: {},
    changeClaims: (claims) => claims,
    changeToken: (token) => token,
    changeMetadata: (metadata) => metadata,
    instead: new Map(),
    postsBack: false,
    exchanges: [],
    answer(location, more = {}) {
      const asked = new URL(location).searchParams
      const code = `code ${++count}`
      nonces.set(code, asked.get('nonce') ?? '')
      const back = new URL(asked.get('redirect_uri') ?? '')
      const parameters = { code, state: asked.get('state') ?? '', iss: url, ...more }
      for (const [name, value] of Object.entries(parameters)) {
        if (value !== undefined) back.searchParams.set(name, value)
      }
      return back.pathname + back.search
    },
  }
  return started
}

/** A provider that has OAuth and no ID tokens, in the way of GitHub. */
export interface GithubStandIn extends StandIn {
  user: Record<string, unknown>
  emails: unknown
  readonly exchanges: URLSearchParams[]
}

export async function startGithubStandIn(): Promise<GithubStandIn> {
  const challenges = new Map<string, string>()
  const { url, close } = await listen(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x')
    if (pathname === '/login/oauth/authorize') {
      const code = `code ${challenges.size}`
      challenges.set(code, searchParams.get('code_challenge') ?? '')
      const back = new URL(searchParams.get('redirect_uri') ?? '')
      back.search = `?${new URLSearchParams({ code, state: searchParams.get('state') ?? '' })}`
      return response.writeHead(302, { location: back.href }).end()
    }
    if (pathname === '/login/oauth/access_token') {
      const form = await bodyOf(request)
      started.exchanges.push(form)
      // It answers 200 for every error, and a form unless it is asked for JSON.
      if (request.headers.accept !== 'application/json') return response.end('access_token=x')
      const hash = await crypto.subtle.digest('SHA-256', Buffer.from(form.get('code_verifier') ?? ''))
      const isRight = challenges.get(form.get('code') ?? '') === Buffer.from(hash).toString('base64url')
      challenges.delete(form.get('code') ?? '')
      if (!isRight || form.get('client_secret') !== CLIENT_SECRET) {
        return json(response, { error: 'bad_verification_code' })
      }
      return json(response, { access_token: 'gho_1', token_type: 'bearer', scope: 'read:user,user:email' })
    }
    if (request.headers.authorization !== 'Bearer gho_1' || request.headers['user-agent'] === undefined) {
      return json(response, { message: 'Requires authentication' }, 401)
    }
    if (pathname === '/api/v3/user') return json(response, started.user)
    if (pathname === '/api/v3/user/emails') return json(response, started.emails)
    return json(response, { message: 'Not Found' }, 404)
  })
  const started: GithubStandIn = {
    url,
    close,
    user: { id: 1, login: 'octocat', name: 'Octo Cat', avatar_url: 'https://avatars.example.com/1' },
    emails: [],
    exchanges: [],
  }
  return started
}
