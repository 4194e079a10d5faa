import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { claimsOf, handClock, ISSUER, PASSWORD, startIssuer, type TestIssuer } from './issuer.ts'
import { newVisitor, type VisitedPage, type Visitor } from './page-visitor.ts'
import { codeAt, fromBase32 } from './second-factor.ts'
import { callAs, registerClient, type TestClient } from './test-clients.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const SCOPES = { 'orders:read': 'See your orders <b>' }
const TELEVISION = { 'user-agent': 'Television/2.1 (Linux)' }
const HOME = '192.0.2.7'

const clock = handClock()
let issuer: TestIssuer
let client: TestClient
/** Anew for each test: who looks at many devices is stopped. */
let alice: Visitor
let people = 0
before(async () => {
  issuer = await startIssuer({
    clock,
    // By hand minutes pass in no time; how fresh the revocations are is not what is tried here.
    staleness: 'relaxed',
    scopes: SCOPES,
    roles: { user: { scopes: ['profile:read', 'orders:read'] } },
  })
  await issuer.signUp('bob')
  client = await television()
})
beforeEach(async () => {
  people += 1
  await issuer.signUp(`alice${people}`)
  alice = await visitorFor(`alice${people}`)
})
after(() => issuer.close())

const television = (more = {}) =>
  registerClient(issuer, {
    name: 'Telly & Co',
    authMethod: 'none',
    grants: [GRANT, 'refresh_token'],
    scopes: ['openid', 'offline_access', 'orders:read'],
    ...more,
  })

async function visitorFor(username: string): Promise<Visitor> {
  const visitor = newVisitor(issuer, HOME)
  await visitor.submit('/login', '/login', { username, password: PASSWORD })
  return visitor
}

interface Started {
  readonly device_code: string
  readonly user_code: string
  readonly verification_uri_complete: string
}

async function start(who = client, form: Record<string, string> = {}): Promise<Started> {
  const proof = await who.proof()
  const answer = await issuer.call('POST', '/device_authorization', {
    form: { scope: 'orders:read', ...form, ...proof.form },
    headers: { ...TELEVISION, ...proof.headers },
    address: '198.51.100.44',
  })
  assert.equal(answer.status, 200, answer.text)
  return answer.body as unknown as Started
}

const poll = (code: string, who: TestClient | undefined = client) =>
  callAs(issuer, who, '/token', { grant_type: GRANT, device_code: code })

const errorOf = async (code: string, who: TestClient | undefined = client) => {
  const { status, body } = await poll(code, who)
  return `${status} ${body.error}`
}

const open = (who: Visitor, userCode: string, headers = {}) =>
  who.get(`/device?user_code=${encodeURIComponent(userCode)}`, headers)

async function answer(
  who: Visitor,
  userCode: string,
  word: string,
  fields: Record<string, string> = {},
  page?: VisitedPage,
): Promise<VisitedPage> {
  const shown = page ?? (await open(who, userCode))
  const hidden = hiddenOf(shown)
  return who.post('/device/answer', { ...hidden, answer: word, ...fields })
}

/** Of the form with the answer, not of the one in the corner. */
function hiddenOf({ html }: VisitedPage) {
  const [form = ''] = /<form[^>]*action="\/device\/answer".*?<\/form>/s.exec(html) ?? []
  const inputs = form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)
  return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, value]))
}

test('a device shows a code, a person lets it in on another, and it gets tokens for what was allowed', async () => {
  const started = await start(client, { scope: 'openid offline_access orders:read' })
  const { device_code: code, user_code: userCode } = started
  assert.match(userCode, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/, 'RFC 8628 section 6.1')
  const { device_code: _, user_code: __, ...rest } = started
  assert.deepEqual(rest, {
    verification_uri: `${ISSUER}/device`,
    verification_uri_complete: `${ISSUER}/device?user_code=${userCode}`,
    expires_in: 600,
    interval: 5,
  })
  assert.equal(await errorOf(code), '400 authorization_pending')

  const page = await open(alice, userCode)
  assert.equal(page.status, 200)
  for (const words of [
    'Let Telly &amp; Co in on another device?',
    userCode,
    'alice',
    'See your orders &lt;b&gt;',
    '30 days',
  ]) {
    assert.ok(page.html.includes(words), words)
  }
  const done = await alice.follow((await answer(alice, userCode, 'allow', {}, page)).location)
  assert.match(done.html, /The device is let in/)
  clock.advance(5000)
  const tokens = await poll(code)
  assert.equal(tokens.status, 200, tokens.text)
  const claims = claimsOf(String(tokens.body.access_token))
  const userId = (await issuer.auth.users.findByLogin(`alice${people}`))?.id
  assert.deepEqual(
    [claims.sub, claims.client_id, claims.scope, claims.amr],
    [userId, client.id, 'openid offline_access orders:read', ['pwd']],
  )
  assert.ok(tokens.body.id_token)
  const refreshed = await callAs(issuer, client, '/token', {
    grant_type: 'refresh_token',
    refresh_token: String(tokens.body.refresh_token),
  })
  assert.equal(refreshed.status, 200)
  const names = (await issuer.auth.events.list({ userId: userId ?? '', limit: 100 })).map(({ name }) => name)
  for (const name of ['consent.granted', 'device_code.approved', 'session.started'] as const)
    assert.ok(names.includes(name), name)
  const [approved] = await issuer.auth.events.list({ name: 'device_code.approved', limit: 1 })
  assert.equal(approved?.data?.device_address, '198.51.100.44')
  assert.equal(approved.data.device_agent, TELEVISION['user-agent'])
  const applications = await alice.get('/account/applications')
  assert.match(applications.html, /Telly &amp; Co/, 'it can be taken back like any other')
})

