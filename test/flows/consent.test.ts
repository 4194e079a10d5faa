import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  answerOf,
  CALLBACK,
  codeClient,
  exchange,
  openBrowser,
  requestOf,
  type TestBrowser,
} from './browser.ts'
import { type Answer, ISSUER, startIssuer, type TestIssuer } from './issuer.ts'
import { callAs, type TestClient } from './test-clients.ts'

const SCOPES = { 'orders:read': 'See your orders <b>' }

let issuer: TestIssuer
let client: TestClient
let userId: string
let token: string
let browser: TestBrowser
before(async () => {
  issuer = await startIssuer({ scopes: SCOPES, roles: { user: { scopes: ['profile:read', 'orders:read'] } } })
  token = (await issuer.signUp('alice')).access
  userId = (await issuer.auth.users.findByLogin('alice'))?.id ?? ''
  await issuer.signUp('bob')
  client = await askedClient()
  browser = openBrowser(issuer)
  await browser.signIn('alice')
})
after(() => issuer.close())

const askedClient = (more = {}) =>
  codeClient(issuer, {
    name: 'Calendar & Co',
    skipConsent: false,
    scopes: ['openid', 'email', 'offline_access', 'orders:read'],
    ...more,
  })

/** The hidden fields of the one form on a page. */
function fieldsOf({ text }: Answer): Record<string, string> {
  const decode = (value: string) =>
    value
      .replaceAll('&quot;', '"')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&#39;', "'")
      .replaceAll('&amp;', '&')
  const inputs = text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)
  return Object.fromEntries(Array.from(inputs, ([, name = '', value = '']) => [name, decode(value)]))
}

const decide = (
  page: Answer,
  consent: string,
  more: Record<string, string> = {},
  headers = {},
  who = browser,
) => who.post('/authorize/consent', { ...fieldsOf(page), consent, ...more }, headers)

test('C17: what client or person have got since the question was shown is not allowed by its answer', async () => {
  const one = await askedClient({ scopes: ['openid', 'orders:read'] })
  const page = await browser.open(requestOf(one, { scope: 'openid email orders:read' }))
  await issuer.auth.clients.change(one.id, { scopes: ['openid', 'email', 'orders:read'] })
  const more = { scope: `${fieldsOf(page).scope} email` }
  assert.equal((await decide(page, 'allow', more)).status, 403, 'more than was shown')
  assert.equal(await issuer.call('GET', '/users/me/consents', { token }).then(consentedTo(one)), undefined)
  const { code = '' } = answerOf(await decide(page, 'allow'))
  assert.equal((await exchange(issuer, one, code)).body.scope, 'openid orders:read')
  const granted = await issuer.call('GET', '/users/me/consents', { token }).then(consentedTo(one))
  assert.equal(granted, 'openid orders:read')
  const again = await browser.open(requestOf(one, { scope: 'openid email orders:read' }))
  assert.equal(again.status, 200, 'asked about the rest')
  assert.equal(fieldsOf(again).scope, 'openid email orders:read')
})

const consentedTo =
  ({ id }: TestClient) =>
  ({ body }: Answer) =>
    (body.items as { client_id: string; scope: string }[]).find(({ client_id }) => client_id === id)?.scope

test('C17: an unknown client is asked about: its name, what it may in words, for how long, and where it leads', async () => {
  const page = await browser.open(requestOf(client, { scope: 'openid email offline_access orders:read' }))
  assert.equal(page.status, 200)
  for (const words of [
    'Allow Calendar &amp; Co?',
    'Recognise you each time',
    'See your e-mail address',
    'Keep its access while you are away',
    'See your orders &lt;b&gt;',
    '30 days',
    'https://app.example.com',
    'alice',
  ]) {
    assert.ok(page.text.includes(words), words)
  }
  assert.ok(!page.text.includes('<b>'))
  const short = await browser.open(requestOf(client, { scope: 'openid' }))
  assert.ok(short.text.includes('15 minutes'))
  const german = await browser.open(requestOf(client), { 'accept-language': 'de' })
  assert.ok(german.text.includes('Calendar &amp; Co erlauben?'))
})

