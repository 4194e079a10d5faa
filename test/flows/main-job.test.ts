import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { claimsOf, ISSUER, PASSWORD, startIssuer, type TestIssuer, tampered, tokensOf } from './issuer.ts'

let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer()
})
after(() => issuer.close())

test('register, sign in, be recognised, refresh, sign out: the token is refused at the very next request', async () => {
  const { access, refresh } = await issuer.signUp('alice')
  const me = await issuer.me(access)
  assert.equal(me.status, 200)
  assert.equal(me.body.email, 'alice@example.com')

  const renewed = tokensOf(await issuer.refresh(refresh))
  assert.notEqual(renewed.refresh, refresh)
  assert.equal((await issuer.me(renewed.access)).status, 200)

  assert.equal((await issuer.call('POST', '/logout', { token: renewed.access })).status, 204)
  for (const token of [access, renewed.access]) {
    const refused = await issuer.me(token)
    assert.equal(refused.status, 401)
    assert.equal(refused.body.code, 'token_invalid')
  }
  const dead = await issuer.refresh(renewed.refresh)
  assert.equal(dead.status, 400)
  assert.equal(dead.body.error, 'invalid_grant')
})

test('A8, A11, A17, A19: access tokens are ES256 at+jwt for 15 minutes, with a random subject and nothing private', async () => {
  const { access } = await issuer.signUp('bob')
  const header = decodeProtectedHeader(access)
  assert.equal(header.alg, 'ES256')
  assert.equal(header.typ, 'at+jwt')
  const claims = claimsOf(access)
  assert.equal(Number(claims.exp) - Number(claims.iat), 900)
  assert.match(String(claims.sub), /^[0-9a-f-]{36}$/)
  for (const name of ['iss', 'aud', 'client_id', 'jti', 'sid', 'ver', 'scope', 'auth_time']) {
    assert.ok(name in claims, name)
  }
  assert.doesNotMatch(JSON.stringify(claims), /bob|example\.com|password/)
})

test('A21: the subject stays when the user is renamed, and is not given to who takes their name and address later', async () => {
  const { access } = await issuer.signUp('carol')
  const renamed = await issuer.call('PATCH', '/users/me', { token: access, json: { username: 'caroline' } })
  assert.equal(renamed.status, 200)
  const again = tokensOf(await issuer.signIn('caroline'))
  assert.equal(claimsOf(again.access).sub, claimsOf(access).sub)
  assert.equal((await issuer.signIn('carol')).status, 400)

  await issuer.auth.users.remove(String(claimsOf(access).sub))
  assert.equal((await issuer.me(again.access)).status, 401)
  const reborn = await issuer.signUp('carol')
  assert.notEqual(claimsOf(reborn.access).sub, claimsOf(access).sub)
})

test('an independent library accepts our tokens through the key set, and no tampered one', async () => {
  const { access } = await issuer.signUp('dave')
  const keySet = createRemoteJWKSet(new URL(`${ISSUER}/.well-known/jwks.json`), {
    [(await import('jose')).customFetch]: (url: string) => issuer.auth.fetch(new Request(url)),
  })
  const rules = { issuer: ISSUER, audience: ISSUER, typ: 'at+jwt' }
  const { payload } = await jwtVerify(access, keySet, rules)
  assert.equal(payload.sub, claimsOf(access).sub)
  await assert.rejects(jwtVerify(tampered(access), keySet, rules))
})

test('roles and scopes: 403 with insufficient_scope for a user, 200 for an admin, 401 for nobody', async () => {
  const { access } = await issuer.signUp('erin')
  const plain = await issuer.call('GET', '/admin/dashboard', { token: access })
  assert.equal(plain.status, 403)
  assert.equal(plain.body.code, 'insufficient_scope')
  assert.match(
    plain.headers.get('www-authenticate') ?? '',
    /error="insufficient_scope".*scope="admin:dashboard"/,
  )
  const nobody = await issuer.call('GET', '/admin/dashboard')
  assert.equal(nobody.status, 401)

  await issuer.auth.users.setRoles(String(claimsOf(access).sub), ['user', 'admin'])
  const admin = tokensOf(await issuer.signIn('erin'))
  assert.equal((await issuer.call('GET', '/admin/dashboard', { token: admin.access })).status, 200)

  await issuer.auth.users.setRoles(String(claimsOf(access).sub), ['user'])
  const stale = await issuer.call('GET', '/admin/dashboard', { token: admin.access })
  assert.equal(stale.status, 401, 'B7: a token from before a role was taken away is over')
  const narrowed = tokensOf(await issuer.refresh(admin.refresh))
  assert.equal((await issuer.call('GET', '/admin/dashboard', { token: narrowed.access })).status, 403)
})