test('who only asks for codes writes nothing into the audit log', async () => {
  const newest = async () => (await issuer.auth.events.list({ limit: 1 }))[0]?.id
  const before = await newest()
  for (let count = 0; count < 20; count += 1) await start()
  assert.equal(await newest(), before)
})

test('the page says what the device is, where it asked from and what to compare first, in three languages', async () => {
  const { user_code: userCode } = await start()
  const expected = [
    ['en', ['Television on Linux', '198.51.100.44', 'another network', 'somebody sent you this code']],
    ['de', ['Television auf Linux', '198.51.100.44', 'anderen Netz', 'geschickt']],
    ['ar', ['Television', '198.51.100.44', 'شبكة', 'dir="rtl"']],
  ] as const
  for (const [language, words] of expected) {
    const { html } = await open(alice, userCode, { 'accept-language': language })
    for (const word of words) assert.ok(html.includes(word), `${language}: ${word}`)
  }
  const near = newVisitor(issuer, '198.51.100.9')
  await near.submit('/login', '/login', { username: `alice${people}`, password: PASSWORD })
  assert.doesNotMatch((await open(near, userCode)).html, /another network/)
})

test('C12, C15: what is asked about a device is in no frame, in no cache, and has nothing inline', async () => {
  const page = await open(alice, (await start()).user_code)
  const policy = page.headers.get('content-security-policy') ?? ''
  for (const part of ["frame-ancestors 'none'", "script-src 'self'", "form-action 'self'"]) {
    assert.ok(policy.includes(part), part)
  }
  assert.equal(page.headers.get('cache-control'), 'no-store')
  assert.doesNotMatch(page.html, /<script(?![^>]*src=)|<style|\son\w+=|style=/)
})

test('whoever is not signed in does that first, and the code is not lost on the way', async () => {
  const { user_code: userCode } = await start()
  const visitor = newVisitor(issuer, HOME)
  const away = await open(visitor, userCode)
  assert.equal(away.status, 303)
  const login = await visitor.follow(away.location)
  const page = await visitor.submitFrom(login, '/login', { username: 'bob', password: PASSWORD })
  assert.ok(page.html.includes(userCode), page.html)
  const empty = await visitor.get('/device')
  assert.match(empty.html, /Enter it here/)
  assert.match(empty.html, /<form method="get" action="\/device">/, 'works without a script')
  const loose = await visitor.get(`/device?user_code=${userCode.toLowerCase().replace('-', ' ')}`)
  assert.match(loose.html, /Telly/)
})

test('a no reaches the device at once, and nothing is given away', async () => {
  const { device_code: code, user_code: userCode } = await start()
  const done = await alice.follow((await answer(alice, userCode, 'deny')).location)
  assert.match(done.html, /not let in/)
  assert.equal(await errorOf(code), '400 access_denied')
  assert.equal(await errorOf(code), '400 access_denied')
  assert.equal((await open(alice, userCode)).status, 400, 'nobody can change their mind for another')
})

test('RFC 8628 section 3.5: too soon is told to slow down, for good; after ten minutes it is over', async () => {
  const { device_code: code, user_code: userCode } = await start()
  assert.equal(await errorOf(code), '400 authorization_pending')
  clock.advance(3000)
  assert.equal(await errorOf(code), '400 slow_down')
  clock.advance(5000)
  assert.equal(await errorOf(code), '400 slow_down')
  clock.advance(15_000)
  assert.equal(await errorOf(code), '400 authorization_pending')
  await answer(alice, userCode, 'allow')
  assert.equal((await poll(code)).status, 200, 'who is let in need not wait')

  const late = await start()
  clock.advance(600_000)
  assert.equal(await errorOf(late.device_code), '400 expired_token')
  assert.equal((await open(alice, late.user_code)).status, 400)
})

