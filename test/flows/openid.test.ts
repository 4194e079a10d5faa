import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import {
  answerOf,
  CALLBACK,
  codeClient,
  codeFor,
  exchange,
  openBrowser,
  requestOf,
  type TestBrowser,
} from './browser.ts'
import { type Answer, claimsOf, ISSUER, PASSWORD, startIssuer, type TestIssuer, tampered } from './issuer.ts'
import { codeAt, signUpWithApp } from './second-factor.ts'
import type { TestClient } from './test-clients.ts'

const AFTER = 'https://app.example.com/bye?x=1'

let issuer: TestIssuer
let client: TestClient
let userId: string
let browser: TestBrowser
before(async () => {
  issuer = await startIssuer({ profile: z.looseObject({}) })
  await issuer.signUp('alice')
  userId = (await issuer.auth.users.findByLogin('alice'))?.id ?? ''
  client = await codeClient(issuer, { postLogoutRedirectUris: [AFTER] })
  browser = openBrowser(issuer)
  await browser.signIn('alice')
})
after(() => issuer.close())

async function tokensFor(scope: string, who = browser, one = client) {
  const { body } = await exchange(issuer, one, await codeFor(who, one, { scope }))
  return { access: String(body.access_token), id: String(body.id_token) }
}

test('Discovery section 3: every member that must be there is, and says what works', async () => {
  const { body, headers } = await issuer.call('GET', '/.well-known/openid-configuration')
  assert.equal(headers.get('content-type'), 'application/json')
  assert.equal(body.issuer, ISSUER)
  const endpoints = {
    authorization_endpoint: '/authorize',
    token_endpoint: '/token',
    userinfo_endpoint: '/userinfo',
    jwks_uri: '/.well-known/jwks.json',
    end_session_endpoint: '/oidc/logout',
    revocation_endpoint: '/revoke',
    introspection_endpoint: '/introspect',
  }
  for (const [name, path] of Object.entries(endpoints)) assert.equal(body[name], ISSUER + path)
  assert.deepEqual(body.response_types_supported, ['code'])
  assert.deepEqual(body.subject_types_supported, ['public'])
  assert.deepEqual(body.id_token_signing_alg_values_supported, ['RS256', 'ES256'])
  for (const scope of ['openid', 'profile', 'email', 'offline_access']) {
    assert.ok((body.scopes_supported as string[]).includes(scope))
  }
  const plain = await issuer.call('GET', '/.well-known/oauth-authorization-server')
  for (const [name, value] of Object.entries(plain.body)) assert.deepEqual(body[name], value, name)
  const { body: keys } = await issuer.call('GET', '/.well-known/jwks.json')
  const ids = (await issuer.auth.keys.list()).keys.filter(({ use }) => use === 'id')
  for (const { kid, algorithm } of ids) {
    const published = (keys.keys as { kid: string; alg: string }[]).find((key) => key.kid === kid)
    assert.equal(published?.alg, algorithm, 'the keys of ID tokens are there')
  }
  assert.deepEqual(
    ids.map(({ algorithm, phase }) => `${algorithm} ${phase}`),
    ['RS256 active', 'ES256 active'],
  )
})

test('Core 5.3, 5.4: userinfo says what the scopes of the token ask for, by GET and by POST', async () => {
  await issuer.auth.users.changeProfile(userId, { name: 'Alice A.', locale: 'de', secret: 'x', picture: 7 })
  const claims = async (scope: string, method = 'GET') => {
    const { access } = await tokensFor(scope)
    const answer = await issuer.call(method, '/userinfo', { token: access })
    assert.equal(answer.headers.get('cache-control'), 'no-store', 'C15')
    return answer.body
  }
  assert.deepEqual(await claims('openid'), { sub: userId })
  assert.deepEqual(await claims('openid email', 'POST'), {
    sub: userId,
    email: 'alice@example.com',
    email_verified: false,
  })
  const profile = await claims('openid profile')
  assert.equal(typeof profile.updated_at, 'number')
  const { updated_at: _, ...rest } = profile
  assert.deepEqual(rest, { sub: userId, preferred_username: 'alice', name: 'Alice A.', locale: 'de' })

  const { access } = await tokensFor('profile:read')
  const without = await issuer.call('GET', '/userinfo', { token: access })
  assert.deepEqual([without.status, without.body.code], [403, 'insufficient_scope'])
  assert.match(without.headers.get('www-authenticate') ?? '', /scope="openid"/)
  assert.equal((await issuer.call('GET', '/userinfo')).status, 401)
})

