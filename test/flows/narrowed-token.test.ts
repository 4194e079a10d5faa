import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { routes } from '../../src/endpoints/routes.ts'
import { Access } from '../../src/model/access.ts'
import { claimsOf, PASSWORD, startIssuer, type TestIssuer, tokensOf } from './issuer.ts'

let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer({
    scopes: { 'orders:read': 'See your orders' },
    roles: {
      user: { scopes: ['profile:read', 'orders:read'] },
      reader: { scopes: ['orders:read'] },
      member: { scopes: [] },
    },
  })
})
after(() => issuer.close())

/** What somebody can do with their account: every route under their own name, and where the password changes. */
const OWN = routes.filter(
  ({ path, method, access }) =>
    Access.requirementOf(access) !== undefined &&
    (/^\/users\/me(\/|$)/.test(path) || /^\/(password|email)\/change$/.test(path)) &&
    !(path === '/users/me' && method === 'GET'),
)

test('a token that was made narrow acts within its scopes, and on nothing of the account', async () => {
  assert.ok(OWN.length > 20, `${OWN.length} routes`)
  await issuer.signUp('alice')
  const asked = tokensOf(await issuer.signIn('alice', { scope: 'orders:read' }))
  const whole = tokensOf(await issuer.signIn('alice'))
  const json = { refresh_token: whole.refresh, scope: 'orders:read' }
  const shrunk = String((await issuer.call('POST', '/refresh', { json })).body.access_token)
  const owner = await issuer.auth.users.findByLogin('alice')
  const { access_token: issued } = await issuer.auth.tokens.issue({
    userId: owner?.id ?? '',
    scopes: ['profile:read'],
  })
  const { principal } = await proven(issued)
  const within = await issuer.auth.tokens.issue({ userId: owner?.id ?? '', within: principal })

  for (const token of [asked.access, shrunk, issued, within.access_token]) {
    assert.equal(claimsOf(token).narrowed, true)
    assert.equal((await proven(token)).principal.isNarrowed, true)
    for (const { method, path } of OWN) {
      const target = path.replaceAll(/\{\w+\}/g, crypto.randomUUID())
      const answer = await issuer.call(method, target, { token, ...(method !== 'GET' && { json: {} }) })
      // One that no sign-in was behind is not fresh either, which is said first.
      const isStale = claimsOf(token).auth_time === undefined && answer.status === 401
      assert.ok(answer.status === 403 || isStale, `${method} ${path}: ${answer.text}`)
    }
  }
  assert.equal((await issuer.me(asked.access)).status, 403)
  assert.equal((await issuer.me(issued)).status, 200, 'its scope says that it may see')
  assert.ok(await issuer.auth.users.findByLogin('alice'), 'the account is still there')
})

async function proven(token: string) {
  const request = new Request('http://api.example.com/orders', {
    headers: { authorization: `Bearer ${token}` },
  })
  const checked = await issuer.auth.check(request, issuer.auth.signedIn)
  assert.ok(checked.ok)
  return checked
}

test('a token for which no scope was asked, or all of them, is whole: sign-in, account, new password', async () => {
  await issuer.signUp('bob')
  const all = tokensOf(await issuer.signIn('bob', { scope: 'orders:read profile:read' }))
  const none = tokensOf(await issuer.signIn('bob'))
  const refreshed = tokensOf(await issuer.refresh(none.refresh))
  for (const token of [all.access, refreshed.access]) {
    assert.equal(claimsOf(token).narrowed, undefined)
    assert.equal((await proven(token)).principal.isNarrowed, undefined)
    assert.equal((await issuer.me(token)).status, 200)
    assert.equal((await issuer.call('GET', '/users/me/sessions', { token })).status, 200)
  }
  const json = { current_password: PASSWORD, new_password: 'a longer sentence of mine' }
  const changed = await issuer.call('POST', '/password/change', { token: refreshed.access, json })
  assert.equal(changed.status, 204, changed.text)
})

test('a narrow token proves itself anew, and stays narrow', async () => {
  await issuer.signUp('carol')
  const { access } = tokensOf(await issuer.signIn('carol', { scope: 'orders:read' }))
  const renewed = await issuer.call('POST', '/session/renewal', {
    token: access,
    json: { password: PASSWORD },
  })
  assert.equal(renewed.status, 200, renewed.text)
  assert.deepEqual(
    [renewed.body.scope, claimsOf(String(renewed.body.access_token)).narrowed],
    ['orders:read', true],
  )
})

