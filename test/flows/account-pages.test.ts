import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import { sqlite } from '../../src/index.ts'
import { type Answer, PASSWORD, startIssuer, type TestIssuer, tokensOf } from './issuer.ts'
import { newVisitor, type Visitor } from './page-visitor.ts'

const NEXT = 'a longer sentence of mine'
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'

const store = sqlite(':memory:')
let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer({
    store,
    profile: z.object({
      name: z.string().max(80).meta({ title: 'Your name' }),
      age: z.int().min(0).optional(),
      news: z.boolean().optional(),
      plan: z.enum(['small', 'large']).optional(),
      tags: z.array(z.string()).optional(),
      credit: z.number().optional().meta({ readOnly: true }),
    }),
  })
})
after(() => issuer.close())

async function signIn(username: string, password = PASSWORD): Promise<Visitor> {
  const visitor = newVisitor(issuer)
  const page = await visitor.submit('/login', '/login', { username, password })
  assert.match(page.html, /Your account/)
  return visitor
}

async function newAccount(username: string, more: object = {}): Promise<string> {
  const email = `${username}@example.com`
  const user = await issuer.auth.users.create({
    email,
    username,
    password: PASSWORD,
    profile: { name: username },
    ...more,
  })
  return user.id
}

const isSignedIn = async (visitor: Visitor) => (await visitor.get('/account')).status === 200

test('the password is changed by whoever knows the current one, and all other devices are out', async () => {
  await newAccount('alice')
  const [here, there] = [await signIn('alice'), await signIn('alice')]
  const wrong = await here.submit('/account/password', '/account/password', {
    password: 'not the password',
    'new-password': NEXT,
  })
  assert.match(wrong.html, /This is not your current password/)
  assert.match(wrong.html, /id="field-password"[^>]*aria-invalid="true"/)
  const weak = await here.submit('/account/password', '/account/password', {
    password: PASSWORD,
    'new-password': 'alice@example.com',
  })
  assert.match(weak.html, /Leave out your user name and your mail address/)
  assert.match(weak.html, /id="field-new-password"[^>]*aria-invalid="true"/)
  assert.equal(await isSignedIn(there), true)

  const done = await here.submit('/account/password', '/account/password', {
    password: PASSWORD,
    'new-password': NEXT,
  })
  assert.match(done.html, /Your password is changed/)
  assert.equal(await isSignedIn(here), true)
  assert.equal(await isSignedIn(there), false)
  await signIn('alice', NEXT)
})

test('E7: the current password cannot be guessed at with a stolen session', async () => {
  await newAccount('bert')
  const thief = newVisitor(issuer, '203.0.113.5')
  await thief.submit('/login', '/login', { username: 'bert', password: PASSWORD })
  for (let tried = 0; tried < 8; tried++) {
    await thief.submit('/account/password', '/account/password', {
      password: `guess ${tried}`,
      'new-password': NEXT,
    })
  }
  const fields = { password: PASSWORD, 'new-password': NEXT }
  assert.match((await thief.submit('/account/password', '/account/password', fields)).html, /Too many tries/)
})

test('B12: sessions are shown with device and place, and ended one by one or all others at once', async () => {
  const userId = await newAccount('carl')
  for (const address of ['198.51.100.7', '198.51.100.8', '198.51.100.9']) {
    await issuer.auth.sessions.start({ userId, amr: ['pwd'], origin: { address, agent: FIREFOX } })
  }
  const visitor = await signIn('carl')
  const list = await visitor.get('/account/sessions')
  assert.equal(list.html.match(/Firefox on Windows<\/b>/g)?.length, 3)
  assert.match(list.html, /198\.51\.100\.7/)
  assert.equal(list.html.match(/This device/g)?.length, 1)
  const ends = [...list.html.matchAll(/action="(\/account\/sessions\/[^"]+\/end)"/g)].map(
    ([, path = '']) => path,
  )
  assert.equal(ends.length, 3)
  const [first = ''] = ends
  const ended = await visitor.submit('/account/sessions', first, {})
  assert.match(ended.html, /The session is ended/)
  assert.equal(ended.html.match(/Firefox on Windows<\/b>/g)?.length, 2)
  assert.match((await visitor.submit('/account/sessions', first, {})).html, /had ended already/)
  const others = await visitor.submit('/account/sessions', '/account/sessions/end-others', {})
  assert.match(others.html, /2 other sessions are ended/)
  assert.equal((await issuer.auth.sessions.list(userId)).length, 1)
})