test('C4: of 8 polls after the yes exactly one gets tokens, and they work', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { device_code: code, user_code: userCode } = await start()
    await answer(alice, userCode, 'allow')
    const answers = await Promise.all(Array.from({ length: 8 }, () => poll(code)))
    const [won, ...more] = answers.filter(({ status }) => status === 200)
    assert.deepEqual([won?.status, more.length], [200, 0])
    for (const { status, body } of answers) assert.ok(status === 200 || body.error === 'invalid_grant')
    const again = await callAs(issuer, client, '/token', {
      grant_type: 'refresh_token',
      refresh_token: String(won?.body.refresh_token),
    })
    assert.equal(again.status, 200, again.text)
  }
})

test('C4: whoever comes with a used code long after ends the session, and is refused', async () => {
  const { device_code: code, user_code: userCode } = await start()
  await answer(alice, userCode, 'allow')
  const { body } = await poll(code)
  clock.advance(20_000)
  assert.equal(await errorOf(code), '400 invalid_grant')
  const refreshed = await callAs(issuer, client, '/token', {
    grant_type: 'refresh_token',
    refresh_token: String(body.refresh_token),
  })
  assert.equal(`${refreshed.status} ${refreshed.body.error}`, '400 invalid_grant')
})

test('a code is good for the client that asked, and no other; unknown ones and other texts are refused', async () => {
  const other = await television()
  const { device_code: code, user_code: userCode } = await start()
  await answer(alice, userCode, 'allow')
  assert.equal(await errorOf(code, other), '400 invalid_grant')
  for (const odd of ['cs_device_x', 'x', code.slice(0, -1), code.replace('cs_device_', ''), userCode]) {
    assert.equal(await errorOf(odd), '400 invalid_grant', odd)
  }
  const missing = await callAs(issuer, client, '/token', { grant_type: GRANT })
  assert.equal(missing.body.error, 'invalid_request')
  assert.equal((await poll(code)).status, 200, 'it is still good')
})

test('who may ask: clients that are registered for it, by their own method; known scopes and our resource', async () => {
  const ask = async (who: TestClient | undefined, form: Record<string, string> = {}) => {
    const { status, body } = await callAs(issuer, who, '/device_authorization', form)
    return `${status} ${body.error ?? 'ok'}`
  }
  const without = await registerClient(issuer, { grants: ['client_credentials'] })
  const secret = await television({ authMethod: 'client_secret_basic' })
  assert.equal(await ask(client), '200 ok')
  assert.equal(await ask(secret), '200 ok')
  assert.equal(await ask(without), '400 unauthorized_client')
  assert.equal(await ask(undefined), '400 unauthorized_client', 'nor the built-in one')
  assert.equal(await ask(undefined, { client_id: secret.id }), '401 invalid_client')
  assert.equal(await ask(undefined, { client_id: 'nobody' }), '401 invalid_client')
  assert.equal(await ask(client, { scope: 'orders:reed' }), '400 invalid_scope')
  assert.equal(await ask(client, { resource: 'https://other.example.com' }), '400 invalid_target')
  assert.equal(await ask(client, { resource: ISSUER }), '200 ok')
  const json = await issuer.call('POST', '/device_authorization', { json: { client_id: client.id } })
  assert.equal(json.status, 415)
})

test('a device gets at most what its client and its person have, and all of that where it names nothing', async () => {
  const scopeOf = async (form: Record<string, string>, more: Record<string, unknown> = {}) => {
    const one = await television(more)
    const { device_code: code, user_code: userCode } = await start(one, form)
    await answer(alice, userCode, 'allow')
    return (await poll(code, one)).body.scope
  }
  assert.equal(await scopeOf({ scope: '' }), 'orders:read')
  assert.equal(await scopeOf({ scope: 'orders:read profile:read admin:users' }), 'orders:read')
  assert.equal(await scopeOf({ scope: 'openid' }, { scopes: ['orders:read'] }), '')
})

test('an answer counts from our own page, in this session, for this device, once', async () => {
  const { device_code: code, user_code: userCode } = await start()
  const page = await open(alice, userCode)
  const bob = await visitorFor('bob')
  const other = await start()
  for (const fields of [
    { request_token: 'x' },
    { user_code: other.user_code },
    { answer: 'maybe' },
    { csrf_token: 'x' },
    { request_token: '' },
  ]) {
    await answer(alice, userCode, 'allow', fields, page)
  }
  await answer(bob, userCode, 'allow', {}, page)
  const hidden = hiddenOf(page)
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  await alice.post('/device/answer', { ...hidden, answer: 'allow' }, foreign)
  const nobody = newVisitor(issuer, HOME)
  await nobody.post('/device/answer', { ...hidden, answer: 'allow' })
  assert.equal(await errorOf(code), '400 authorization_pending', 'none of them counted')

  assert.equal((await answer(alice, userCode, 'allow', {}, page)).status, 303)
  assert.equal((await answer(alice, userCode, 'deny', {}, page)).status, 403)
  assert.equal((await poll(code)).status, 200)
})

