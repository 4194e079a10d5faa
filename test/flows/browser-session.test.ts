import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createAuth } from '../../src/index.ts'
import {
  type Answer,
  type CallOptions,
  handClock,
  ISSUER,
  PASSWORD,
  startIssuer,
  type TestIssuer,
} from './issuer.ts'

const APP = 'https://app.example.com'
let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer({ corsOrigins: [APP] })
})
after(() => issuer.close())

/** A browser on a page of the issuer's own origin. */
interface Browser {
  readonly cookie: string
  readonly csrf: string
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
}

const OWN_PAGE = { 'sec-fetch-site': 'same-origin', origin: ISSUER }

function cookieOf({ headers }: Answer): string {
  return headers.get('set-cookie')?.split(';')[0] ?? ''
}

async function signIn(username: string, headers: Record<string, string> = {}): Promise<Answer> {
  const json = { username, password: PASSWORD }
  return issuer.call('POST', '/session', { json, headers: { ...OWN_PAGE, ...headers } })
}

async function open(username: string): Promise<Browser> {
  await issuer.auth.users.create({ email: `${username}@example.com`, username, password: PASSWORD })
  return browserOf(await signIn(username))
}

function browserOf(answer: Answer): Browser {
  assert.equal(answer.status, 200, answer.text)
  const cookie = cookieOf(answer)
  const csrf = String(answer.body.csrf_token)
  return {
    cookie,
    csrf,
    call: (method, path, { headers, ...more } = {}) =>
      issuer.call(method, path, {
        ...more,
        headers: { ...OWN_PAGE, cookie, 'x-csrf-token': csrf, ...headers },
      }),
  }
}

test('F-2: the cookie has the attributes that keep scripts and sub-domains from it', async () => {
  await open('anna')
  const [plain = '', device = ''] = (await signIn('anna')).headers.getSetCookie()
  assert.match(device, /^countersign-device=[\w.-]+; Max-Age=15552000; Path=\/; HttpOnly; SameSite=Lax$/)
  assert.match(plain, /^countersign=cs_session_[\w-]{86}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax$/)
  const auth = createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    issuer: 'https://auth.example.com',
    secretKey: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
  })
  await auth.migrate()
  await auth.users.create({ email: 'a@example.com', password: PASSWORD })
  const body = JSON.stringify({ username: 'a@example.com', password: PASSWORD })
  const headers = { 'content-type': 'application/json' }
  const answer = await auth.fetch(
    new Request('https://auth.example.com/session', { method: 'POST', body, headers }),
  )
  assert.match(
    answer.headers.getSetCookie()[0] ?? '',
    /^__Host-countersign=cs_session_[\w-]{86}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
  )
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  await auth.close()
})

test('a browser signs in, sees itself, changes something and signs out', async () => {
  const browser = await open('bert')
  const me = await browser.call('GET', '/users/me')
  assert.equal(me.body.username, 'bert')
  const again = await browser.call('GET', '/session')
  assert.equal(again.body.csrf_token, browser.csrf)
  const { user_id, scope, roles } = again.body
  assert.deepEqual([user_id, scope, roles], [me.body.id, 'profile:read', ['user']])
  const sessions = await browser.call('GET', '/users/me/sessions')
  assert.deepEqual(
    (sessions.body.items as { current: boolean }[]).map(({ current }) => current),
    [true],
  )
  const renamed = await browser.call('PATCH', '/users/me', { json: { username: 'bert2' } })
  assert.equal(renamed.status, 200, renamed.text)
  const out = await browser.call('DELETE', '/session')
  assert.equal(out.status, 204)
  assert.match(out.headers.get('set-cookie') ?? '', /^countersign=; Max-Age=0;/)
  assert.equal((await browser.call('GET', '/users/me')).status, 401)
})

test('POST /logout ends it too, and not for a page of another site', async () => {
  const browser = await open('cleo')
  const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  assert.equal((await browser.call('POST', '/logout', { headers: foreign })).status, 403)
  assert.equal((await browser.call('POST', '/logout', { headers: { 'x-csrf-token': 'x' } })).status, 403)
  assert.equal((await browser.call('GET', '/users/me')).status, 200)
  assert.equal((await browser.call('POST', '/logout')).status, 204)
  assert.equal((await browser.call('GET', '/users/me')).status, 401)
  assert.equal((await browser.call('POST', '/logout')).status, 204, 'once more')
})