test('on the account pages nobody ends the session, or revokes the key, of somebody else', async () => {
  const userId = await newAccount('dora')
  await issuer.auth.sessions.start({ userId, amr: ['pwd'] })
  const [session] = await issuer.auth.sessions.list(userId)
  const { apiKey } = await issuer.auth.apiKeys.create({ userId, name: 'x' })
  await newAccount('eve')
  const eve = await signIn('eve')
  const end = await eve.submit('/account/sessions', `/account/sessions/${session?.id}/end`, {})
  assert.match(end.html, /had ended already/)
  const revoke = await eve.submit('/account/api-keys', `/account/api-keys/${apiKey.id}/revoke`, {})
  assert.match(revoke.html, /was revoked already/)
  assert.equal((await issuer.auth.sessions.list(userId)).length, 1)
  assert.equal((await issuer.auth.apiKeys.list(userId)).length, 1)
})

test('F-7: an API key is shown once, works, and is revoked', async () => {
  await newAccount('fred')
  const visitor = await signIn('fred')
  const path = '/account/api-keys'
  const { hidden } = await visitor.get(path)
  const fields = { name: '<b>nightly</b>', days: '30', 'scope:profile:read': 'on' }
  const sent = await visitor.post(path, { ...hidden, ...fields })
  assert.equal(sent.status, 303)
  assert.ok(!sent.headers.getSetCookie().join().includes('cs_key_'), 'encrypted on its way to the page')
  const made = await visitor.get(sent.location ?? '')
  const key = made.html.match(/<code>(cs_key_[^<]+)<\/code>/)?.[1] ?? ''
  assert.match(made.html, /“&lt;b&gt;nightly&lt;\/b&gt;” is ready/)
  assert.equal((await issuer.call('GET', '/users/me', { token: key })).status, 200)
  assert.ok(!(await visitor.get(path)).html.includes('cs_key_'), 'once')
  const revokes =
    (await visitor.get(path)).html.match(/action="(\/account\/api-keys\/[^"]+\/revoke)"/)?.[1] ?? ''
  assert.match((await visitor.submit(path, revokes, {})).html, /The key is revoked/)
  assert.equal((await issuer.call('GET', '/users/me', { token: key })).status, 401)
})

test('a key without a name, for ever, or with more than one may is refused with what was typed', async () => {
  const id = await newAccount('gina')
  const visitor = await signIn('gina')
  const path = '/account/api-keys'
  const good = { name: 'x', days: '30', 'scope:profile:read': 'on' }
  for (const [fields, told] of [
    [{ ...good, name: '' }, /Fill this in/],
    [{ ...good, name: 'x'.repeat(101) }, /At most 100 characters/],
    [{ ...good, days: '99999' }, /At most 4 characters/],
    [{ ...good, days: '3650' }, /Check what is marked/],
    [{ name: 'kept', days: '7' }, /Choose at least one/],
    [{ ...good, 'scope:nobody:declared': 'on' }, /There is a problem/],
  ] as const) {
    const page = await visitor.submit(path, path, fields)
    assert.match(page.html, told)
    if (fields.name === 'kept') assert.match(page.html, /value="kept".*<option value="7" selected>/s)
  }
  const page = await visitor.get(path)
  const more = await visitor.post(path, { ...page.hidden, ...good, 'scope:admin:users': 'on' })
  assert.equal(more.status, 403, 'never more than the roles hold')
  assert.deepEqual(await issuer.auth.apiKeys.list(id), [])
  assert.match((await visitor.submit(path, path, good)).html, /is ready/)
})

