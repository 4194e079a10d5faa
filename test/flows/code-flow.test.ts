import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { countOf } from '../counts.ts'
import {
  answerOf,
  CALLBACK,
  challengeOf,
  codeClient,
  codeFor,
  exchange,
  openBrowser,
  requestOf,
  type TestBrowser,
  VERIFIER,
} from './browser.ts'
import { claimsOf, handClock, ISSUER, startIssuer, type TestIssuer } from './issuer.ts'
import { callAs, type TestClient } from './test-clients.ts'

const SCOPES = {
  'orders:read': 'See your orders',
  'orders:write': 'Change your orders',
  'orders:all': 'See all orders',
}

let issuer: TestIssuer
let browser: TestBrowser
let client: TestClient
let userId: string
before(async () => {
  issuer = await startIssuer({
    scopes: SCOPES,
    roles: { user: { scopes: ['profile:read', 'orders:read', 'orders:write'] } },
  })
  await issuer.signUp('alice')
  userId = (await issuer.auth.users.findByLogin('alice'))?.id ?? ''
  browser = openBrowser(issuer)
  await browser.signIn('alice')
  client = await codeClient(issuer)
})
after(() => issuer.close())

test('C10, C15: the code flow from the request to tokens: openid, then the API, then a refresh', async () => {
  const answer = answerOf(
    await browser.open(requestOf(client, { scope: 'openid offline_access profile:read', nonce: 'n1' })),
  )
  assert.deepEqual(Object.keys(answer).sort(), ['code', 'iss', 'state'])
  assert.deepEqual([answer.state, answer.iss], ['the state', ISSUER], 'C10')
  const tokens = await exchange(issuer, client, answer.code ?? '')
  assert.equal(tokens.status, 200, tokens.text)
  assert.deepEqual(Object.keys(tokens.body).sort(), [
    'access_token',
    'expires_in',
    'id_token',
    'refresh_token',
    'scope',
    'token_type',
  ])
  assert.equal(tokens.headers.get('cache-control'), 'no-store', 'C15')
  assert.equal(tokens.body.scope, 'openid offline_access profile:read')

  const access = claimsOf(String(tokens.body.access_token))
  assert.deepEqual([access.sub, access.client_id, access.aud], [userId, client.id, ISSUER])
  const { body: keys } = await issuer.call('GET', '/.well-known/jwks.json')
  const id = claimsOf(String(tokens.body.id_token))
  assert.deepEqual(
    [id.iss, id.sub, id.aud, id.azp, id.nonce, id.sid, id.amr],
    [ISSUER, userId, client.id, client.id, 'n1', access.sid, ['pwd']],
  )
  assert.equal(id.auth_time, access.auth_time)
  const idKid = JSON.parse(
    Buffer.from(String(tokens.body.id_token).split('.')[0] ?? '', 'base64url').toString(),
  )
  const known = (keys.keys as { kid: string; alg: string }[]).find(({ kid }) => kid === idKid.kid)
  assert.equal(known?.alg, 'RS256', 'the key set has the key of ID tokens')

  const refreshed = await callAs(issuer, client, '/token', {
    grant_type: 'refresh_token',
    refresh_token: String(tokens.body.refresh_token),
  })
  assert.equal(refreshed.status, 200, refreshed.text)
  const again = claimsOf(String(refreshed.body.id_token))
  assert.deepEqual([again.sub, again.auth_time, again.nonce], [userId, id.auth_time, undefined])
  assert.equal(refreshed.body.scope, 'openid offline_access profile:read')
  const narrow = {
    grant_type: 'refresh_token',
    refresh_token: String(refreshed.body.refresh_token),
    scope: 'profile:read',
  }
  const less = await callAs(issuer, client, '/token', narrow)
  assert.deepEqual([less.body.scope, less.body.id_token], ['profile:read', undefined])
})

test('a client that asks by habit for scopes without claims may refresh with the same text', async () => {
  const scope = 'openid offline_access phone'
  const first = await exchange(issuer, client, await codeFor(browser, client, { scope }))
  const form = { grant_type: 'refresh_token', refresh_token: String(first.body.refresh_token), scope }
  const { status, body } = await callAs(issuer, client, '/token', form)
  assert.deepEqual([status, body.scope], [200, 'openid offline_access'])
})