test('F-1: each sign-in makes a session of its own, and the one the browser had is dead', async () => {
  const planted = await open('mallory')
  await issuer.auth.users.create({ email: 'dora@example.com', username: 'dora', password: PASSWORD })
  const dora = browserOf(await signIn('dora', { cookie: planted.cookie }))
  assert.notEqual(dora.cookie, planted.cookie)
  assert.equal((await dora.call('GET', '/users/me')).body.username, 'dora')
  assert.equal((await planted.call('GET', '/users/me')).status, 401, 'whoever planted it has nothing')
  const next = browserOf(await signIn('dora', { cookie: dora.cookie }))
  assert.notEqual(next.cookie, dora.cookie)
  assert.equal((await dora.call('GET', '/users/me')).status, 401)
  const wrong = await issuer.call('POST', '/session', {
    json: { username: 'dora', password: 'not her password' },
    headers: { ...OWN_PAGE, cookie: next.cookie },
  })
  assert.equal(wrong.status, 401)
  assert.equal(wrong.headers.get('set-cookie'), null)
  assert.equal((await next.call('GET', '/users/me')).status, 200, 'a wrong password ends nothing')
})

test('F-1: a sign-in takes no cookie that the server has not made', async () => {
  await issuer.auth.users.create({ email: 'ella@example.com', username: 'ella', password: PASSWORD })
  const made = `countersign=cs_session_${'A'.repeat(86)}`
  const answer = await signIn('ella', { cookie: made })
  assert.notEqual(cookieOf(answer), made)
  assert.equal((await issuer.call('GET', '/users/me', { headers: { cookie: made } })).status, 401)
})

test('F-4: forms and JSON of other pages, and tokens of other sessions, change nothing', async () => {
  const browser = await open('fred')
  const other = await open('gustav')
  const change = { username: 'owned' }
  const text = JSON.stringify(change)
  const tries: [string, CallOptions, number][] = [
    ['text/plain with JSON inside', { form: text, headers: { 'content-type': 'text/plain' } }, 415],
    ['a form with JSON inside', { form: text }, 415],
    ['no content type', { form: text, headers: { 'content-type': '' } }, 415],
    ['no token', { json: change, headers: { 'x-csrf-token': '' } }, 403],
    ['the token of another session', { json: change, headers: { 'x-csrf-token': other.csrf } }, 403],
    ['the cookie as the token', { json: change, headers: { 'x-csrf-token': browser.cookie } }, 403],
    [
      'another site',
      { json: change, headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } },
      403,
    ],
    ['a sandboxed page', { json: change, headers: { origin: 'null', 'sec-fetch-site': 'cross-site' } }, 403],
  ]
  for (const [name, options, status] of tries) {
    const answer = await browser.call('PATCH', '/users/me', options)
    assert.equal(answer.status, status, `${name}: ${answer.text}`)
  }
  assert.equal((await browser.call('GET', '/users/me')).body.username, 'fred')

  const again = browserOf(await signIn('fred', { cookie: browser.cookie }))
  const stale = await again.call('PATCH', '/users/me', {
    json: change,
    headers: { 'x-csrf-token': browser.csrf },
  })
  assert.equal(stale.status, 403)
  assert.equal(stale.body.code, 'access_denied')
  const fromApp = { origin: APP, 'sec-fetch-site': 'cross-site' }
  const listed = await again.call('PATCH', '/users/me', { json: { username: 'fred2' }, headers: fromApp })
  assert.equal(listed.status, 200, listed.text)
})