test('C12, C15: the question is in no frame, in no cache, and has nothing inline', async () => {
  const page = await browser.open(requestOf(client))
  const policy = page.headers.get('content-security-policy') ?? ''
  for (const part of [
    "frame-ancestors 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "script-src 'self'",
    "form-action 'self' https://app.example.com;",
  ]) {
    assert.ok(`${policy};`.includes(part), part)
  }
  assert.equal(page.headers.get('cache-control'), 'no-store')
  assert.equal(page.headers.get('referrer-policy'), 'no-referrer')
  assert.doesNotMatch(page.text, /<script(?![^>]*src=)|<style|\son\w+=|style=/)
})

test('a no is told to the client and remembered by nobody; a yes is remembered for these scopes', async () => {
  const one = await askedClient()
  const ask = () => browser.open(requestOf(one, { scope: 'openid orders:read' }))
  const denied = answerOf(await decide(await ask(), 'deny'))
  assert.deepEqual(
    [denied.error, denied.state, denied.iss, denied.code],
    ['access_denied', 'the state', ISSUER, undefined],
  )
  assert.equal((await ask()).status, 200, 'asked again')

  const answer = await decide(await ask(), 'allow')
  assert.equal(answer.status, 303, 'C11')
  assert.equal((await exchange(issuer, one, answerOf(answer).code ?? '')).status, 200)
  assert.ok(answerOf(await ask()).code)
  assert.ok(answerOf(await browser.open(requestOf(one, { scope: 'openid', prompt: 'none' }))).code)
  assert.equal(
    (await browser.open(requestOf(one, { scope: 'openid email' }))).status,
    200,
    'more is asked about',
  )
  assert.equal(
    answerOf(await browser.open(requestOf(one, { scope: 'openid email', prompt: 'none' }))).error,
    'consent_required',
  )
  assert.equal((await browser.open(requestOf(one, { scope: 'openid', prompt: 'consent' }))).status, 200)

  const bob = openBrowser(issuer)
  await bob.signIn('bob')
  assert.equal(
    (await bob.open(requestOf(one, { scope: 'openid' }))).status,
    200,
    'it was alice who allowed it',
  )
})

test('an answer sent twice is harmless: two codes, of which the browser follows one', async () => {
  const one = await askedClient()
  const page = await browser.open(requestOf(one))
  const answers = await Promise.all([decide(page, 'allow'), decide(page, 'allow')])
  const codes = answers.map((answer) => answerOf(answer).code ?? '')
  assert.notEqual(codes[0], codes[1])
  assert.equal((await exchange(issuer, one, codes[1] ?? '')).status, 200)
  const { body } = await issuer.call('GET', '/users/me/consents', { token })
  const mine = (body.items as { client_id: string }[]).filter(({ client_id }) => client_id === one.id)
  assert.equal(mine.length, 1)
})