test('a refresh token is given with offline_access, and in plain OAuth to whom is registered for it', async () => {
  const given = async (who: TestClient, scope: string) =>
    (await exchange(issuer, who, await codeFor(browser, who, { scope }))).body.refresh_token !== undefined
  const without = await codeClient(issuer, { grants: ['authorization_code'] })
  assert.equal(await given(client, 'openid offline_access'), true)
  assert.equal(await given(client, 'openid profile:read'), false)
  assert.equal(await given(client, 'profile:read'), true)
  assert.equal(await given(without, 'openid offline_access'), false)
  assert.equal(await given(without, 'profile:read'), false)
})

test('C3: PKCE with S256 for every client, but for a confidential one that is registered without', async () => {
  const [open, bare] = [
    await codeClient(issuer, { authMethod: 'none' }),
    await codeClient(issuer, { requirePkce: false }),
  ]
  const none = { code_challenge: undefined, code_challenge_method: undefined }
  await assert.rejects(codeClient(issuer, { authMethod: 'none', requirePkce: false }), {
    code: 'REQUEST_INVALID',
  })
  for (const one of [client, open]) {
    for (const more of [
      none,
      { code_challenge: VERIFIER, code_challenge_method: 'plain' },
      { code_challenge_method: undefined },
      { code_challenge_method: 's256' },
      { code_challenge: undefined },
      { code_challenge: `${challengeOf(VERIFIER)}=` },
      { code_challenge: challengeOf(VERIFIER).slice(1) },
      { code_challenge: `${challengeOf(VERIFIER).slice(0, -1)}B` },
      { code_challenge: Buffer.from('a'.repeat(64)).toString('base64url') },
    ]) {
      assert.equal(
        answerOf(await browser.open(requestOf(one, more))).error,
        'invalid_request',
        JSON.stringify(more),
      )
    }
  }
  // challenge × verifier
  const outcomes: unknown[] = []
  for (const challenge of [true, false]) {
    for (const code_verifier of [VERIFIER, undefined, 'x'.repeat(43), challengeOf(VERIFIER), '']) {
      const code = await codeFor(browser, bare, challenge ? {} : none)
      const { status, body } = await exchange(issuer, bare, code, { code_verifier })
      outcomes.push([challenge, code_verifier?.slice(0, 3), status, body.error])
    }
  }
  assert.deepEqual(outcomes, [
    [true, 'dBj', 200, undefined],
    [true, undefined, 400, 'invalid_grant'],
    [true, 'xxx', 400, 'invalid_grant'],
    [true, 'E9M', 400, 'invalid_grant'],
    [true, '', 400, 'invalid_grant'],
    [false, 'dBj', 400, 'invalid_grant'],
    [false, undefined, 200, undefined],
    [false, 'xxx', 400, 'invalid_grant'],
    [false, 'E9M', 400, 'invalid_grant'],
    [false, '', 200, undefined],
  ])
})

test('C4, C5: a code is good for its client, its address and its verifier only, and a wrong try leaves it as it is', async () => {
  const other = await codeClient(issuer)
  const code = await codeFor(browser, client)
  for (const [who, more] of [
    [other, {}],
    [client, { redirect_uri: undefined }],
    [client, { redirect_uri: `${CALLBACK}/` }],
    [client, { code_verifier: undefined }],
    [client, { resource: 'https://other.example.com' }],
    [client, { code: `${code}x` }],
    [client, { code: code.slice(0, -1) }],
    [client, { code: code.replace('cs_code_', 'cs_rt_') }],
  ] as const) {
    const { status, body } = await exchange(issuer, who, code, more)
    assert.deepEqual(
      [status, 'resource' in more ? 'invalid_grant' : body.error],
      [400, 'invalid_grant'],
      JSON.stringify(more),
    )
  }
  assert.equal((await exchange(issuer, client, code)).status, 200)
  const events = await issuer.auth.events.list({ userId, limit: 100, name: 'code.wrong_client' })
  assert.equal(events.length, 1)
})

