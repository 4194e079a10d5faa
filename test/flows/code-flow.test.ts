import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { countOf } from '../counts.ts'
import type { RedirectUriCase } from '../vectors/kinds/code-flow.ts'
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
import { codeAt, fromBase32 } from './second-factor.ts'
import { callAs, registerClient, type TestClient } from './test-clients.ts'

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

test('C1, C2: an unknown client or address is shown to the person, and nobody is redirected', async () => {
  const disabled = await codeClient(issuer)
  await issuer.auth.clients.change(disabled.id, { state: 'disabled' })
  const bad = [
    requestOf(client, { client_id: undefined }),
    requestOf(client, { client_id: 'nobody' }),
    requestOf(client, { client_id: `${client.id}\n` }),
    requestOf(disabled),
    `${requestOf(client)}&client_id=${client.id}`,
    requestOf(client, { redirect_uri: undefined }),
    requestOf(client, { redirect_uri: `${CALLBACK}/` }),
    `${requestOf(client)}&redirect_uri=${encodeURIComponent(CALLBACK)}`,
    `${requestOf(client)}&x=${'x'.repeat(17_000)}`,
  ]
  for (const path of bad) {
    const { status, headers } = await browser.open(path)
    assert.deepEqual(
      [status >= 400 && status < 500, headers.get('location')],
      [true, null],
      path.slice(0, 200),
    )
  }
})

test('C1, C2: the cases of redirect addresses', async () => {
  const file = new URL('../vectors/own/redirect-uri-cases.json', import.meta.url)
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly RedirectUriCase[] }
  for (const { registered, requested, expect, why } of cases) {
    if (expect === 'reject-at-registration') {
      await assert.rejects(codeClient(issuer, { redirectUris: registered }), { code: 'REQUEST_INVALID' }, why)
      continue
    }
    const one = await codeClient(issuer, { redirectUris: registered })
    const uris = requested === null ? [] : [requested].flat()
    const path =
      requestOf(one, { redirect_uri: undefined }) +
      uris.map((uri) => `&redirect_uri=${encodeURIComponent(uri)}`).join('')
    const { status, headers } = await browser.open(path)
    const accepted = status === 303 && headers.get('location')?.startsWith(`${uris[0]}`)
    assert.equal(accepted, expect === 'accept', `${why}: ${status} ${headers.get('location')}`)
    if (accepted === true) assert.ok(headers.get('location')?.includes('code='), why)
  }
})

test('D6, C2: thirty addresses that other servers were led to are led to by none', async () => {
  const tries = [
    '//evil.example',
    '///evil.example',
    'https:evil.example',
    'https:/evil.example',
    'https:///evil.example',
    'https://evil.example',
    'https://app.example.com.evil.example/cb',
    'https://app.example.com@evil.example/cb',
    'https://evil.example#@app.example.com/cb',
    'https://evil.example/?https://app.example.com/cb',
    'https://evil.example\\@app.example.com/cb',
    'https://app.example.com\\.evil.example/cb',
    'https://app.example.com%2eevil.example/cb',
    'https://app.example.com:443@evil.example/cb',
    'https://app.example.com/cb/../../evil',
    'https://app.example.com/cb%2f..%2fevil',
    'https://app.example.com/cb#evil',
    'https://app.example.com/cb?next=https://evil.example',
    'https://app.example.com/cb;evil',
    'https://app.example.com/CB',
    'HTTPS://app.example.com/cb',
    'https://APP.example.com/cb',
    'http://app.example.com/cb',
    'https://app.example.com:8443/cb',
    'https://app.example.com./cb',
    'https://app.example.com/cb ',
    ' https://app.example.com/cb',
    'https://app.example.com/cb\t',
    'https://app.example.com/cb\0',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://аpp.example.com/cb',
    'https://user@app.example.com/cb',
    '/cb',
    'cb',
    '.',
    '',
  ]
  assert.ok(tries.length >= 30)
  for (const redirect_uri of tries) {
    const { status, headers } = await browser.open(requestOf(client, { redirect_uri }))
    assert.deepEqual([status, headers.get('location')], [status < 500 ? status : 400, null], redirect_uri)
    assert.ok(status >= 400, redirect_uri)
  }
})