test('the user name is changed, and a taken one comes back', async () => {
  await newAccount('hugo')
  await newAccount('taken')
  const visitor = await signIn('hugo')
  const taken = await visitor.submit('/account/username', '/account/username', { username: 'TAKEN' })
  assert.match(taken.html, /This is taken/)
  assert.match(taken.html, /value="TAKEN"/)
  const done = await visitor.submit('/account/username', '/account/username', { username: 'hugo-2' })
  assert.match(done.html, /Your user name is changed/)
  assert.match(done.html, /<bdi>hugo-2<\/bdi>/)
})

test('G-10: of the profile a form changes what it shows, and nothing else', async () => {
  const profile = { name: 'Ida', age: 7, tags: ['kept'], credit: 5 }
  const id = await newAccount('ida', { profile })
  const visitor = await signIn('ida')
  const page = await visitor.get('/account/profile')
  assert.match(page.html, />Your name<\/label>/)
  assert.match(page.html, /name="profile\.name"[^>]*value="Ida"/)
  assert.doesNotMatch(page.html, /profile\.(credit|tags)/)
  const fields = {
    'profile.name': '  Ida "B" ',
    'profile.age': '',
    'profile.news': 'on',
    'profile.plan': 'large',
    'profile.credit': '99999',
    'profile.tags': 'x',
    'profile.__proto__': 'x',
    roles: 'admin',
    id: 'x',
  }
  const done = await visitor.submit('/account/profile', '/account/profile', fields)
  assert.match(done.html, /Saved/)
  const user = await issuer.auth.users.find(id)
  const expected = { name: '  Ida "B" ', news: true, plan: 'large', tags: ['kept'], credit: 5 }
  assert.deepEqual({ ...user?.profile }, expected)
  assert.deepEqual(user?.roles, ['user'])
  const bad = await visitor.submit('/account/profile', '/account/profile', {
    'profile.name': 'x',
    'profile.age': '-1',
  })
  assert.match(bad.html, /href="#field-profile\.age">Age: /)
  assert.match(bad.html, /name="profile\.age"[^>]*value="-1"/)
  assert.deepEqual({ ...(await issuer.auth.users.find(id))?.profile }, expected)
})