test('F-4: an answer counts only from our page, in this session, for the request that was shown', async () => {
  const one = await askedClient()
  const other = await askedClient()
  const [page, another] = [await browser.open(requestOf(one)), await browser.open(requestOf(other))]
  const query = (who: TestClient, more = {}) => requestOf(who, more).split('?')[1] ?? ''
  const bob = openBrowser(issuer)
  await bob.signIn('bob')
  const nobody = openBrowser(issuer)
  const refused: readonly Promise<Answer>[] = [
    decide(page, 'allow', { request_token: '' }),
    decide(page, 'allow', { request_token: 'x' }),
    decide(page, 'allow', { csrf_token: 'x' }),
    decide(page, 'allow', { request_token: fieldsOf(another).request_token ?? '' }),
    decide(page, 'allow', { request: query(other) }),
    decide(page, 'allow', { request: query(one, { scope: 'openid email offline_access orders:read' }) }),
    decide(page, 'allow', { request: query(one, { redirect_uri: 'https://evil.example/' }) }),
    decide(page, 'allow', {}, { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }),
    decide(page, 'allow', {}, { 'sec-fetch-site': 'same-site', origin: 'https://x.example.com' }),
    decide(page, 'maybe'),
    decide(page, 'allow', {}, {}, bob),
    decide(page, 'allow', {}, {}, nobody),
  ]
  for (const [index, answer] of (await Promise.all(refused)).entries()) {
    const location = answer.headers.get('location') ?? ''
    assert.ok(
      answer.status >= 300 && !location.includes('code=') && !location.startsWith('http'),
      `${index}: ${answer.status} ${location}`,
    )
  }
  for (const who of [one, other]) {
    assert.equal((await browser.open(requestOf(who))).status, 200, 'nothing was allowed')
  }
  assert.ok(answerOf(await decide(page, 'allow')).code, 'and the page still works')
})

test('an answer after the session was replaced allows nothing', async () => {
  const one = await askedClient()
  const alice = openBrowser(issuer)
  await alice.signIn('alice')
  const page = await alice.open(requestOf(one))
  await alice.signIn('alice')
  const answer = await decide(page, 'allow', {}, {}, alice)
  assert.ok(!(answer.headers.get('location') ?? '').includes('code='), String(answer.status))
})

test('what was allowed is listed and can be taken back, which ends what the client has', async () => {
  const one = await askedClient({ name: 'Mail merge' })
  const page = await browser.open(requestOf(one, { scope: 'openid offline_access orders:read' }))
  const { code = '' } = answerOf(await decide(page, 'allow'))
  const tokens = (await exchange(issuer, one, code)).body
  const listed = await issuer.call('GET', '/users/me/consents', { token })
  const mine = (listed.body.items as Record<string, unknown>[]).find(({ client_id }) => client_id === one.id)
  assert.deepEqual([mine?.client_name, mine?.scope], ['Mail merge', 'openid offline_access orders:read'])
  const kept = (await issuer.call('GET', '/users/me/export', { token })).body
  assert.deepEqual(kept.consents, listed.body.items, 'with all that is kept of a person')

  const check = async () => {
    const request = new Request(ISSUER, { headers: { authorization: `Bearer ${tokens.access_token}` } })
    return (await issuer.auth.check(request, issuer.auth.needs({ scopes: ['orders:read'] }))).ok
  }
  assert.equal(await check(), true)
  const remove = () => issuer.call('DELETE', `/users/me/consents/${one.id}`, { token })
  assert.equal((await remove()).status, 204)
  assert.equal((await remove()).status, 404)
  assert.equal(await check(), false)
  const refresh = { grant_type: 'refresh_token', refresh_token: String(tokens.refresh_token) }
  assert.equal((await callAs(issuer, one, '/token', refresh)).body.error, 'invalid_grant')
  assert.equal((await browser.open(requestOf(one))).status, 200, 'asked again')
  const events = (await issuer.auth.events.list({ userId, limit: 100 })).map(({ name }) => name)
  assert.ok(events.includes('consent.granted') && events.includes('consent.revoked'))
})

test('whoever looks after accounts sees and takes back what people allowed', async () => {
  const one = await askedClient()
  assert.ok(answerOf(await decide(await browser.open(requestOf(one)), 'allow')).code)
  await issuer.auth.users.create({
    email: 'root@example.com',
    username: 'root',
    password: 'correct horse battery',
    roles: ['admin'],
  })
  const admin = String((await issuer.signIn('root')).body.access_token)
  const path = `/admin/users/${userId}/consents`
  const { body } = await issuer.call('GET', path, { token: admin })
  assert.ok((body.items as { client_id: string }[]).some(({ client_id }) => client_id === one.id))
  assert.equal((await issuer.call('GET', path, { token })).status, 403)
  assert.equal((await issuer.call('DELETE', `${path}/${one.id}`, { token })).status, 403)
  assert.equal((await issuer.call('DELETE', `${path}/${one.id}`, { token: admin })).status, 204)
  assert.equal((await issuer.call('DELETE', `${path}/${one.id}`, { token: admin })).status, 404)
})

