import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import { pageRoutes } from '../../src/endpoints/pages/routes.ts'
import { Access } from '../../src/model/access.ts'
import { ELSEWHERE } from './elsewhere.ts'
import { PASSWORD, startIssuer, type TestIssuer } from './issuer.ts'
import { FROM_OWN_PAGE, newVisitor, type VisitedPage, type Visitor } from './page-visitor.ts'

let issuer: TestIssuer
before(async () => {
  // A busy machine may keep the process from looking at the revocations in time; that is not what is tried here.
  const profile = z.object({ name: z.string().optional() })
  issuer = await startIssuer({ profile })
  await issuer.auth.users.create({ email: 'alice@example.com', username: 'alice', password: PASSWORD })
})
after(() => issuer.close())

const SESSION = 'countersign'
const RIGHT = { username: 'alice', password: PASSWORD }

const pages = pageRoutes.filter(({ method, path }) => method === 'GET' && !path.includes('{'))
// A provider’s answer by a form comes from its site, and is only led on.
const forms = pageRoutes.filter(({ method, form }) => method === 'POST' && form !== undefined)
const pathOf = (path: string) => path.replace(/\{\w+\}/g, crypto.randomUUID())
const isOpen = (route: (typeof pageRoutes)[number]) => Access.requirementOf(route.access) === undefined

async function signedIn(): Promise<Visitor> {
  const visitor = newVisitor(issuer)
  await visitor.submit('/login', '/login', RIGHT)
  assert.ok(visitor.cookies.has(SESSION))
  return visitor
}

function assertPolicy({ headers, html }: VisitedPage, told: string): void {
  const policy = headers.get('content-security-policy')?.split('; ') ?? []
  for (const directive of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "form-action 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]) {
    assert.ok(policy.includes(directive), `${told}: ${directive}`)
  }
  assert.equal(headers.get('cache-control'), 'no-store', told)
  assert.equal(headers.get('referrer-policy'), 'no-referrer', told)
  assert.equal(headers.get('x-content-type-options'), 'nosniff', told)
  assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]* src=)/i, told)
  assert.doesNotMatch(html, /(?:src|href|action)="(?:https?:)?\/\//, `${told}: nothing from elsewhere`)
  assert.ok(Buffer.byteLength(html) < 20_000, `${told}: ${Buffer.byteLength(html)} bytes`)
}

test('C12: every page, for whoever comes, is its own: nothing inline, nothing from elsewhere, no frame, no cache, under 20 kB', async () => {
  for (const visitor of [newVisitor(issuer), await signedIn()]) {
    for (const { path } of pages) {
      const page = await visitor.get(path)
      if (page.status === 303) continue
      assert.equal(page.status, 200, path)
      assertPolicy(page, path)
    }
    const missing = await visitor.get('/nothing')
    assert.equal(missing.status, 404)
    assertPolicy(missing, 'a page that is not there')
  }
})

test('programs are answered as programs, also where there is nothing', async () => {
  const answer = await issuer.call('GET', '/nothing', { headers: { accept: 'application/json' } })
  assert.equal(answer.headers.get('content-type'), 'application/problem+json')
  assert.equal(answer.body.code, 'not_found')
})

test('C11: whoever is not signed in is led to the sign-in and back again, by 303', async () => {
  for (const { path, method, form, access } of pageRoutes) {
    if (Access.requirementOf(access) === undefined) continue
    const visitor = newVisitor(issuer)
    const address = pathOf(path)
    const answer = method === 'GET' ? await visitor.get(address) : await visitor.post(address, {})
    assert.equal(answer.status, 303, address)
    const back = new URLSearchParams({ return_to: form?.page ?? address })
    assert.equal(answer.location, `/login?${back}`)
    const login = await visitor.get(answer.location ?? '')
    assert.match(login.html, /Sign in to continue/)
  }
})