test('a new password and a consent that was taken back void what the device was allowed', async () => {
  const carol = await issuer.signUp('carol')
  const visitor = await visitorFor('carol')
  const first = await start()
  await answer(visitor, first.user_code, 'allow')
  await issuer.call('DELETE', `/users/me/consents/${client.id}`, { token: carol.access })
  assert.equal(await errorOf(first.device_code), '400 invalid_grant')
  const second = await start()
  await answer(visitor, second.user_code, 'allow')
  const json = { current_password: PASSWORD, new_password: 'another long sentence' }
  assert.equal((await issuer.call('POST', '/password/change', { token: carol.access, json })).status, 204)
  assert.equal(await errorOf(second.device_code), '400 invalid_grant')
})

test('the account gate stands in front of the tokens too', async () => {
  await issuer.signUp('dora')
  const visitor = await visitorFor('dora')
  const { device_code: code, user_code: userCode } = await start()
  await answer(visitor, userCode, 'allow')
  const id = (await issuer.auth.users.findByLogin('dora'))?.id ?? ''
  await issuer.auth.users.disable(id)
  assert.equal(await errorOf(code), '400 invalid_grant')
})

test('E15: a session older than its second factor lets no device in, and is asked for it first', async () => {
  const app = await alice.get('/account/two-step/app')
  const secret = fromBase32(/secret=([A-Z2-7]+)/.exec(app.html)?.[1] ?? '')
  await alice.submitFrom(app, '/account/two-step/app', { code: codeAt(secret, clock.now()) })
  const { device_code: code, user_code: userCode } = await start()
  const away = await answer(alice, userCode, 'allow')
  assert.equal(away.location, `/login/again?return_to=${encodeURIComponent(`/device?user_code=${userCode}`)}`)
  assert.equal(await errorOf(code), '400 authorization_pending')
  clock.advance(30_000)
  const again = await alice.follow(away.location)
  const page = await alice.submitFrom(again, '/login/again', { code: codeAt(secret, clock.now()) })
  assert.ok(page.html.includes(userCode), page.html)
  assert.match((await alice.follow((await answer(alice, userCode, 'allow')).location)).html, /is let in/)
  assert.equal((await poll(code)).status, 200)
})

test('RFC 8628 section 5.1: whoever guesses codes is stopped after twenty, right ones included; others are not', async () => {
  await issuer.signUp('mallory')
  const mallory = await visitorFor('mallory')
  const { user_code: userCode } = await start()
  for (let guess = 0; guess < 20; guess += 1) {
    const letters = 'BCDFGHJKLMNPQRSTVWXZ'
    const page = await open(mallory, `BBBB-BB${letters[guess % 20]}${letters[(guess + 7) % 20]}`)
    assert.match(page.html, /No device is waiting/)
    assert.equal(page.status, 400)
  }
  assert.equal((await open(mallory, 'not a code')).status, 400, 'what cannot be one is not counted')
  const stopped = await open(mallory, userCode)
  assert.equal(stopped.status, 429)
  assert.ok(Number(stopped.headers.get('retry-after')) > 0)
  assert.doesNotMatch(stopped.html, /Telly/)
  assert.equal((await open(alice, userCode)).status, 200)
  clock.advance(600_000)
  assert.equal((await open(mallory, (await start()).user_code)).status, 200)
})

test('metadata says where; without pages there is none, for nobody could answer', async () => {
  for (const document of ['oauth-authorization-server', 'openid-configuration']) {
    const { body } = await issuer.call('GET', `/.well-known/${document}`)
    assert.equal(body.device_authorization_endpoint, `${ISSUER}/device_authorization`)
    assert.ok((body.grant_types_supported as string[]).includes(GRANT))
  }
  const bare = await startIssuer({ pages: 'off' })
  try {
    const { body } = await bare.call('GET', '/.well-known/oauth-authorization-server')
    assert.equal(body.device_authorization_endpoint, undefined)
    assert.ok(!(body.grant_types_supported as string[]).includes(GRANT))
    const refused = await bare.call('POST', '/device_authorization', { form: { client_id: client.id } })
    assert.equal(refused.body.error, 'unsupported_grant_type')
  } finally {
    await bare.close()
  }
})