test('the token of the API opens userinfo, and can be asked about and revoked', async () => {
  const { access } = await tokensFor('openid profile:read')
  assert.equal((await issuer.call('GET', '/userinfo', { token: access })).status, 200)
  const proof = await client.proof()
  const ask = async (path: string) =>
    (await issuer.call('POST', path, { form: { token: access, ...proof.form }, headers: proof.headers })).body
  assert.equal((await ask('/introspect')).active, true)
  await ask('/revoke')
  assert.deepEqual(await ask('/introspect'), { active: false })
  assert.equal((await issuer.call('GET', '/userinfo', { token: access })).status, 401)
})

test('A19: an ID token holds no name and no address, whatever was asked for', async () => {
  const { id } = await tokensFor('openid profile email')
  assert.deepEqual(
    Object.keys(claimsOf(id)).sort(),
    ['amr', 'at_hash', 'aud', 'auth_time', 'azp', 'exp', 'iat', 'iss', 'sid', 'sub'].sort(),
  )
})

test('Core 2: `acr` says of a sign-in by two factors that it was one, and nothing of any other', async () => {
  assert.equal(claimsOf((await tokensFor('openid')).id).acr, undefined)
  const user = await signUpWithApp(issuer, 'careful', Date.now)
  const careful = openBrowser(issuer)
  const json = { username: 'careful', password: PASSWORD }
  const challenged = await issuer.call('POST', '/session', { json })
  assert.equal(challenged.status, 403, challenged.text)
  const answered = await issuer.call('POST', '/session/challenge', {
    json: {
      challenge_token: challenged.body.challenge_token,
      // The code of now was spent when the app was set up.
      code: codeAt(user.secret, Date.now() + 30_000),
    },
  })
  assert.equal(answered.status, 200, answered.text)
  careful.cookie = answered.headers.getSetCookie()[0]?.split(';')[0]
  const { id, access } = await tokensFor('openid', careful)
  assert.deepEqual([claimsOf(id).acr, claimsOf(access).acr], ['mfa', 'mfa'])
  assert.deepEqual(claimsOf(id).amr, ['pwd', 'otp', 'mfa'])
  const { body } = await issuer.call('GET', '/.well-known/openid-configuration')
  assert.deepEqual(body.acr_values_supported, ['mfa'])
})

test('RFC 9728: the resource names its server, and each 401 leads there; where the audience is no URL there is none', async () => {
  const { body } = await issuer.call('GET', '/.well-known/oauth-protected-resource')
  assert.deepEqual([body.resource, body.authorization_servers], [ISSUER, [ISSUER]])
  const denied = await issuer.auth.check(new Request('http://api.example.com/orders'), issuer.auth.signedIn)
  assert.ok(!denied.ok)
  const challenge = denied.response.headers.get('www-authenticate') ?? ''
  assert.ok(
    challenge.includes(`resource_metadata="${ISSUER}/.well-known/oauth-protected-resource"`),
    challenge,
  )

  const below = await startIssuer({
    issuer: 'http://127.0.0.1:8000/auth',
    audience: 'https://api.example.com',
  })
  const no = await below.auth.check(new Request('http://api.example.com/'), below.auth.signedIn)
  assert.ok(!no.ok)
  const where = /resource_metadata="([^"]+)"/.exec(no.response.headers.get('www-authenticate') ?? '')?.[1]
  assert.equal(where, 'http://127.0.0.1:8000/.well-known/oauth-protected-resource/auth')
  await below.close()

  const named = await startIssuer({ audience: 'orders' })
  assert.equal((await named.call('GET', '/.well-known/oauth-protected-resource')).status, 404)
  const plain = await named.auth.check(new Request('http://api.example.com/'), named.auth.signedIn)
  assert.ok(!plain.ok)
  assert.doesNotMatch(plain.response.headers.get('www-authenticate') ?? '', /resource_metadata/)
  await named.close()
})

