import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AuthError, createAuth, type Store, sqlite } from '../../src/index.ts'
import { handClock, ISSUER, PASSWORD, startIssuer, type TestIssuer, tokensOf } from './issuer.ts'

let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer()
})
after(() => issuer.close())

interface Made {
  readonly id: string
  readonly key: string
}

async function makeKey(access: string, json: object = { name: 'nightly export' }): Promise<Made> {
  const { status, body, text } = await issuer.call('POST', '/users/me/api-keys', { token: access, json })
  assert.equal(status, 201, text)
  return { id: String(body.id), key: String(body.key) }
}

const withKey = (key: string, path = '/users/me') => issuer.call('GET', path, { token: key })

test('F-7: a key is shown once, works in both headers, and ends at the next request after it is revoked', async () => {
  const { access } = await issuer.signUp('alice')
  const { id, key } = await makeKey(access)
  assert.match(key, /^cs_key_[\w-]{70}$/)
  assert.equal((await withKey(key)).status, 200)
  assert.equal((await withKey(key)).status, 200, 'from memory')
  assert.equal((await issuer.call('GET', '/users/me', { headers: { 'x-api-key': key } })).status, 200)

  const list = await issuer.call('GET', '/users/me/api-keys', { token: access })
  assert.doesNotMatch(list.text, new RegExp(key.slice(20)))
  assert.deepEqual(
    (list.body.items as { id: string }[]).map((item) => item.id),
    [id],
  )

  assert.equal((await issuer.call('DELETE', `/users/me/api-keys/${id}`, { token: access })).status, 204)
  const refused = await withKey(key)
  assert.equal(refused.status, 401)
  assert.equal(refused.body.code, 'token_invalid')
  assert.ok(refused.headers.get('www-authenticate')?.startsWith('Bearer'))
  assert.equal((await issuer.call('DELETE', `/users/me/api-keys/${id}`, { token: access })).status, 404)
})

test('F-7: code of the application makes no key that nobody could ask for', async () => {
  const { auth } = issuer
  const { id: userId } = await auth.users.create({ email: 'ken@example.com', password: PASSWORD })
  const good = { userId, name: 'export', scopes: ['profile:read'], lifeSeconds: 60 }
  for (const [field, ...values] of [
    ['name', '', 'a\0b', 'x'.repeat(101), 5],
    ['lifeSeconds', Number.NaN, Number.POSITIVE_INFINITY, -5, 0, 59, 60.5, 1e12],
  ] as const) {
    for (const value of values) {
      await assert.rejects(auth.apiKeys.create({ ...good, [field]: value }), (error) => {
        assert.ok(error instanceof AuthError, String(error))
        assert.deepEqual(
          error.refusal.fields?.map((problem) => problem.field),
          [field],
        )
        return true
      })
    }
  }
  assert.deepEqual(await auth.apiKeys.list(userId), [])
  await auth.apiKeys.create(good)
})

test('F-7: a key has the scopes it was made with and no roles, and cannot make keys or change the password', async () => {
  await issuer.auth.users.create({
    email: 'root@example.com',
    username: 'root',
    password: PASSWORD,
    roles: ['user', 'admin'],
  })
  const { body } = await issuer.signIn('root')
  const access = String(body.access_token)
  const wide = await makeKey(access)
  const narrow = await makeKey(access, { name: 'narrow', scopes: ['profile:read'] })
  assert.equal((await withKey(wide.key, '/admin/dashboard')).status, 200)
  const denied = await withKey(narrow.key, '/admin/dashboard')
  assert.equal(denied.status, 403)
  assert.equal(denied.body.code, 'insufficient_scope')
  for (const key of [wide.key, narrow.key]) {
    const more = await issuer.call('POST', '/users/me/api-keys', { token: key, json: { name: 'more' } })
    assert.equal(more.status, 403)
  }
  const tooMuch = { name: 'x', scopes: ['ghost:scope'] }
  assert.equal(
    (await issuer.call('POST', '/users/me/api-keys', { token: access, json: tooMuch })).status,
    400,
  )
})