test('F-4, F-5: no form is taken without its token, with that of somebody else, or from a page of another site', async () => {
  const other = newVisitor(issuer)
  const foreign = (await other.get('/login')).hidden.csrf_token ?? ''
  for (const route of forms) {
    const isForGuests = isOpen(route) && route.form?.page !== '/logout'
    const visitor = isForGuests ? newVisitor(issuer) : await signedIn()
    const page = await visitor.get(route.form?.page ?? '')
    const own = page.hidden.csrf_token ?? ''
    const path = pathOf(route.path)
    const [newest] = await issuer.auth.events.list({ limit: 1 })
    for (const [fields, headers] of [
      [{}, FROM_OWN_PAGE],
      [{ csrf_token: '' }, FROM_OWN_PAGE],
      [{ csrf_token: foreign }, FROM_OWN_PAGE],
      [{ csrf_token: `${own.slice(0, -1)}` }, FROM_OWN_PAGE],
      [{ csrf_token: own }, { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
      [{ csrf_token: own }, { 'sec-fetch-site': 'same-site', origin: 'https://evil.example' }],
      [{ csrf_token: own }, { origin: 'null' }],
      [{ csrf_token: own }, { origin: 'http://127.0.0.1:8001' }],
    ] as const) {
      const before = new Map(visitor.cookies)
      const answer = await visitor.post(
        path,
        { ...RIGHT, email: 'eve@example.com', 'new-password': PASSWORD, ...fields },
        headers,
      )
      const told = `${path} ${JSON.stringify(headers)} ${Object.keys(fields)}: ${answer.status} ${answer.location}`
      assert.ok([303, 403].includes(answer.status), told)
      assert.equal(visitor.cookies.get(SESSION), before.get(SESSION), told)
      if (answer.status === 303) {
        assert.match((await visitor.follow(answer.location)).html, /open for too long/, told)
      }
    }
    const [now] = await issuer.auth.events.list({ limit: 1 })
    assert.equal(now?.id, newest?.id, `${path} changed something`)
  }
})

test('F-5: a cookie that another site could have set is worth nothing without a page of ours', async () => {
  const visitor = newVisitor(issuer)
  const { hidden } = await visitor.get('/login')
  const thief = newVisitor(issuer)
  for (const [name, value] of visitor.cookies) thief.cookies.set(name, value)
  const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  const answer = await thief.post('/login', { ...hidden, ...RIGHT }, headers)
  assert.equal(answer.status, 403)
  assert.match(answer.html, /came from another site/)
})

test('sign in, look, sign out; the session is a new one and ends', async () => {
  const visitor = newVisitor(issuer)
  const login = await visitor.get('/login')
  assert.match(login.html, /<title>Sign in · Countersign<\/title>/)
  assert.match(login.html, /name="username"[^>]*autocomplete="username webauthn"/)
  assert.match(login.html, /name="password" type="password" autocomplete="current-password"/)
  const sent = await visitor.post('/login', { ...login.hidden, ...RIGHT })
  assert.equal(sent.status, 303)
  assert.equal(sent.location, '/account')
  const cookie = `${SESSION}=${visitor.cookies.get(SESSION)}`
  assert.equal((await issuer.call('GET', '/users/me', { headers: { cookie } })).status, 200)
  assert.equal((await visitor.get('/login')).location, '/account', 'who is signed in is led on')

  const asks = await visitor.get('/logout')
  assert.match(asks.html, /You are signed in as alice/)
  assert.equal(
    (await issuer.call('GET', '/users/me', { headers: { cookie } })).status,
    200,
    'a link ends nothing',
  )
  const out = await visitor.post('/logout/form', asks.hidden)
  assert.equal(out.location, '/login')
  assert.match((await visitor.get('/login')).html, /You are signed out/)
  assert.doesNotMatch((await visitor.get('/login')).html, /You are signed out/, 'said once')
  assert.equal((await issuer.call('GET', '/users/me', { headers: { cookie } })).status, 401)
  assert.equal((await visitor.post('/logout/form', asks.hidden)).status, 303, 'twice is harmless')
})

test('a wrong password brings the form back with the name and never the password, the error first', async () => {
  const visitor = newVisitor(issuer)
  const secret = 'hunter2 hunter2'
  const { hidden } = await visitor.get('/login?return_to=/orders')
  const sent = await visitor.post('/login', { ...hidden, username: '"><b>alice', password: secret })
  assert.equal(sent.location, '/login?return_to=%2Forders')
  const note = sent.headers.getSetCookie().join()
  assert.ok(!note.includes('alice') && !note.includes(secret), 'nothing in the clear')
  const page = await visitor.get(sent.location ?? '')
  assertPolicy(page, 'the page with an error')
  assert.match(page.html, /<title>Error: Sign in/)
  assert.match(page.html, /value="&quot;&gt;&lt;b&gt;alice"/)
  assert.match(page.html, /The name or the password is wrong/)
  assert.match(page.html, /role="alert" tabindex="-1" autofocus/)
  assert.match(page.html, /Reference: [0-9a-f]{24}/)
  assert.ok(!page.html.includes(secret))
  const again = await visitor.post('/login', { ...page.hidden, ...RIGHT })
  assert.equal(again.location, '/orders')
})

test('E6: an unknown name, a wrong password and a closed account come to the same page', async () => {
  const closed = await issuer.auth.users.create({ email: 'ines@example.com', password: PASSWORD })
  await issuer.auth.users.disable(closed.id)
  const seen = []
  for (const [username, password] of [
    ['nobody@example.com', PASSWORD],
    ['alice@example.com', 'not the password'],
    ['ines@example.com', PASSWORD],
  ] as const) {
    const visitor = newVisitor(issuer)
    const { hidden } = await visitor.get('/login')
    const sent = await visitor.post('/login', { ...hidden, username, password })
    const page = await visitor.get(sent.location ?? '')
    const html = page.html
      .replaceAll(username, 'NAME')
      .replace(/[0-9a-f]{24}/g, 'REFERENCE')
      .replaceAll(/value="[\w-]{43}"/g, '')
    seen.push({ status: sent.status, location: sent.location, cookies: [...visitor.cookies.keys()], html })
  }
  assert.deepEqual(seen[1], seen[0])
  assert.deepEqual(seen[2], seen[0])
})

test('E7: the form counts together with the token endpoint, and says how long to wait', async () => {
  await issuer.auth.users.create({ email: 'kim@example.com', password: PASSWORD })
  const address = '203.0.113.77'
  const visitor = newVisitor(issuer, address)
  const wrong = { username: 'kim@example.com', password: 'not the password' }
  for (let tried = 0; tried < 4; tried++) {
    const answer = await issuer.call('POST', '/token', {
      form: { grant_type: 'password', ...wrong },
      address,
    })
    assert.equal(answer.status, 400)
  }
  assert.match((await visitor.submit('/login', '/login', wrong)).html, /name or the password is wrong/)
  assert.match(
    (await visitor.submit('/login', '/login', wrong)).html,
    /Too many tries\. Wait \d+ seconds?, then/,
  )
  const right = await visitor.submit('/login', '/login', { ...wrong, password: PASSWORD })
  assert.match(right.html, /Too many tries/)
  assert.equal(visitor.cookies.has(SESSION), false)
})

test('D6: of 38 ways to another place none is followed after a sign-in, nor kept on a page', async () => {
  // What is no text a browser cannot send.
  for (const target of ELSEWHERE.filter((text) => text.isWellFormed())) {
    const visitor = newVisitor(issuer)
    const page = await visitor.get(`/login?return_to=${encodeURIComponent(target)}`)
    assert.ok(!/evil|javascript:/.test(page.html), JSON.stringify(target))
    const sent = await visitor.post('/login', { ...page.hidden, ...RIGHT, return_to: target })
    assert.equal(sent.location, '/account', JSON.stringify(target))
  }
})

test('a new account: made, signed in, and led on; taken and bad ones come back with the reasons', async () => {
  const visitor = newVisitor(issuer)
  const { hidden } = await visitor.get('/register?return_to=/orders')
  const good = { email: 'bo@example.com', username: 'bo-2', 'new-password': PASSWORD }
  const sent = await visitor.post('/register/form', {
    ...hidden,
    ...good,
    roles: 'admin',
    emailVerified: 'true',
  })
  assert.equal(sent.location, '/orders')
  const me = await issuer.call('GET', '/users/me', {
    headers: { cookie: `${SESSION}=${visitor.cookies.get(SESSION)}` },
  })
  assert.equal(me.body.username, 'bo-2')
  assert.deepEqual(me.body.roles, ['user'], 'G-10')
  assert.equal(me.body.email_verified, false, 'G-10')

  const other = newVisitor(issuer)
  const taken = await other.submit('/register', '/register/form', good)
  assert.match(taken.html, /There is an account with this address/)
  assert.match(taken.html, /href="#field-email"/)
  assert.match(taken.html, /aria-invalid="true" aria-describedby="field-email-problem"/)
  assert.match(taken.html, /value="bo@example.com"/)
  const weak = await other.submit('/register', '/register/form', {
    ...good,
    email: 'cy@example.com',
    'new-password': 'password1',
  })
  assert.match(weak.html, /among the first that an attacker tries/)
  assert.doesNotMatch(weak.html, /password1/)
  const empty = await other.submit('/register', '/register/form', {})
  assert.equal(empty.html.match(/class="problem"/g)?.length, 2)
})

test('closed registration says so, and takes nothing', async () => {
  const closed = await startIssuer({ registration: 'closed' })
  const visitor = newVisitor(closed)
  assert.match((await visitor.get('/register')).html, /Registration is closed/)
  assert.doesNotMatch((await visitor.get('/login')).html, /href="\/register"/)
  const { hidden } = await visitor.get('/login')
  await visitor.post('/register/form', { ...hidden, email: 'x@example.com', 'new-password': PASSWORD })
  assert.equal((await closed.auth.users.list({ limit: 10 })).length, 0)
  await closed.close()
})

test('German and Arabic pages say so, keep the choice, and refuse in their language', async () => {
  const visitor = newVisitor(issuer)
  const german = await visitor.get('/login', { 'accept-language': 'de-CH,de;q=0.9' })
  assert.match(german.html, /<html lang="de" dir="ltr">/)
  assert.equal(german.headers.get('content-language'), 'de')
  assert.match(german.html, />Anmelden<\/button>/)
  const arabic = await visitor.get('/login?ui_locales=ar')
  assert.match(arabic.html, /<html lang="ar" dir="rtl">/)
  const kept = await visitor.submit('/login', '/login', { ...RIGHT, password: 'no' })
  assert.match(kept.html, /<title>خطأ: /)
  assert.match(kept.html, /غير صحيحة/)
  const strange = await newVisitor(issuer).get('/login?ui_locales=%00%3Cscript%3E', {
    'accept-language': '<script>',
  })
  assert.match(strange.html, /<html lang="en" dir="ltr">/)
})

test('files are named by what is in them and kept for good; a name that was never one of ours is 404', async () => {
  const { html } = await newVisitor(issuer).get('/login')
  const named = [...html.matchAll(/(?:src|href)="(\/pages\/[^"]+)"/g)].map(([, path = '']) => path)
  assert.equal(named.length, 3)
  for (const path of named) {
    const file = await newVisitor(issuer).get(path)
    assert.equal(file.status, 200, path)
    assert.equal(file.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    assert.equal(file.headers.get('set-cookie'), null)
    const older = await newVisitor(issuer).get(path.replace(/-[\w-]{8}\./, '-00000000.'))
    assert.equal(older.status, 200, 'a page of another version of us finds a style')
    assert.equal(older.headers.get('cache-control'), 'no-store')
  }
  for (const name of [
    'style.css',
    'style-00000000.js',
    '..%2fpackage.json',
    '__proto__',
    'constructor',
    '%',
    '',
  ]) {
    assert.equal((await newVisitor(issuer).get(`/pages/${name}`)).status, 404, name)
  }
})

test('the brand: its name is text, its colour is in the style, its name is in no password', async () => {
  const branded = await startIssuer({
    brandName: '<Corner> & "Shop"',
    brandColour: '#ff6600',
  })
  const visitor = newVisitor(branded)
  const { html, headers } = await visitor.get('/login')
  assertPolicy({ html, headers } as VisitedPage, 'branded')
  assert.match(html, /&lt;Corner&gt; &amp; &quot;Shop&quot;/)
  const style = await visitor.get(html.match(/"(\/pages\/style-[^"]+)"/)?.[1] ?? '')
  assert.match(style.html, /--accent:#ff6600/)
  await branded.close()
})

test("where pages are off there are none, and their paths are the application's", async () => {
  const bare = await startIssuer({ pages: 'off' })
  for (const path of ['/login', '/account', '/pages/x']) {
    assert.equal((await bare.call('GET', path, { headers: { accept: 'text/html' } })).status, 404)
    assert.equal(bare.auth.handles(path), false)
  }
  assert.equal(bare.auth.handles('/register'), true, 'the endpoint of the API')
  await bare.close()
})

test('F-10: an error page tells whoever builds the application the cause and what to do, in development only', async () => {
  const asked = '/authorize?client_id=nobody&redirect_uri=https://app.example.com/cb&response_type=code'
  const page = await newVisitor(issuer).get(asked)
  assert.ok(page.status >= 400)
  assert.match(page.html, /CLIENT_UNKNOWN<\/b>.*This is shown in development only/s)
  const unclear = await newVisitor(issuer).get('/authorize?client_id=nobody')
  assert.match(unclear.html, /The details name the parameter.*<p class="mono">parameter: redirect_uri<\/p>/s)
  const origin = 'https://auth.example.com'
  const served = await startIssuer({ issuer: origin })
  const plain = await newVisitor(served, undefined, origin).get(asked)
  assert.equal(plain.status, page.status)
  assert.doesNotMatch(plain.html, /CLIENT_UNKNOWN|in development/)
  await served.close()
})
