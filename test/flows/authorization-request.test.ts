import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { pageRoutes } from '../../src/endpoints/pages/routes.ts'
import { routes } from '../../src/endpoints/routes.ts'
import type { RedirectUriCase } from '../vectors/kinds/code-flow.ts'
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
import { claimsOf, handClock, ISSUER, startIssuer, type TestIssuer } from './issuer.ts'
import { codeAt, fromBase32 } from './second-factor.ts'
import { registerClient, type TestClient } from './test-clients.ts'

let issuer: TestIssuer
let browser: TestBrowser
let client: TestClient
/** Who asked, of the requests that were refused. */
const askers: unknown[] = []
before(async () => {
  issuer = await startIssuer({
    scopes: { 'orders:read': 'See your orders' },
    roles: { user: { scopes: ['profile:read', 'orders:read'] } },
    onRefusal: ({ details }) => void askers.push(details.clientId),
  })
  await issuer.signUp('alice')
  browser = openBrowser(issuer)
  await browser.signIn('alice')
  client = await codeClient(issuer)
})
after(() => issuer.close())

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
  const { paths } = (await issuer.call('GET', '/openapi.json')).body as {
    readonly paths: { readonly '/authorize': { readonly get: { readonly responses: object } } }
  }
  const { responses } = paths['/authorize'].get
  for (const path of bad) {
    const { status, headers } = await browser.open(path)
    const isSaid = status >= 400 && status < 500 && Object.hasOwn(responses, status)
    assert.deepEqual([isSaid, headers.get('location')], [true, null], path.slice(0, 200))
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
    assert.ok(
      [client.id, other.id].some((id) => id === askers.at(-1)),
      `who asked: ${path.slice(0, 300)}`,
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

test('C13: no page of another origin reads what the authorization endpoint and the pages answer', async () => {
  const own = await startIssuer({ corsOrigins: ['https://spa.example.com'] })
  for (const { method, path } of [...pageRoutes, ...routes.filter(({ browsersOnly }) => browsersOnly)]) {
    const headers = { origin: 'https://spa.example.com', 'access-control-request-method': method }
    for (const asked of [method, 'OPTIONS', 'PUT']) {
      const answer = await own.call(asked, path.replaceAll(/\{\w+\}/g, 'x'), { headers })
      assert.equal(answer.headers.get('access-control-allow-origin'), null, `${asked} ${path}`)
    }
  }
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
  // Endpoints that have their path in common with a page are open all the same.
  for (const path of ['/logout', '/register']) {
    const headers = { origin: 'https://spa.example.com', 'access-control-request-method': 'POST' }
    for (const asked of ['POST', 'OPTIONS']) {
      const answer = await own.call(asked, path, { headers })
      assert.equal(answer.headers.get('access-control-allow-origin'), headers.origin, `${asked} ${path}`)
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