test('F-7: a narrow token makes no key, an old one makes none, and nobody makes one of more than they have', async () => {
  const clock = handClock()
  const one = await startIssuer({ clock, staleness: 'relaxed' })
  const root = { email: 'root@example.com', username: 'root', password: PASSWORD, roles: ['user', 'admin'] }
  const { id } = await one.auth.users.create(root)
  const make = (token: string, json: object) =>
    one.call('POST', '/users/me/api-keys', { token, json: { name: 'x', ...json } })
  const narrow = String((await one.signIn('root', { scope: 'profile:read' })).body.access_token)
  for (const json of [{}, { scopes: ['profile:read'] }, { scopes: ['profile:read', 'admin:users'] }]) {
    const refused = await make(narrow, json)
    assert.deepEqual([refused.status, refused.body.code], [403, 'access_denied'])
  }
  assert.deepEqual(await one.auth.apiKeys.list(id), [])
  const plain = await one.signUp('alice')
  const beyond = await make(plain.access, { scopes: ['profile:read', 'admin:users'] })
  assert.deepEqual(
    [beyond.status, beyond.body.code],
    [403, 'insufficient_scope'],
    'a key with less would fail later',
  )
  const wide = tokensOf(await one.signIn('root'))
  assert.equal((await make(wide.access, { scopes: ['admin:users'] })).status, 201)
  clock.advance(601_000)
  const { access } = tokensOf(await one.refresh(wide.refresh))
  for (const token of [wide.access, access]) {
    const refused = await make(token, { expires_in: 60 })
    assert.deepEqual([refused.status, refused.body.code], [401, 'reauthentication_required'])
  }
  const again = await one.call('POST', '/session/renewal', { token: access, json: { password: PASSWORD } })
  assert.equal((await make(String(again.body.access_token), {})).status, 201)
  await one.close()
})

test('F-7: a key opens no account, whatever its scopes, and reads it only with profile:read', async () => {
  const { access } = await issuer.signUp('harry')
  const me = await issuer.me(access)
  const { key, id } = await makeKey(access)
  const passwords = { current_password: PASSWORD, new_password: 'another sentence of his' }
  const calls: readonly (readonly [string, string, unknown?])[] = [
    ['PATCH', '/users/me', { username: 'mallory' }],
    ['DELETE', '/users/me', { password: PASSWORD }],
    ['POST', '/password/change', passwords],
    ['GET', '/users/me/sessions'],
    ['DELETE', '/users/me/sessions'],
    ['DELETE', `/users/me/sessions/${id}`],
    ['GET', '/users/me/api-keys'],
    ['DELETE', `/users/me/api-keys/${id}`],
    ['GET', '/users/me/consents'],
    ['DELETE', '/users/me/consents/calendar'],
    ['GET', '/users/me/factors'],
    ['POST', '/session/renewal', { password: PASSWORD }],
  ]
  for (const [method, path, json] of calls) {
    const { status } = await issuer.call(method, path, { token: key, ...(json !== undefined && { json }) })
    assert.equal(status, 403, `${method} ${path}`)
  }
  assert.deepEqual((await withKey(key)).body, me.body)
  const admin = { email: 'grace@example.com', username: 'grace', password: PASSWORD, roles: ['admin'] }
  const { text: blind } = await issuer.auth.apiKeys.create({
    userId: (await issuer.auth.users.create(admin)).id,
    name: 'without profile:read',
    scopes: ['admin:users'],
  })
  assert.equal((await withKey(blind)).status, 403)
})

test('B7: a role taken away, an account disabled or deleted is felt by its keys at the next request', async () => {
  const user = await issuer.auth.users.create({
    email: 'carol@example.com',
    username: 'carol',
    password: PASSWORD,
    roles: ['user', 'admin'],
  })
  const access = String((await issuer.signIn('carol')).body.access_token)
  const { key } = await makeKey(access)
  assert.equal((await withKey(key, '/admin/dashboard')).status, 200)
  await issuer.auth.users.setRoles(user.id, ['user'])
  assert.equal((await withKey(key, '/admin/dashboard')).status, 403)
  assert.equal((await withKey(key)).status, 200)
  await issuer.auth.users.setPassword(user.id, 'another sentence of hers')
  assert.equal(
    (await withKey(key)).status,
    200,
    'a new password ends sessions; a key is a credential of its own',
  )
  await issuer.auth.users.disable(user.id)
  assert.equal((await withKey(key)).status, 401)
  await issuer.auth.users.enable(user.id)
  assert.equal((await withKey(key)).status, 200)
  await issuer.auth.users.remove(user.id)
  assert.equal((await withKey(key)).status, 401)
})

test('F-7: the owner is who is signed in, whatever the body says', async () => {
  const { access } = await issuer.signUp('dave')
  for (const extra of ['user_id', 'userId', 'owner', 'id', 'roles']) {
    const json = { name: 'x', [extra]: '00000000-0000-4000-8000-000000000000' }
    const { status } = await issuer.call('POST', '/users/me/api-keys', { token: access, json })
    assert.equal(status, 400, extra)
  }
  const other = await issuer.signUp('erin')
  const { id } = await makeKey(access)
  const theirs = await issuer.call('DELETE', `/users/me/api-keys/${id}`, { token: other.access })
  assert.equal(theirs.status, 404)
})