test('C1, C3: a code is no good once its client has lost the address, or its secret and with it the leave to do without PKCE', async () => {
  const without = { code_challenge: undefined, code_challenge_method: undefined }
  const moved = await codeClient(issuer)
  const [before, since] = [await codeFor(browser, moved), await codeFor(browser, moved)]
  await issuer.auth.clients.change(moved.id, { redirectUris: ['https://app.example.com/other'] })
  const refused = await exchange(issuer, moved, before)
  assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_grant'])
  await issuer.auth.clients.change(moved.id, { redirectUris: [CALLBACK] })
  assert.equal((await exchange(issuer, moved, since)).status, 200)

  const opened = await codeClient(issuer, { requirePkce: false })
  const [bare, good] = [await codeFor(browser, opened, without), await codeFor(browser, opened)]
  await issuer.auth.clients.change(opened.id, { authMethod: 'none', requirePkce: true })
  const asAnybody = (code: string, more = {}) => {
    const form = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: CALLBACK,
      client_id: opened.id,
      ...more,
    }
    return issuer.call('POST', '/token', { form })
  }
  assert.deepEqual((await asAnybody(bare)).body.error, 'invalid_grant')
  assert.equal((await asAnybody(good, { code_verifier: VERIFIER })).status, 200)
})

test('OpenID Connect Core 11: who loses offline_access goes on no longer, also where it is given back', async () => {
  const one = await codeClient(issuer)
  const scopes = ['openid', 'offline_access', 'profile:read']
  const ask = async (scope: string) =>
    String((await exchange(issuer, one, await codeFor(browser, one, { scope }))).body.refresh_token)
  const refresh = (token: string) =>
    callAs(issuer, one, '/token', { grant_type: 'refresh_token', refresh_token: token })
  const [online, plain] = [await ask(scopes.join(' ')), await ask('profile:read')]
  const next = await refresh(online)
  assert.equal(next.status, 200, next.text)
  await issuer.auth.clients.change(one.id, { scopes: ['openid', 'profile:read'] })
  const { refresh_token: lost } = next.body as { refresh_token: string }
  assert.deepEqual((await callAs(issuer, one, '/introspect', { token: lost })).body, { active: false })
  const refused = await refresh(lost)
  assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_grant'])
  assert.equal(refused.body.refresh_token, undefined)
  assert.equal((await issuer.me(String(next.body.access_token))).status, 401, 'its session has ended')
  assert.equal((await refresh(plain)).status, 200, 'in plain OAuth there is no such word')
  await issuer.auth.clients.change(one.id, { scopes })
  assert.equal((await refresh(lost)).body.error, 'invalid_grant')
})

test('RFC 8707: who asks for a token of another API gets none of ours, by whatever grant', async () => {
  const own = await codeClient(issuer, {
    grants: ['authorization_code', 'refresh_token', 'client_credentials'],
  })
  const { body } = await exchange(
    issuer,
    own,
    await codeFor(browser, own, { scope: 'openid offline_access profile:read' }),
  )
  for (const form of [
    { grant_type: 'client_credentials' },
    { grant_type: 'refresh_token', refresh_token: String(body.refresh_token) },
  ]) {
    const other = await callAs(issuer, own, '/token', { ...form, resource: 'https://other.example.com' })
    assert.deepEqual([other.status, other.body.error], [400, 'invalid_target'], form.grant_type)
    const ours = await callAs(issuer, own, '/token', { ...form, resource: ISSUER })
    assert.equal(ours.status, 200, ours.text)
  }
})

test('C4: the second use of a code ends what the first one got, at once', async () => {
  const code = await codeFor(browser, client, { scope: 'openid offline_access profile:read' })
  const first = await exchange(issuer, client, code)
  const check = () =>
    issuer.auth.check(
      new Request(ISSUER, { headers: { authorization: `Bearer ${first.body.access_token}` } }),
      issuer.auth.signedIn,
    )
  assert.equal((await check()).ok, true)
  const second = await exchange(issuer, client, code)
  assert.deepEqual(
    [second.status, second.body.error, second.body.access_token],
    [400, 'invalid_grant', undefined],
  )
  assert.equal((await check()).ok, false)
  const refresh_token = String(first.body.refresh_token)
  assert.equal(
    (await callAs(issuer, client, '/token', { grant_type: 'refresh_token', refresh_token })).status,
    400,
  )
  assert.equal((await browser.open(requestOf(client))).status, 303, 'the browser stays signed in')
})