test('a public client whose address another program could take is asked about each time', async () => {
  for (const [redirectUri, silent] of [
    ['http://127.0.0.1/cb', false],
    ['com.example.app:/cb', false],
    [CALLBACK, true],
  ] as const) {
    const one = await askedClient({ authMethod: 'none', redirectUris: [redirectUri] })
    const ask = () => browser.open(requestOf(one, { redirect_uri: redirectUri }))
    assert.ok(answerOf(await decide(await ask(), 'allow'), redirectUri).code)
    assert.equal((await ask()).status, silent ? 303 : 200, redirectUri)
  }
})

test('C17: a trusted public client is asked about too where another program could take its address', async () => {
  const addresses = ['http://127.0.0.1/cb', 'com.example.app:/cb', CALLBACK]
  const own = await startIssuer({ firstPartyRedirectUris: addresses })
  await own.signUp('alice')
  const alice = openBrowser(own)
  await alice.signIn('alice')
  const registered = await codeClient(own, { authMethod: 'none', redirectUris: addresses })
  for (const id of ['first-party', registered.id]) {
    for (const redirectUri of addresses) {
      const isSafe = redirectUri === CALLBACK
      const at = { redirect_uri: redirectUri, scope: 'profile:read', client_id: id }
      const asked = await alice.open(requestOf(registered, at))
      assert.equal(asked.status, isSafe ? 303 : 200, `${id} ${redirectUri} ${asked.text}`)
      const silent = answerOf(await alice.open(requestOf(registered, { ...at, prompt: 'none' })), redirectUri)
      assert.equal(silent.error, isSafe ? undefined : 'consent_required')
    }
  }
  // Asked, it goes on: a program of one's own is not shut out.
  const at = { redirect_uri: addresses[0], scope: 'profile:read', client_id: 'first-party' }
  const page = await alice.open(requestOf(registered, at))
  const allowed = await decide(page, 'allow', {}, {}, alice)
  assert.ok(answerOf(allowed, addresses[0]).code, allowed.text)
  await own.close()
})

test('what a client holds of a person does not open their account', async () => {
  const one = await askedClient()
  const { code = '' } = answerOf(
    await decide(await browser.open(requestOf(one, { scope: 'openid orders:read' })), 'allow'),
  )
  const held = String((await exchange(issuer, one, code)).body.access_token)
  const calls: readonly (readonly [string, string, unknown?])[] = [
    ['GET', '/users/me'],
    ['PATCH', '/users/me', { username: 'mallory' }],
    [
      'POST',
      '/password/change',
      { current_password: 'correct horse battery', new_password: 'another long sentence' },
    ],
    ['GET', '/users/me/sessions'],
    ['DELETE', '/users/me/sessions'],
    ['GET', '/users/me/api-keys'],
    ['POST', '/users/me/api-keys', { name: 'all of it' }],
    ['GET', '/users/me/factors'],
    ['PATCH', '/users/me/passkeys/6f1c1b1e-1f5d-4c38-9d0a-0f7f8e9a1b2c', { name: 'mine' }],
    ['POST', '/session/renewal/options'],
    ['POST', '/session/renewal', { password: 'correct horse battery' }],
    ['GET', '/users/me/consents'],
    ['DELETE', `/users/me/consents/${one.id}`],
  ]
  for (const [method, path, json] of calls) {
    const { status } = await issuer.call(method, path, { token: held, ...(json !== undefined && { json }) })
    assert.equal(status, 403, `${method} ${path}`)
  }
  assert.equal((await issuer.call('GET', '/userinfo', { token: held })).status, 200)
})