test('C18: no address in a document or a redirect comes from the request', async () => {
  const spoofed = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-prefix': '/evil',
    forwarded: 'host=evil.example;proto=https',
    'x-original-url': 'https://evil.example/',
    'x-rewrite-url': '/evil',
  }
  const own = await startIssuer({ issuer: 'https://auth.example.com', trustedProxies: 1 })
  await own.signUp('dora')
  const one = await codeClient(own)
  const dora = openBrowser(own)
  await dora.signIn('dora')
  for (const path of [
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-protected-resource',
    requestOf(one),
    requestOf(one, { response_type: 'token' }),
    requestOf(one, { prompt: 'login' }),
    requestOf(one, { client_id: 'nobody' }),
    '/oidc/logout',
    '/userinfo',
  ]) {
    for (const who of [dora, openBrowser(own)]) {
      const { status, text, headers } = await who.open(path, spoofed)
      assert.notEqual(status, 500)
      assert.doesNotMatch(text + JSON.stringify([...headers]), /evil/, path)
    }
  }
  await own.close()
})

// ---------------------------------------------------------------------------------------------------------- logout

const logoutPath = (parameters: Record<string, string>) => `/oidc/logout?${new URLSearchParams(parameters)}`
const isSignedIn = async (who: TestBrowser) =>
  answerOf(await who.open(requestOf(client, { prompt: 'none' }))).error === undefined

async function person(name: string): Promise<TestBrowser> {
  if ((await issuer.auth.users.findByLogin(name)) === undefined) await issuer.signUp(name)
  const one = openBrowser(issuer)
  await one.signIn(name)
  return one
}

test('RP-initiated logout: with the hint of who is signed in, at once, and on to the registered address with state', async () => {
  const bob = await person('bob')
  const { id, access } = await tokensFor('openid profile:read', bob)
  const sent = await bob.open(
    logoutPath({ id_token_hint: id, post_logout_redirect_uri: AFTER, state: 'a b' }),
  )
  assert.deepEqual([sent.status, sent.headers.get('location')], [303, `${AFTER}&state=a+b`])
  assert.equal(bob.cookie, undefined)
  assert.equal(await isSignedIn(bob), false)
  assert.equal(
    (await issuer.call('GET', '/userinfo', { token: access })).status,
    401,
    'the client’s session, too',
  )
})