test('C4: of 8 who exchange a code at once exactly one gets tokens', async () => {
  const rounds = countOf({ quick: 25, full: 500, long: 5000 })
  for (let round = 0; round < rounds; round += 1) {
    const code = await codeFor(browser, client, { scope: 'profile:read' })
    const answers = await Promise.all(Array.from({ length: 8 }, () => exchange(issuer, client, code)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.ok(answers.every(({ status, body }) => status === 200 || body.error === 'invalid_grant'))
  }
})

test('scope shrinks to what the client is registered for and the user has, and no further than asked', async () => {
  const one = await codeClient(issuer, { scopes: ['openid', 'orders:read', 'orders:all'] })
  const scopeOf = async (scope: string | undefined) =>
    (await exchange(issuer, one, await codeFor(browser, one, { scope }))).body.scope
  assert.equal(
    await scopeOf('openid orders:read orders:write orders:all email phone address'),
    'openid orders:read',
  )
  assert.equal(await scopeOf('orders:read'), 'orders:read')
  assert.equal(await scopeOf(undefined), 'orders:read', 'all of the API, nothing of the person')
  assert.equal(await scopeOf('orders:write'), '')
})

test('a code is void once the sign-in that it came from has ended, and after its minute', async () => {
  const clock = handClock()
  const own = await startIssuer({ clock })
  await own.signUp('bob')
  const bob = openBrowser(own)
  await bob.signIn('bob')
  const one = await codeClient(own)
  const [soon, late] = [await codeFor(bob, one), await codeFor(bob, one)]
  clock.advance(59_000)
  assert.equal((await exchange(own, one, soon)).status, 200)
  clock.advance(1000)
  assert.equal((await exchange(own, one, late)).body.error, 'invalid_grant')
  const dead = await codeFor(bob, one)
  const me = (await own.auth.users.findByLogin('bob'))?.id ?? ''
  await own.auth.sessions.endAll(me)
  assert.equal((await exchange(own, one, dead)).body.error, 'invalid_grant')
  assert.ok((await bob.open(requestOf(one))).headers.get('location')?.startsWith('/login?'))
  await own.close()
})

test('an ID token verifies by discovery and key set alone, by either algorithm, and is no access token', async () => {
  const withEs256 = await codeClient(issuer, { idTokenAlgorithm: 'ES256' })
  for (const [one, algorithm] of [
    [client, 'RS256'],
    [withEs256, 'ES256'],
  ] as const) {
    const { body: tokens } = await exchange(issuer, one, await codeFor(browser, one))
    const keys = await issuer.call('GET', '/.well-known/jwks.json')
    const { payload, protectedHeader } = await jwtVerify(
      String(tokens.id_token),
      createLocalJWKSet(keys.body as never),
      { issuer: ISSUER, audience: one.id },
    )
    assert.deepEqual([protectedHeader.alg, protectedHeader.typ, payload.sub], [algorithm, 'JWT', userId])
    const refused = await issuer.me(String(tokens.id_token))
    assert.deepEqual([refused.status, refused.body.cause], [401, 'ID_TOKEN_AS_ACCESS'], 'A8')
    assert.equal((await issuer.call('GET', '/userinfo', { token: String(tokens.id_token) })).status, 401)
  }
})

test('another algorithm for ID tokens holds from the next token on, refreshed ones too', async () => {
  const one = await codeClient(issuer)
  const algorithmOf = (idToken: unknown) => decodeProtectedHeader(String(idToken)).alg
  const first = await exchange(
    issuer,
    one,
    await codeFor(browser, one, { scope: 'openid offline_access profile:read' }),
  )
  assert.equal(algorithmOf(first.body.id_token), 'RS256')
  await issuer.auth.clients.change(one.id, { idTokenAlgorithm: 'ES256' })
  const again = await callAs(issuer, one, '/token', {
    grant_type: 'refresh_token',
    refresh_token: String(first.body.refresh_token),
  })
  assert.equal(algorithmOf(again.body.id_token), 'ES256', again.text)
})