test('what else is wrong is told to the client, with its state and the issuer', async () => {
  const other = await registerClient(issuer, { grants: ['refresh_token'], redirectUris: [CALLBACK] })
  const wrong: readonly (readonly [string, string])[] = [
    [requestOf(client, { response_type: undefined }), 'invalid_request'],
    ...['token', 'id_token', 'code token', 'code id_token', 'none', 'Code'].map(
      (response_type) => [requestOf(client, { response_type }), 'unsupported_response_type'] as const,
    ),
    [requestOf(client, { response_mode: 'fragment' }), 'invalid_request'],
    [requestOf(client, { response_mode: 'form_post' }), 'invalid_request'],
    [requestOf(other), 'unauthorized_client'],
    [requestOf(client, { scope: 'openid orders:reed' }), 'invalid_scope'],
    [requestOf(client, { resource: 'https://other.example.com' }), 'invalid_target'],
    [`${requestOf(client, { resource: ISSUER })}&resource=https%3A%2F%2Fother.example.com`, 'invalid_target'],
    [requestOf(client, { request: 'x.y.z' }), 'request_not_supported'],
    [requestOf(client, { request_uri: 'https://169.254.169.254/latest' }), 'request_uri_not_supported'],
    [requestOf(client, { prompt: 'none login' }), 'invalid_request'],
    [requestOf(client, { prompt: 'create' }), 'invalid_request'],
    [requestOf(client, { max_age: '-1' }), 'invalid_request'],
    [requestOf(client, { max_age: '1e3' }), 'invalid_request'],
    [requestOf(client, { id_token_hint: 'x.y.z' }), 'invalid_request'],
    [`${requestOf(client)}&scope=openid`, 'invalid_request'],
    [`${requestOf(client)}&response_type=code`, 'invalid_request'],
    [`${requestOf(client)}&nonce=a&nonce=a`, 'invalid_request'],
    [requestOf(client, { nonce: 'x'.repeat(10_240) }), 'invalid_request'],
    [requestOf(client, { login_hint: 'a\nb' }), 'invalid_request'],
  ]
  for (const [path, error] of wrong) {
    const answer = answerOf(await browser.open(path))
    assert.deepEqual(
      [answer.error, answer.state, answer.iss, answer.code],
      [error, 'the state', ISSUER, undefined],
      path.slice(0, 300),
    )
  }
  const twice = answerOf(await browser.open(`${requestOf(client)}&state=another`))
  assert.deepEqual(
    [twice.error, twice.state],
    ['invalid_request', undefined],
    'which of two states is meant nobody knows',
  )
  const long = answerOf(await browser.open(requestOf(client, { state: 'x'.repeat(10_240) })))
  assert.deepEqual([long.error, long.state], ['invalid_request', undefined])
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

test('E8: who is signed in and lacks the second factor is asked for it, and has not tried to guess', async () => {
  await issuer.signUp('emil')
  const one = openBrowser(issuer)
  await one.signIn('emil')
  const { body: session } = await one.open('/session')
  const headers = {
    cookie: one.cookie ?? '',
    'x-csrf-token': String(session.csrf_token),
    'sec-fetch-site': 'same-origin',
  }
  const { body: offer } = await issuer.call('POST', '/users/me/totp', { json: {}, headers })
  const code = codeAt(fromBase32(String(offer.secret)), Date.now())
  const json = { challenge_token: offer.challenge_token, code }
  assert.equal((await issuer.call('POST', '/users/me/totp/confirm', { json, headers })).status, 201)
  for (let silent = 0; silent < 15; silent++) {
    assert.equal(answerOf(await one.open(requestOf(client, { prompt: 'none' }))).error, 'login_required')
  }
  const signedIn = await issuer.signIn('emil')
  assert.deepEqual([signedIn.status, signedIn.body.error], [403, 'mfa_required'])
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

test('who is not signed in is sent to do so, and comes back to the same request', async () => {
  const stranger = openBrowser(issuer)
  const sent = await stranger.open(requestOf(client, { login_hint: 'alice@example.com', nonce: 'n2' }))
  const location = new URL(sent.headers.get('location') ?? '', ISSUER)
  assert.deepEqual([sent.status, location.pathname], [303, '/login'])
  const back = location.searchParams.get('return_to') ?? ''
  assert.ok(back.startsWith('/authorize?'))
  await stranger.signIn('alice')
  const answer = answerOf(await stranger.open(back))
  assert.equal(answer.state, 'the state')
  assert.equal(
    claimsOf(String((await exchange(issuer, client, answer.code ?? '')).body.id_token)).nonce,
    'n2',
  )
})

test('prompt and max_age: silence, a new sign-in, and not in circles', async () => {
  const clock = handClock()
  const own = await startIssuer({ clock })
  await own.signUp('bob')
  await own.signUp('carol')
  const one = await codeClient(own)
  const bob = openBrowser(own)
  const errorOf = async (more: Record<string, string>) => answerOf(await bob.open(requestOf(one, more))).error
  const backFrom = (sent: { headers: Headers }) =>
    new URL(sent.headers.get('location') ?? '', ISSUER).searchParams.get('return_to') ?? ''
  assert.equal(await errorOf({ prompt: 'none' }), 'login_required')
  await bob.signIn('bob')
  assert.equal(await errorOf({ prompt: 'none' }), undefined)
  const first = claimsOf(String((await exchange(own, one, await codeFor(bob, one))).body.id_token))

  clock.advance(5000)
  assert.equal(await errorOf({ prompt: 'none', max_age: '5' }), undefined)
  assert.equal(await errorOf({ prompt: 'none', max_age: '4' }), 'login_required')
  for (const more of [
    { prompt: 'login' },
    { prompt: 'select_account' },
    { max_age: '4' },
    { max_age: '0' },
  ]) {
    const back = backFrom(await bob.open(requestOf(one, more)))
    assert.ok(
      (await bob.open(back)).headers.get('location')?.startsWith('/login?'),
      `${JSON.stringify(more)}: the old sign-in does not do`,
    )
    await bob.signIn('bob')
    clock.advance(2000)
    const { code = '' } = answerOf(await bob.open(back))
    const again = claimsOf(String((await exchange(own, one, code)).body.id_token))
    assert.ok(Number(again.auth_time) > Number(first.auth_time), JSON.stringify(more))
    clock.advance(5000)
  }

  const hint = String((await exchange(own, one, await codeFor(bob, one))).body.id_token)
  assert.equal(await errorOf({ prompt: 'none', id_token_hint: hint }), undefined)
  await bob.signIn('carol')
  assert.equal(
    await errorOf({ prompt: 'none', id_token_hint: hint }),
    'login_required',
    'somebody else is signed in',
  )
  await own.close()
})

test('C13: no page of another origin reads what the authorization endpoint answers', async () => {
  const own = await startIssuer({ corsOrigins: ['https://spa.example.com'] })
  for (const origin of ['https://spa.example.com', 'https://evil.example', 'null']) {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const headers = {
        origin,
        'access-control-request-method': 'GET',
        'content-type': 'application/x-www-form-urlencoded',
      }
      const answer = await own.call(method, '/authorize', { headers })
      assert.equal(answer.headers.get('access-control-allow-origin'), null, `${method} ${origin}`)
    }
  }
  const metadata = await own.call('GET', '/.well-known/openid-configuration', {
    headers: { origin: 'https://spa.example.com' },
  })
  assert.equal(metadata.headers.get('access-control-allow-origin'), 'https://spa.example.com')
  await own.close()
})

test('a request by a form of another site leads to the same request by GET, where the cookie comes along', async () => {
  const stranger = openBrowser(issuer)
  const form = requestOf(client).split('?')[1] ?? ''
  const sent = await stranger.post('/authorize', form, {
    'sec-fetch-site': 'cross-site',
    origin: 'https://app.example.com',
  })
  assert.equal(sent.status, 303, 'C11')
  assert.equal(answerOf(await browser.open(sent.headers.get('location') ?? '')).state, 'the state')
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