test('F-5: a page of another site cannot sign a browser in', async () => {
  await issuer.auth.users.create({ email: 'hugo@example.com', username: 'hugo', password: PASSWORD })
  const form = { username: 'hugo', password: PASSWORD }
  for (const headers of [
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    { origin: 'null' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    const answer = await issuer.call('POST', '/session', { form, headers })
    assert.equal(answer.status, 403)
    assert.equal(answer.headers.get('set-cookie'), null)
  }
  assert.equal((await issuer.call('POST', '/session', { form, headers: OWN_PAGE })).status, 200)
  assert.equal((await issuer.call('POST', '/session', { form })).status, 200, 'no browser')
  const plain = { form: JSON.stringify(form), headers: { ...OWN_PAGE, 'content-type': 'text/plain' } }
  assert.equal((await issuer.call('POST', '/session', plain)).status, 415)
})

test('E6: an unknown name, a wrong password and a closed account start no session, by the same answer', async () => {
  const closed = await issuer.auth.users.create({ email: 'ines@example.com', password: PASSWORD })
  await issuer.auth.users.disable(closed.id)
  await issuer.auth.users.create({ email: 'jo@example.com', password: PASSWORD })
  const answers = []
  for (const [username, password] of [
    ['nobody@example.com', PASSWORD],
    ['jo@example.com', 'not the password'],
    ['ines@example.com', PASSWORD],
  ]) {
    const { status, body, headers } = await issuer.call('POST', '/session', { json: { username, password } })
    answers.push({ status, code: body.code, detail: body.detail, cookie: headers.get('set-cookie') })
  }
  assert.deepEqual(answers[1], answers[0])
  assert.deepEqual(answers[2], answers[0])
  assert.equal(answers[0]?.status, 401)
})

test('E7: wrong passwords are counted together with those of the token endpoint', async () => {
  await issuer.auth.users.create({ email: 'kim@example.com', password: PASSWORD })
  const address = '203.0.113.9'
  let refused = 0
  for (let tried = 0; tried < 8; tried++) {
    const wrong = { username: 'kim@example.com', password: 'not the password' }
    const answer =
      tried % 2 === 0
        ? await issuer.call('POST', '/session', { json: wrong, address })
        : await issuer.call('POST', '/token', { form: { grant_type: 'password', ...wrong }, address })
    if (answer.status === 429) refused += 1
  }
  assert.equal(refused, 3)
})

test('F-9: a cookie beside another credential, twice, cut, or of another application is refused', async () => {
  const browser = await open('lena')
  const { access } = await issuer.signUp('lena2')
  const get = (headers: Record<string, string>) => issuer.call('GET', '/users/me', { headers })
  const { cookie } = browser
  for (const headers of [
    { cookie, authorization: `Bearer ${access}` },
    { cookie, 'x-api-key': 'cs_key_x' },
    { cookie: `${cookie}; ${cookie}` },
    { cookie: `${cookie}, ${cookie}` },
    { cookie: cookie.slice(0, -1) },
    { cookie: `${cookie}A` },
    { cookie: cookie.toUpperCase() },
    { cookie: `x${cookie}` },
    { cookie: 'countersign=s%3Aabc.def' },
    { cookie: 'countersign=' },
    { cookie: 'connect.sid=countersign' },
    { authorization: `Bearer ${cookie.slice('countersign='.length)}` },
  ]) {
    assert.equal((await get(headers)).status, 401, Object.keys(headers).join())
  }
  assert.equal((await get({ cookie: `theme=dark; ${cookie}; lang="de"` })).status, 200)
  const access2 = await issuer.call('GET', '/session', { token: access })
  assert.equal(access2.status, 403, 'a token is no cookie')
})

test('B7: whatever ends a session is felt by its cookie at the next request; roles are those of now', async () => {
  const endings: Record<string, (id: string, sessionId: string) => Promise<unknown>> = {
    ended: (id, sessionId) => issuer.auth.sessions.end(id, sessionId),
    everywhere: (id) => issuer.auth.sessions.endAll(id),
    password: (id) => issuer.auth.users.setPassword(id, 'another long sentence'),
    disabled: (id) => issuer.auth.users.disable(id),
    removed: (id) => issuer.auth.users.remove(id),
  }
  for (const [name, end] of Object.entries(endings)) {
    const browser = await open(`m-${name}`)
    const me = await browser.call('GET', '/users/me')
    const [session] = await issuer.auth.sessions.list(String(me.body.id))
    await end(String(me.body.id), session?.id ?? '')
    assert.equal((await browser.call('GET', '/users/me')).status, 401, name)
  }
  const browser = await open('nora')
  assert.equal((await browser.call('GET', '/admin/dashboard')).status, 403)
  const { id } = (await browser.call('GET', '/users/me')).body
  await issuer.auth.users.setRoles(String(id), ['user', 'admin'])
  const admin = browserOf(await signIn('nora'))
  assert.equal((await admin.call('GET', '/admin/dashboard')).status, 200)
  await issuer.auth.users.setRoles(String(id), ['user'])
  assert.equal((await admin.call('GET', '/admin/dashboard')).status, 403)
  assert.equal((await admin.call('GET', '/users/me')).status, 200)
})

test('B12: the place that is shown of a browser session is that of its last use', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const own = await startIssuer({ trustedProxies: 1 })
  const { id } = await own.auth.users.create({
    email: 'olga@example.com',
    username: 'olga',
    password: PASSWORD,
  })
  const json = { username: 'olga', password: PASSWORD }
  const from = (address: string, agent: string) => ({ 'x-forwarded-for': address, 'user-agent': agent })
  const headers = { ...OWN_PAGE, ...from('192.0.2.1', 'Desk/1') }
  const cookie = cookieOf(await own.call('POST', '/session', { json, headers }))
  const placeOf = async () => {
    const [session] = await own.auth.sessions.list(id)
    return [session?.address, session?.agent]
  }
  assert.deepEqual(await placeOf(), ['192.0.2.1', 'Desk/1'])
  const elsewhere = { cookie, ...from('198.51.100.7', 'Somebody else/1') }
  assert.equal((await own.call('GET', '/users/me', { headers: elsewhere })).status, 200)
  // Uses are written down once a minute.
  t.mock.timers.tick(60_000)
  await own.auth.events.record({ data: { written: 'behind it' } })
  assert.deepEqual(await placeOf(), ['198.51.100.7', 'Somebody else/1'])
  await own.close()
})

test('F-3: idle and absolute limits, shorter for administrators; each use moves the idle limit on', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  for (const { roles, idle, life } of [
    { roles: ['user'], idle: 30, life: 12 * 60 },
    { roles: ['user', 'admin'], idle: 15, life: 8 * 60 },
  ]) {
    const clock = handClock()
    // By hand hours pass in no time; how fresh the revocations are is not what is tried here.
    const auth = createAuth({
      logLevel: 'silent',
      databaseUrl: 'sqlite::memory:',
      issuer: ISSUER,
      clock,
      staleness: 'relaxed',
    })
    await auth.ready()
    await auth.users.create({ email: 'o@example.com', password: PASSWORD, roles })
    const startSession = async () => {
      const body = JSON.stringify({ username: 'o@example.com', password: PASSWORD })
      const headers = { 'content-type': 'application/json' }
      const answer = await auth.fetch(new Request(`${ISSUER}/session`, { method: 'POST', body, headers }))
      return answer.headers.get('set-cookie')?.split(';')[0] ?? ''
    }
    const isGood = async (cookie: string) => {
      const request = new Request(`${ISSUER}/x`, { headers: { cookie } })
      return (await auth.check(request, auth.signedIn)).ok
    }
    const minute = 60_000
    const left = await startSession()
    clock.advance(idle * minute - 1)
    assert.equal(await isGood(left), true)
    clock.advance(idle * minute)
    assert.equal(await isGood(left), false, 'left alone')

    const busy = await startSession()
    for (let passed = 0; passed + 10 < life; passed += 10) {
      clock.advance(10 * minute)
      assert.equal(await isGood(busy), true, `${passed + 10} minutes`)
      // Uses are written down once a minute.
      t.mock.timers.tick(minute)
      await auth.events.record({ data: { written: 'behind it' } })
    }
    clock.advance(10 * minute)
    assert.equal(await isGood(busy), false, 'used all day')
    await auth.close()
  }
})

test('what a handler does to its principal is nothing to the next request', async () => {
  const { cookie } = await open('lastly')
  const { auth } = issuer
  const request = new Request(`${ISSUER}/x`, { headers: { cookie } })
  const check = async () => {
    const checked = await auth.check(request, auth.signedIn)
    assert.ok(checked.ok)
    return checked.principal
  }
  const principal = await check()
  assert.throws(() => (principal.amr as string[]).push('mfa'), TypeError)
  assert.deepEqual((await check()).amr, ['pwd'])
})