test('a session that was made narrow stays so when its user loses all that it lacked', async () => {
  await issuer.signUp('dora')
  const { auth } = issuer
  const dora = (await auth.users.findByLogin('dora'))?.id ?? ''
  const narrow = tokensOf(await issuer.signIn('dora', { scope: 'orders:read' }))
  const all = tokensOf(await issuer.signIn('dora', { scope: 'orders:read profile:read' }))
  await auth.users.setRoles(dora, ['reader'])
  const [still, whole] = [
    tokensOf(await issuer.refresh(narrow.refresh)),
    tokensOf(await issuer.refresh(all.refresh)),
  ]
  for (const { access } of [still, whole]) assert.equal(claimsOf(access).scope, 'orders:read')
  assert.deepEqual([claimsOf(still.access).narrowed, claimsOf(whole.access).narrowed], [true, undefined])
  assert.equal((await issuer.call('GET', '/users/me/export', { token: still.access })).status, 403)
  const json = { password: PASSWORD }
  const renewed = await issuer.call('POST', '/session/renewal', { token: still.access, json })
  assert.equal(claimsOf(String(renewed.body.access_token)).narrowed, true)
  const shown = await issuer.call('GET', '/users/me/sessions', { token: whole.access })
  assert.equal(shown.status, 200)
  for (const { scope } of shown.body.items as { readonly scope: string }[]) {
    assert.match(scope, /^\w+:read( \w+:read)?$/, 'the marks are nobody’s to see')
  }
})

test('a token within a credential that may not act on the account may not either', async () => {
  const { access } = await issuer.signUp('emil')
  const made = await issuer.call('POST', '/users/me/api-keys', { token: access, json: { name: 'all of it' } })
  const { principal: ofKey } = await proven(String(made.body.key))
  const { principal: whole } = await proven(access)
  const issued = async (within: typeof whole) =>
    claimsOf((await issuer.auth.tokens.issue({ userId: whole.id, within })).access_token)
  assert.equal((await issued(whole)).narrowed, undefined)
  const { client } = await issuer.auth.clients.create({ name: 'A calendar', scopes: [...whole.scopes] })
  for (const [what, within] of Object.entries({
    'an API key': ofKey,
    'HTTP Basic': { ...whole, via: 'basic' },
    'another client': { ...whole, clientId: client.id },
    'a narrow token': { ...whole, isNarrowed: true as const },
  })) {
    const { narrowed, scope } = await issued(within)
    assert.deepEqual([narrowed, scope], [true, 'profile:read orders:read'], what)
  }
})

test('a token that is less than its person names the roles that were handed on with its scopes, and no other', async () => {
  const { auth } = issuer
  await issuer.signUp('fred')
  const fred = (await auth.users.findByLogin('fred'))?.id ?? ''
  await auth.users.setRoles(fred, ['user', 'reader', 'member'])
  const clients = await Promise.all(
    [['orders:read'], ['orders:read', 'profile:read'], []].map((scopes) =>
      auth.clients.create({ name: `of ${scopes.length}`, scopes, grants: ['refresh_token'] }),
    ),
  )
  const started = await Promise.all(
    clients.map(async ({ client }) =>
      auth.sessions.start({ userId: fred, clientId: client.id, amr: ['pwd'] }),
    ),
  )
  const whole = tokensOf(await issuer.signIn('fred'))
  const narrow = tokensOf(await issuer.signIn('fred', { scope: 'orders:read' }))
  const shrunk = await issuer.call('POST', '/refresh', {
    json: { refresh_token: whole.refresh, scope: 'profile:read' },
  })
  const issued = await auth.tokens.issue({ userId: fred, scopes: ['orders:read'] })
  for (const [token, roles] of [
    [whole.access, ['user', 'reader', 'member']],
    [narrow.access, ['reader']],
    [String(shrunk.body.access_token), []],
    [issued.access_token, ['reader']],
    [started[0]?.access_token ?? '', ['reader']],
    [started[1]?.access_token ?? '', ['user', 'reader']],
    [started[2]?.access_token ?? '', []],
  ] as const) {
    assert.deepEqual(claimsOf(token).roles, roles, String(claimsOf(token).scope))
    const request = new Request('http://api.example.com/orders', {
      headers: { authorization: `Bearer ${token}` },
    })
    for (const role of ['user', 'reader', 'member']) {
      const checked = await auth.check(request, auth.needs({ roles: [role] }))
      assert.equal(checked.ok, (roles as readonly string[]).includes(role), role)
    }
  }
  const refreshed = tokensOf(await issuer.refresh(narrow.refresh))
  assert.deepEqual(claimsOf(refreshed.access).roles, ['reader'])
})
