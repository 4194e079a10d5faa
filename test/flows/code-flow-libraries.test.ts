import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import express from 'express'
import { decodeProtectedHeader } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import passport from 'passport'
import type { ClientOffer } from '../../src/index.ts'
import { ID_TOKEN_ALGORITHMS } from '../../src/model/client.ts'
import { codeClient } from './browser.ts'
import { claimsOf, PASSWORD } from './issuer.ts'
import { startServedIssuer } from './served-issuer.ts'
import type { TestClient } from './test-clients.ts'

const CALLBACK = 'https://app.example.com/cb'
const require = createRequire(import.meta.url)
const insecure = { [oauth.allowInsecureRequests]: true } as const

const served = await startServedIssuer()
const { issuer, url } = served
after(served.close)
before(async () => {
  await issuer.auth.users.create({ email: 'alice@example.com', username: 'alice', password: PASSWORD })
})

/** The address that it got. */
async function listen(one: Server): Promise<string> {
  one.listen(0, '127.0.0.1')
  await once(one, 'listening')
  return `http://127.0.0.1:${(one.address() as AddressInfo).port}`
}

const register = (offer: Partial<ClientOffer> = {}) => codeClient(issuer, offer)

/** What a browser does in which alice is signed in: from one address to the next, until it would leave the issuer. */
async function follow(start: URL | string): Promise<URL> {
  const signedIn = await fetch(`${url}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'alice', password: PASSWORD }),
  })
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  let at = new URL(start)
  for (let step = 0; step < 5 && at.origin === url; step += 1) {
    const response = await fetch(at, { redirect: 'manual', headers: { cookie } })
    const location = response.headers.get('location')
    assert.ok(location, `${response.status} ${await response.text()}`)
    at = new URL(location, at)
  }
  return at
}

for (const idTokenAlgorithm of ID_TOKEN_ALGORITHMS)
  test(`openid-client, ${idTokenAlgorithm}: discovery, code with PKCE, nonce and iss, userinfo, refresh, end session`, async () => {
    const after = 'https://app.example.com/bye'
    const client = await register({ postLogoutRedirectUris: [after], idTokenAlgorithm })
    const config = await openid.discovery(
      new URL(url),
      client.id,
      { id_token_signed_response_alg: idTokenAlgorithm },
      openid.ClientSecretBasic(client.secret),
      {
        execute: [openid.allowInsecureRequests],
      },
    )
    const pkceCodeVerifier = openid.randomPKCECodeVerifier()
    const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()]
    const start = openid.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid email offline_access',
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
      max_age: '3600',
    })
    const back = await follow(start)
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, maxAge: 3600, idTokenExpected: true }
    const tokens = await openid.authorizationCodeGrant(config, back, checks)
    assert.equal(decodeProtectedHeader(tokens.id_token ?? '').alg, idTokenAlgorithm)
    const sub = tokens.claims()?.sub ?? ''
    const info = await openid.fetchUserInfo(config, tokens.access_token, sub)
    assert.deepEqual([info.sub, info.email], [sub, 'alice@example.com'])
    const turned = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    assert.equal(turned.claims()?.sub, sub)
    const end = openid.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: after,
    })
    assert.equal((await follow(end)).href, after)
    await assert.rejects(openid.authorizationCodeGrant(config, back, checks), { error: 'invalid_grant' })
  })

for (const idTokenAlgorithm of ID_TOKEN_ALGORITHMS)
  test(`oauth4webapi, ${idTokenAlgorithm}: a public client, and the strict check of RFC 9068 at the API`, async () => {
    const client = await register({ authMethod: 'none', grants: ['authorization_code'], idTokenAlgorithm })
    const identifier = new URL(url)
    const as = await oauth.processDiscoveryResponse(
      identifier,
      await oauth.discoveryRequest(identifier, insecure),
    )
    const me: oauth.Client = { client_id: client.id, id_token_signed_response_alg: idTokenAlgorithm }
    const verifier = oauth.generateRandomCodeVerifier()
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
    const start = new URL(as.authorization_endpoint ?? '')
    start.search = new URLSearchParams({
      client_id: client.id,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid profile:read',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      resource: url,
    }).toString()
    const parameters = oauth.validateAuthResponse(as, me, await follow(start), state)
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      me,
      oauth.None(),
      parameters,
      CALLBACK,
      verifier,
      insecure,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(as, me, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    })
    await oauth.validateApplicationLevelSignature(as, response, insecure)
    const another = { ...me, id_token_signed_response_alg: idTokenAlgorithm === 'RS256' ? 'ES256' : 'RS256' }
    await assert.rejects(
      oauth.processAuthorizationCodeResponse(as, another, Response.json(tokens), { expectedNonce: nonce }),
      /alg/,
    )
    const request = new Request(`${url}/orders`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    const claims = await oauth.validateJwtAccessToken(as, request, url, insecure)
    assert.equal(claims.sub, oauth.getValidatedIdTokenClaims(tokens)?.sub)

    start.searchParams.set('prompt', 'none')
    start.searchParams.set('max_age', '0')
    const later = await new Promise((resolve) => setImmediate(resolve)).then(() => follow(start))
    if (!later.searchParams.has('code')) {
      assert.throws(() => oauth.validateAuthResponse(as, me, later, state), { error: 'login_required' })
    }
    const resource = await oauth.resourceDiscoveryRequest(new URL(url), insecure)
    const metadata = await oauth.processResourceDiscoveryResponse(new URL(url), resource)
    assert.deepEqual(metadata.authorization_servers, [url])
  })

/** A small application whose users sign in by a strategy of Passport; answers with what the strategy found out. */
async function withPassport(
  make: (callbackURL: string) => Promise<unknown>,
  story: (base: string) => Promise<void>,
): Promise<void> {
  const listening = createServer()
  const base = await listen(listening)
  const sessions = new Map<string, object>()
  const one = new passport.Passport()
  one.use('countersign', (await make(`${base}/cb`)) as passport.Strategy)
  const app = express()
  app.use((request, response, next) => {
    const id = /sid=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? crypto.randomUUID()
    if (!sessions.has(id)) sessions.set(id, {})
    Object.assign(request, { session: sessions.get(id) })
    response.setHeader('set-cookie', `sid=${id}`)
    next()
  })
  app.get('/login', one.authenticate('countersign', { session: false }))
  app.get('/cb', one.authenticate('countersign', { session: false }), (request, response) => {
    response.json(request.user)
  })
  listening.on('request', app)
  try {
    await story(base)
  } finally {
    listening.closeAllConnections()
    listening.close()
  }
}

/** Signs in at an application as a browser does, and brings the answer back to it. */
async function signInAt(base: string): Promise<Record<string, unknown>> {
  const begun = await fetch(`${base}/login`, { redirect: 'manual' })
  const cookie = begun.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const back = await follow(begun.headers.get('location') ?? '')
  const done = await fetch(back, { headers: { cookie } })
  const text = await done.text()
  assert.equal(done.status, 200, text)
  return JSON.parse(text)
}

type Done = (error: unknown, user: unknown) => void

test('passport-oauth2: state and PKCE in the session', async () => {
  const OAuth2Strategy = require('passport-oauth2')
  const make = async (callbackURL: string) => {
    const client = await register({ redirectUris: [callbackURL], authMethod: 'client_secret_post' })
    return new OAuth2Strategy(
      {
        authorizationURL: `${url}/authorize`,
        tokenURL: `${url}/token`,
        clientID: client.id,
        clientSecret: client.secret,
        callbackURL,
        scope: 'profile:read',
        state: true,
        pkce: true,
      },
      (access: string, refresh: string, _profile: unknown, done: Done) => done(null, { access, refresh }),
    )
  }
  await withPassport(make, async (base) => {
    const { access, refresh } = await signInAt(base)
    assert.equal(claimsOf(String(access)).scope, 'profile:read')
    assert.match(String(refresh), /^cs_rt_/)
  })
})

test('passport-openidconnect, which sends no PKCE: a confidential client that is registered without', async () => {
  const OpenIDConnectStrategy = require('passport-openidconnect')
  const make = (requirePkce: boolean) => async (callbackURL: string) => {
    const client = await register({
      redirectUris: [callbackURL],
      authMethod: 'client_secret_post',
      requirePkce,
    })
    return new OpenIDConnectStrategy(
      {
        issuer: url,
        authorizationURL: `${url}/authorize`,
        tokenURL: `${url}/token`,
        userInfoURL: `${url}/userinfo`,
        clientID: client.id,
        clientSecret: client.secret,
        callbackURL,
        scope: ['email', 'profile'],
        skipUserProfile: false,
      },
      (_issuer: string, profile: unknown, done: Done) => done(null, profile),
    )
  }
  await withPassport(make(false), async (base) => {
    const { id, username, emails } = await signInAt(base)
    const alice = await issuer.auth.users.findByLogin('alice')
    assert.deepEqual([id, username, emails], [alice?.id, 'alice', [{ value: 'alice@example.com' }]])
  })
  await withPassport(make(true), async (base) => {
    const begun = await fetch(`${base}/login`, { redirect: 'manual' })
    const back = await follow(begun.headers.get('location') ?? '')
    assert.equal(back.searchParams.get('error'), 'invalid_request', 'C3')
  })
})

test('simple-oauth2: authorization code, refresh, revoke', async () => {
  const { AuthorizationCode } = require('simple-oauth2')
  const client = await register({ requirePkce: false })
  const simple = new AuthorizationCode({
    client: { id: client.id, secret: client.secret },
    auth: { tokenHost: url, tokenPath: '/token', authorizePath: '/authorize', revokePath: '/revoke' },
  })
  const start = simple.authorizeURL({ redirect_uri: CALLBACK, scope: 'profile:read', state: 'xyz' })
  const back = await follow(start)
  assert.equal(back.searchParams.get('state'), 'xyz')
  const token = await simple.getToken({ code: back.searchParams.get('code'), redirect_uri: CALLBACK })
  assert.equal(token.token.scope, 'profile:read')
  const turned = await token.refresh()
  assert.equal(claimsOf(turned.token.access_token).sub, claimsOf(token.token.access_token).sub)
  await turned.revokeAll()
  await assert.rejects(turned.refresh())
})

/** The part of @auth/core that is used. Its own types bring those of a browser along, which no server has. */
interface AuthCore {
  readonly Auth: (request: Request, config: unknown) => Promise<Response>
  readonly skipCSRFCheck: symbol
}
const AUTH_CORE: string = '@auth/core'

test('@auth/core: an OpenID provider by its issuer alone', async () => {
  const { Auth: authJs, skipCSRFCheck } = (await import(AUTH_CORE)) as AuthCore
  const base = 'https://app.example.com'
  const client: TestClient = await register({ redirectUris: [`${base}/auth/callback/countersign`] })
  const config = {
    trustHost: true,
    secret: 'a secret of the application, and long enough',
    basePath: '/auth',
    skipCSRFCheck,
    providers: [
      {
        id: 'countersign',
        name: 'Countersign',
        type: 'oidc' as const,
        issuer: url,
        clientId: client.id,
        clientSecret: client.secret,
        idToken: false,
        checks: ['pkce' as const, 'state' as const, 'nonce' as const],
        authorization: { params: { scope: 'openid email profile' } },
        profile: (claims: Record<string, unknown>) => ({
          id: String(claims.sub),
          email: String(claims.email),
          name: String(claims.preferred_username),
        }),
      },
    ],
  }
  const cookies = new Map<string, string>()
  const call = async (request: Request) => {
    request.headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await authJs(request, config)
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    return response
  }
  const body = new URLSearchParams({ callbackUrl: base })
  const begun = await call(new Request(`${base}/auth/signin/countersign`, { method: 'POST', body }))
  const back = await follow(begun.headers.get('location') ?? '')
  const done = await call(new Request(back))
  assert.equal(done.headers.get('location'), base, await done.text())
  const session = (await (await call(new Request(`${base}/auth/session`))).json()) as { user: unknown }
  assert.deepEqual(session.user, { name: 'alice', email: 'alice@example.com' })
})
