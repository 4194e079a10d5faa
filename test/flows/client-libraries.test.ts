import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { startServedIssuer } from './served-issuer.ts'
import { newKey, registerClient, signInFor, type TestClient } from './test-clients.ts'

/** Client libraries as they are, against the server as it is: no special case on either side. */
const served = await startServedIssuer()
const { issuer, url } = served
after(served.close)
let client: TestClient
let userId: string
before(async () => {
  client = await registerClient(issuer, {
    id: 'a-client.of_all-signs',
    grants: ['client_credentials', 'refresh_token'],
    scopes: ['profile:read', 'admin:users'],
  })
  await issuer.signUp('alice')
  userId = (await issuer.auth.users.findByLogin('alice'))?.id ?? ''
})

const insecure = { [oauth.allowInsecureRequests]: true } as const

async function metadata(): Promise<oauth.AuthorizationServer> {
  const identifier = new URL(url)
  const response = await oauth.discoveryRequest(identifier, { algorithm: 'oauth2', ...insecure })
  return oauth.processDiscoveryResponse(identifier, response)
}

test('the metadata (RFC 8414) says exactly what works', async () => {
  const server = await metadata()
  assert.equal(server.issuer, url)
  for (const [name, path] of [
    ['authorization_endpoint', '/authorize'],
    ['token_endpoint', '/token'],
    ['revocation_endpoint', '/revoke'],
    ['introspection_endpoint', '/introspect'],
    ['jwks_uri', '/.well-known/jwks.json'],
  ] as const) {
    assert.equal(server[name], url + path)
  }
  const methods = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt']
  assert.deepEqual(server.token_endpoint_auth_methods_supported, methods)
  assert.deepEqual(server.revocation_endpoint_auth_methods_supported, methods)
  assert.deepEqual(server.introspection_endpoint_auth_methods_supported, methods.slice(1))
  assert.deepEqual(server.grant_types_supported, [
    'authorization_code',
    'password',
    'urn:countersign:grant-type:challenge',
    'urn:ietf:params:oauth:grant-type:device_code',
    'refresh_token',
    'client_credentials',
  ])
  assert.deepEqual(server.response_types_supported, ['code'])
  assert.deepEqual(server.code_challenge_methods_supported, ['S256'])
  assert.equal(server.authorization_response_iss_parameter_supported, true, 'C10')
  for (const absent of ['userinfo_endpoint', 'registration_endpoint']) {
    assert.equal(server[absent], undefined)
  }
})