test('RP-initiated logout: without a hint, or with that of somebody else, the person is asked first', async () => {
  const [bob, carol] = [await person('bob'), await person('carol')]
  const { id } = await tokensFor('openid', carol)
  for (const parameters of [
    {},
    { client_id: client.id, post_logout_redirect_uri: AFTER },
    { id_token_hint: id, post_logout_redirect_uri: AFTER },
  ] as Record<string, string>[]) {
    const page = await bob.open(logoutPath(parameters))
    assert.equal(page.status, 200)
    assert.match(page.text, /Sign out\?/)
    assert.match(page.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
    assert.equal(await isSignedIn(bob), true, 'a link alone signs nobody out')
    const foreign = await bob.post('/oidc/logout/form', hiddenOf(page), { 'sec-fetch-site': 'cross-site' })
    assert.ok(foreign.status >= 300 && (await isSignedIn(bob)), 'nor does the form of another site')
    const forged = await bob.post('/oidc/logout/form', { ...hiddenOf(page), csrf_token: 'x' })
    assert.ok(forged.status >= 300 && (await isSignedIn(bob)))
    const done = await bob.post('/oidc/logout/form', hiddenOf(page))
    const expected = parameters.post_logout_redirect_uri ?? '/login'
    assert.deepEqual([done.status, done.headers.get('location')], [303, expected])
    assert.equal(await isSignedIn(bob), false)
    await bob.signIn('bob')
  }
  assert.equal(await isSignedIn(carol), true)
})

test('X31: RP-initiated logout: with anything in doubt, a disabled client too, nobody is signed out and nobody is redirected', async () => {
  const bob = await person('bob')
  const { id } = await tokensFor('openid', bob)
  const other = await codeClient(issuer, { postLogoutRedirectUris: ['https://other.example.com/'] })
  const disabled = await codeClient(issuer, { postLogoutRedirectUris: [AFTER] })
  const { body } = await exchange(issuer, disabled, await codeFor(bob, disabled))
  await issuer.auth.clients.change(disabled.id, { state: 'disabled' })
  for (const parameters of [
    { client_id: disabled.id },
    { client_id: disabled.id, post_logout_redirect_uri: AFTER },
    { id_token_hint: String(body.id_token), post_logout_redirect_uri: AFTER },
    { post_logout_redirect_uri: AFTER },
    { id_token_hint: id, post_logout_redirect_uri: 'https://app.example.com/bye' },
    { id_token_hint: id, post_logout_redirect_uri: `${AFTER}&y=2` },
    { id_token_hint: id, post_logout_redirect_uri: CALLBACK },
    { id_token_hint: id, post_logout_redirect_uri: 'https://other.example.com/' },
    { id_token_hint: id, client_id: other.id },
    { id_token_hint: id, client_id: 'nobody' },
    { id_token_hint: tampered(id), post_logout_redirect_uri: AFTER },
    { id_token_hint: 'x.y.z' },
    { id_token_hint: id.split('.').slice(0, 2).join('.') },
    { client_id: 'nobody' },
    { id_token_hint: id, post_logout_redirect_uri: AFTER, state: 'x'.repeat(10_240) },
    { id_token_hint: id, post_logout_redirect_uri: AFTER, state: 'a\nb' },
  ] as Record<string, string>[]) {
    const { status, headers } = await bob.open(logoutPath(parameters))
    assert.deepEqual([status, headers.get('location')], [400, null], JSON.stringify(parameters).slice(0, 200))
  }
  const twice = `${logoutPath({ id_token_hint: id })}&id_token_hint=${id}`
  assert.equal((await bob.open(twice)).status, 400)
  const access = String((await issuer.signIn('bob')).body.access_token)
  assert.equal((await bob.open(logoutPath({ id_token_hint: access }))).status, 400, 'an access token is none')
  assert.equal(await isSignedIn(bob), true)
})

test('RP-initiated logout: without pages a link alone signs nobody out, and a cookie that proves nothing ends nothing', async () => {
  const bare = await startIssuer({ pages: 'off', profile: z.looseObject({}) })
  await bare.signUp('bob')
  await bare.signUp('carol')
  const one = await codeClient(bare, { postLogoutRedirectUris: [AFTER] })
  const bob = openBrowser(bare)
  await bob.signIn('bob')
  const { body } = await exchange(bare, one, await codeFor(bob, one, { scope: 'openid profile:read' }))
  const carol = openBrowser(bare)
  await carol.signIn('carol')
  const here = async (who: TestBrowser) =>
    answerOf(await who.open(requestOf(one, { prompt: 'none' }))).error === undefined

  for (const who of [bob, carol]) {
    assert.equal((await who.open(logoutPath({}), { 'sec-fetch-site': 'cross-site' })).status, 400)
    assert.equal(await here(who), true)
  }
  const hint = logoutPath({ id_token_hint: String(body.id_token) })
  assert.equal((await carol.open(hint)).status, 400, 'the hint of another')
  // The id of bob is no secret: a cookie that names it, with a session of nobody's.
  const [name = '', value = ''] = (bob.cookie ?? '').split('=')
  const forged = `${name}=${value.slice(0, -12)}${'A'.repeat(12)}`
  const sent = await bare.call('GET', hint, { headers: { cookie: forged } })
  assert.notEqual(sent.status, 500)
  const token = String(body.access_token)
  assert.equal((await bare.call('GET', '/userinfo', { token })).status, 200, 'the client’s session goes on')
  assert.equal(await here(bob), true)
  assert.equal((await bob.open(hint)).status, 204)
  assert.equal((await bare.call('GET', '/userinfo', { token })).status, 401)
  await bare.close()
})

test('RP-initiated logout: whoever is not signed in any more goes on all the same, also by a form of another site', async () => {
  const bob = await person('bob')
  const { id } = await tokensFor('openid', bob)
  const nobody = openBrowser(issuer)
  const form = { id_token_hint: id, post_logout_redirect_uri: AFTER }
  assert.equal((await nobody.open(logoutPath(form))).headers.get('location'), AFTER)
  const posted = await nobody.post('/oidc/logout', form, { 'sec-fetch-site': 'cross-site' })
  assert.equal(posted.status, 303)
  assert.equal((await nobody.open(posted.headers.get('location') ?? '')).headers.get('location'), AFTER)
  assert.equal(await isSignedIn(bob), true, 'whose hint it was')
})

function hiddenOf({ text }: Answer): Record<string, string> {
  const inputs = text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)
  return Object.fromEntries(
    Array.from(inputs, ([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')]),
  )
}