test('F-7: a key that was cut, mistyped, put in another case or prolonged is none', async () => {
  const { access } = await issuer.signUp('frank')
  const { key } = await makeKey(access)
  const letter = key.at(40) === 'A' ? 'B' : 'A'
  const spoiled = [
    ...[key.slice(0, -1), key.slice(1), `${key}A`, `${key}=`, key.toUpperCase(), key.toLowerCase()],
    ...[
      `${key.slice(0, 40)}${letter}${key.slice(41)}`,
      'cs_key_',
      `cs_key_${'A'.repeat(70)}`,
      key.replace('cs_key_', ''),
    ],
  ]
  for (const text of spoiled) {
    assert.equal((await withKey(text)).status, 401, 'as bearer')
    const own = await issuer.call('GET', '/users/me', { headers: { 'x-api-key': text } })
    assert.equal(own.status, 401, 'in its own header')
  }
  assert.equal((await withKey(key)).status, 200)
})

test('F-9: a key beside another credential, or sent twice, is refused', async () => {
  const { access } = await issuer.signUp('gina')
  const { key } = await makeKey(access)
  for (const headers of [
    { authorization: `Bearer ${access}`, 'x-api-key': key },
    { authorization: `Bearer ${key}`, 'x-api-key': key },
    { 'x-api-key': `${key}, ${key}` },
    { authorization: `Basic ${btoa('a:b')}`, 'x-api-key': key },
  ]) {
    assert.equal((await issuer.call('GET', '/users/me', { headers })).status, 401)
  }
  const inQuery = await issuer.call('GET', `/users/me?access_token=${key}`)
  assert.equal(inQuery.status, 401)
})

test('F-7: an API key ends at its time by the clock of this process too, also while it is remembered', async () => {
  const clock = handClock()
  const auth = createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    issuer: ISSUER,
    clock,
    staleness: 'relaxed',
  })
  const user = await auth.users.create({ email: 'h@example.com', password: PASSWORD })
  const { text } = await auth.apiKeys.create({ userId: user.id, name: 'short', lifeSeconds: 60 })
  const request = () => new Request(`${ISSUER}/x`, { headers: { 'x-api-key': text } })
  assert.equal((await auth.check(request(), auth.signedIn)).ok, true)
  clock.advance(1000)
  assert.equal((await auth.check(request(), auth.signedIn)).ok, true)
  assert.equal((await auth.check(request(), auth.needs({ via: ['bearer'] }))).ok, false)
  assert.equal((await auth.check(request(), auth.needs({ freshWithinSeconds: 60 }))).ok, false)
  clock.advance(59_001)
  const late = await auth.check(request(), auth.signedIn)
  assert.ok(!late.ok)
  assert.equal(late.response.status, 401)
  await auth.close()
})

test('F-7: the last use of a key is written down, once for many of them', async () => {
  const store = sqlite(':memory:')
  const noted: string[] = []
  const noteUses: Store['apiKeys']['noteUses'] = async (uses) => void noted.push(...uses.map(({ id }) => id))
  const one = await startIssuer({ store: { ...store, apiKeys: { ...store.apiKeys, noteUses } } })
  const { id: userId } = await one.auth.users.create({ email: 'lena@example.com', password: PASSWORD })
  const { apiKey, text } = await one.auth.apiKeys.create({ userId, name: 'used' })
  for (let uses = 0; uses < 3; uses++) {
    assert.equal((await one.call('GET', '/users/me', { token: text })).status, 200)
  }
  await one.close()
  assert.deepEqual(noted, [apiKey.id])
})

test('B7: a key that ended stays ended when the revocation itself is forgotten', async () => {
  const clock = handClock()
  const auth = createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    issuer: ISSUER,
    clock,
    staleness: 'relaxed',
  })
  const user = await auth.users.create({ email: 'i@example.com', password: PASSWORD })
  const [used, unused] = [
    await auth.apiKeys.create({ userId: user.id, name: 'used after its end' }),
    await auth.apiKeys.create({ userId: user.id, name: 'not used after its end' }),
  ]
  const isGood = async ({ text }: { text: string }) => {
    const request = new Request(`${ISSUER}/x`, { headers: { 'x-api-key': text } })
    return (await auth.check(request, auth.signedIn)).ok
  }
  for (const key of [used, unused]) assert.equal(await isGood(key), true)
  for (const { apiKey } of [used, unused]) assert.equal(await auth.apiKeys.revoke(user.id, apiKey.id), true)
  assert.equal(await isGood(used), false)
  for (let passed = 0; passed < 24; passed++) {
    clock.advance(3_600_000)
    // Looks at the revocations, and lets go of those that are over.
    await auth.sessions.endAll(user.id)
  }
  for (const key of [used, unused]) assert.equal(await isGood(key), false)
  await auth.close()
})