test('whoever registers on the page is asked for what no profile is without, and for nothing else of it', async () => {
  const visitor = newVisitor(issuer)
  const page = await visitor.get('/register')
  assert.match(page.html, />Your name<\/label>/)
  assert.doesNotMatch(page.html, /profile\.(age|news|plan|tags|credit)/)
  const fields = { email: 'olga@example.com', 'new-password': NEXT, 'profile.credit': '9' }
  const empty = await visitor.submitFrom(page, '/register/form', { email: 'olga@example.com' })
  assert.match(empty.html, /href="#field-new-password">New password: Fill this in\./)
  assert.match(
    empty.html,
    /href="#field-profile\.name">Your name: Fill this in\./,
    'all at once, each by its name',
  )
  const bad = await visitor.submitFrom(page, '/register/form', { ...fields, 'profile.name': 'x'.repeat(81) })
  assert.match(bad.html, /href="#field-profile\.name"/)
  assert.match(bad.html, /name="profile\.name"[^>]*value="xxx/)
  const done = await visitor.submitFrom(bad, '/register/form', { ...fields, 'profile.name': 'Olga' })
  assert.match(done.html, /Your account/)
  const user = await issuer.auth.users.findByLogin('olga@example.com')
  assert.deepEqual({ ...user?.profile }, { name: 'Olga' })
})

test('G-10: what the schema calls readOnly is set neither over HTTP nor at registration, and comes along as it is', async () => {
  const id = await newAccount('ines', { profile: { name: 'Ines', credit: 5 } })
  const { access } = tokensOf(await issuer.signIn('ines'))
  const change = (profile: object) => issuer.call('PATCH', '/users/me', { json: { profile }, token: access })
  for (const profile of [
    { name: 'Ines', credit: 6 },
    { name: 'Ines', credit: '5' },
    { name: 'Ines', credit: null },
  ]) {
    const refused = await change(profile)
    assert.deepEqual([refused.status, fieldsIn(refused)], [400, ['profile.credit']])
  }
  assert.equal((await change({ name: 'Inés', credit: 5 })).status, 200)
  assert.equal((await change({ name: 'I.' })).status, 200)
  assert.deepEqual({ ...(await issuer.auth.users.find(id))?.profile }, { name: 'I.', credit: 5 })
  const register = (profile: object) =>
    issuer.call('POST', '/register', { json: { email: 'rich@example.com', password: PASSWORD, profile } })
  assert.deepEqual(fieldsIn(await register({ name: 'Rich', credit: 9 })), ['profile.credit'])
  assert.equal((await register({ name: 'Rich' })).status, 201)
})

const fieldsIn = ({ body }: Answer) => (body.errors as { field: string }[]).map(({ field }) => field)

test('B7: a session that was ended elsewhere meets the sign-in at its next page, and comes back to where it was', async () => {
  const id = await newAccount('jan')
  const visitor = await signIn('jan')
  const form = await visitor.get('/account/username')
  await issuer.auth.sessions.endAll(id)
  const sent = await visitor.post('/account/username', { ...form.hidden, username: 'late' })
  assert.equal(sent.location, '/login?return_to=%2Faccount%2Fusername')
  const login = await visitor.get(sent.location ?? '')
  assert.match(login.html, /Your session has ended/)
  assert.equal((await issuer.auth.users.find(id))?.username, 'jan')
  const back = await visitor.post('/login', { ...login.hidden, username: 'jan', password: PASSWORD })
  assert.equal(back.location, '/account/username')
})

test('F-9: an API key or a token opens no page', async () => {
  const { access } = await issuer.signUp('kate').catch(async () => {
    await newAccount('kate')
    return { access: String((await issuer.signIn('kate')).body.access_token) }
  })
  const answer = await issuer.call('GET', '/account', { token: access })
  assert.equal(answer.status, 403)
})

test('mounted below a path every link, form, redirect and file stays below it', async () => {
  const mounted = await startIssuer({ issuer: 'http://127.0.0.1:8000/auth' })
  await mounted.auth.users.create({ email: 'lea@example.com', username: 'lea', password: PASSWORD })
  // What lies below the path is handed over without it, as an adapter does.
  const visitor = newVisitor(mounted)
  const inner = (location: string | null) => {
    const { below } = /^\/auth(?<below>\/.*)$/.exec(location ?? '')?.groups ?? {}
    assert.ok(below, String(location))
    return below
  }
  const away = await visitor.get('/account/sessions')
  const login = await visitor.get(inner(away.location))
  assert.equal(login.hidden.return_to, '/auth/account/sessions')
  const sent = await visitor.post('/login', { ...login.hidden, username: 'lea', password: PASSWORD })
  assert.equal(inner(sent.location), '/account/sessions')
  for (const path of [
    '/account',
    '/account/sessions',
    '/account/api-keys',
    '/logout',
    '/register',
    '/nothing',
  ]) {
    const { html } = await visitor.get(path)
    for (const [, address = ''] of html.matchAll(/(?:href|src|action)="(\/[^"]*)"/g)) {
      assert.ok(address.startsWith('/auth/'), `${path}: ${address}`)
    }
  }
  await mounted.close()
})

test('what other applications may is shown in words, and taken back', async () => {
  const userId = await newAccount('mona')
  const { client } = await issuer.auth.clients.create({
    name: 'The <i>Calendar</i>',
    authMethod: 'none',
    grants: ['authorization_code'],
    redirectUris: ['https://cal.example/cb'],
  })
  const granted = { userId, clientId: client.id, scopes: ['openid', 'profile:read'] }
  const event = {
    name: 'consent.granted',
    origin: { actor: { kind: 'user', id: userId } },
    ...granted,
  } as const
  await store.consents.grant(granted, event)
  const visitor = await signIn('mona')
  assert.match((await visitor.get('/account')).html, /Connected applications<\/dt><dd>1 application/)
  const page = await visitor.get('/account/applications')
  assert.match(page.html, /The &lt;i&gt;Calendar&lt;\/i&gt;/)
  assert.match(page.html, /<li>Recognise you each time you sign in<\/li><li>See your own account<\/li>/)
  const done = await visitor.submitFrom(page, '/account/applications/end', {})
  assert.match(done.html, /The access is removed/)
  assert.match(done.html, /No other application may/)
  assert.equal((await store.consents.list(userId)).length, 0)
})