test('scope is granted at most as asked and as allowed; an undeclared name is an error', async () => {
  await issuer.signUp('frank')
  assert.equal((await issuer.signIn('frank')).body.scope, 'profile:read')
  assert.equal((await issuer.signIn('frank', { scope: 'profile:read' })).body.scope, 'profile:read')
  assert.equal((await issuer.signIn('frank', { scope: 'admin:dashboard' })).body.scope, '')
  const misspelt = await issuer.signIn('frank', { scope: 'profile:raed' })
  assert.equal(misspelt.status, 400)
  assert.equal(misspelt.body.error, 'invalid_scope')
})

test('E6: wrong password and unknown user are the same 400, but for the reference', async () => {
  await issuer.signUp('grace')
  const form = { grant_type: 'password', password: `${PASSWORD}!` }
  const wrong = await issuer.call('POST', '/token', { form: { ...form, username: 'grace' } })
  const unknown = await issuer.call('POST', '/token', { form: { ...form, username: 'nobody-here' } })
  assert.equal(wrong.status, 400)
  assert.equal(wrong.body.error, 'invalid_grant')
  const visible = ({ body: { reference: _, details: __, ...rest } }: typeof wrong) => rest
  assert.deepEqual(visible(unknown), visible(wrong))
  assert.deepEqual([...unknown.headers.keys()], [...wrong.headers.keys()])
})

test('B7: a new password ends every other session; the one that changed it refreshes on', async () => {
  const here = await issuer.signUp('heidi')
  const there = tokensOf(await issuer.signIn('heidi'))
  const json = { current_password: PASSWORD, new_password: 'another long sentence' }
  const wrong = await issuer.call('POST', '/password/change', {
    token: here.access,
    json: { ...json, current_password: 'not it' },
  })
  assert.equal(wrong.status, 400)
  assert.equal((await issuer.call('POST', '/password/change', { token: here.access, json })).status, 204)
  assert.equal((await issuer.me(there.access)).status, 401)
  assert.equal((await issuer.refresh(there.refresh)).status, 400)
  assert.equal((await issuer.me(tokensOf(await issuer.refresh(here.refresh)).access)).status, 200)
  assert.equal((await issuer.signIn('heidi')).status, 400)
})

test('B7: a disabled user can neither call, refresh nor sign in; enabling revives nothing', async () => {
  const tokens = await issuer.signUp('ivan')
  const id = String(claimsOf(tokens.access).sub)
  await issuer.auth.users.disable(id)
  assert.equal((await issuer.me(tokens.access)).status, 401)
  assert.equal((await issuer.refresh(tokens.refresh)).status, 400)
  assert.equal((await issuer.signIn('ivan')).status, 400)
  await issuer.auth.users.enable(id)
  assert.equal((await issuer.me(tokens.access)).status, 401)
  assert.equal((await issuer.refresh(tokens.refresh)).status, 400)
  assert.equal((await issuer.signIn('ivan')).status, 200)
})

test('B12: a user sees their sessions, ends one, ends all others, ends all', async () => {
  const first = await issuer.signUp('judy')
  const second = tokensOf(await issuer.signIn('judy'))
  const third = tokensOf(await issuer.signIn('judy'))
  const list = await issuer.call('GET', '/users/me/sessions', { token: first.access })
  assert.equal((list.body.items as unknown[]).length, 3)

  const path = `/users/me/sessions/${claimsOf(second.access).sid}`
  assert.equal((await issuer.call('DELETE', path, { token: first.access })).status, 204)
  assert.equal((await issuer.me(second.access)).status, 401)
  assert.equal((await issuer.me(third.access)).status, 200)
  assert.equal((await issuer.call('DELETE', path, { token: first.access })).status, 404)

  const others = await issuer.call('DELETE', '/users/me/sessions?keep=current', { token: first.access })
  assert.equal(others.body.ended, 1)
  assert.equal((await issuer.refresh(third.refresh)).status, 400)
  const mine = tokensOf(await issuer.refresh(first.refresh))
  assert.equal((await issuer.call('DELETE', '/users/me/sessions', { token: mine.access })).body.ended, 1)
  assert.equal((await issuer.refresh(mine.refresh)).status, 400)
})

test('nobody ends the session of somebody else', async () => {
  const judas = await issuer.signUp('judas')
  const victim = await issuer.signUp('victim')
  const path = `/users/me/sessions/${claimsOf(victim.access).sid}`
  assert.equal((await issuer.call('DELETE', path, { token: judas.access })).status, 404)
  assert.equal((await issuer.me(victim.access)).status, 200)
})