for (const way of ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const) {
  test(`oauth4webapi by ${way}: client_credentials with the strict check of RFC 9068, introspect, revoke`, async () => {
    const as = await metadata()
    const key = await newKey('ES256', 'k1')
    const { client: made, secret = '' } = await issuer.auth.clients.create({
      name: way,
      authMethod: way,
      scopes: ['admin:users'],
      ...(way === 'private_key_jwt' && { keys: [key.jwk] }),
    })
    const me: oauth.Client = { client_id: made.id }
    const auth =
      way === 'client_secret_basic'
        ? oauth.ClientSecretBasic(secret)
        : way === 'client_secret_post'
          ? oauth.ClientSecretPost(secret)
          : oauth.PrivateKeyJwt({ key: key.privateKey as oauth.CryptoKey, kid: 'k1' })
    const answer = await oauth.clientCredentialsGrantRequest(as, me, auth, { scope: 'admin:users' }, insecure)
    const tokens = await oauth.processClientCredentialsResponse(as, me, answer)
    assert.equal(tokens.scope, 'admin:users')

    const request = new Request(`${url}/orders`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    const claims = await oauth.validateJwtAccessToken(as, request, url, insecure)
    assert.deepEqual([claims.sub, claims.client_id], [made.id, made.id])

    const introspect = async () => {
      const response = await oauth.introspectionRequest(as, me, auth, tokens.access_token, insecure)
      return oauth.processIntrospectionResponse(as, me, response)
    }
    assert.equal((await introspect()).active, true)
    const revoked = await oauth.revocationRequest(as, me, auth, tokens.access_token, insecure)
    await oauth.processRevocationResponse(revoked)
    assert.deepEqual(await introspect(), { active: false })
  })
}

test('oauth4webapi: refresh as a confidential client, and the retry of a lost answer', async () => {
  const as = await metadata()
  const me: oauth.Client = { client_id: client.id }
  const auth = oauth.ClientSecretBasic(client.secret)
  const { refresh } = await signInFor(issuer, userId, client)
  const turn = async (token: string) => {
    const response = await oauth.refreshTokenGrantRequest(as, me, auth, token, insecure)
    return oauth.processRefreshTokenResponse(as, me, response)
  }
  const first = await turn(refresh)
  const again = await turn(refresh)
  assert.equal(again.refresh_token, first.refresh_token)
  await turn(String(first.refresh_token))
  await assert.rejects(turn('cs_rt_x'), (error) => {
    assert.ok(error instanceof oauth.ResponseBodyError)
    assert.deepEqual([error.status, error.error], [400, 'invalid_grant'])
    return true
  })
  const wrong = oauth.ClientSecretBasic('wrong')
  const refused = await oauth.refreshTokenGrantRequest(as, me, wrong, refresh, insecure)
  await assert.rejects(oauth.processRefreshTokenResponse(as, me, refused), (error) => {
    assert.ok(
      error instanceof oauth.ResponseBodyError || error instanceof oauth.WWWAuthenticateChallengeError,
    )
    assert.equal(error.status, 401)
    return true
  })
})

test('openid-client: discovery, client_credentials, refresh, introspect, revoke', async () => {
  const options: openid.DiscoveryRequestOptions = {
    algorithm: 'oauth2',
    execute: [openid.allowInsecureRequests],
  }
  const config = await openid.discovery(
    new URL(url),
    client.id,
    {},
    openid.ClientSecretBasic(client.secret),
    options,
  )
  const own = await openid.clientCredentialsGrant(config, { scope: 'profile:read' })
  assert.equal(own.scope, 'profile:read')
  const { refresh } = await signInFor(issuer, userId, client)
  const turned = await openid.refreshTokenGrant(config, refresh)
  const token = String(turned.refresh_token)
  assert.equal((await openid.tokenIntrospection(config, token)).active, true)
  await openid.tokenRevocation(config, token)
  assert.deepEqual(await openid.tokenIntrospection(config, token), { active: false })
  assert.deepEqual(await openid.tokenIntrospection(config, turned.access_token), { active: false })
})

/** The part of simple-oauth2 that is used; it comes without types. */
interface SimpleOAuth2 {
  readonly ClientCredentials: new (
    config: unknown,
  ) => { getToken(parameters: unknown): Promise<SimpleToken>; createToken(token: unknown): SimpleToken }
}
interface SimpleToken {
  readonly token: Readonly<Record<string, unknown>>
  expired(): boolean
  revoke(kind: string): Promise<void>
}

for (const authorizationMethod of ['header', 'body'] as const) {
  test(`simple-oauth2, credentials in the ${authorizationMethod}: client_credentials and revoke`, async () => {
    const { ClientCredentials } = createRequire(import.meta.url)('simple-oauth2') as SimpleOAuth2
    const one = await registerClient(issuer, {
      scopes: ['admin:users'],
      authMethod: authorizationMethod === 'header' ? 'client_secret_basic' : 'client_secret_post',
    })
    const simple = new ClientCredentials({
      client: { id: one.id, secret: one.secret },
      auth: { tokenHost: url, tokenPath: '/token', revokePath: '/revoke' },
      options: { authorizationMethod },
    })
    const accessToken = await simple.getToken({ scope: 'admin:users' })
    assert.equal(accessToken.token.scope, 'admin:users')
    assert.equal(accessToken.expired(), false)
    const check = () =>
      issuer.auth.check(
        new Request(url, { headers: { authorization: `Bearer ${accessToken.token.access_token}` } }),
        issuer.auth.signedIn,
      )
    assert.equal((await check()).ok, true)
    await accessToken.revoke('access_token')
    assert.equal((await check()).ok, false)
  })
}
