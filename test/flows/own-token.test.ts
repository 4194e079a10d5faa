import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuth } from '../../src/index.ts'
import { claimsOf, handClock, ISSUER, PASSWORD, startIssuer } from './issuer.ts'

test('code of our own gets a token for no account that is disabled or gone', async () => {
  const auth = createAuth({ logLevel: 'silent', databaseUrl: 'sqlite::memory:', issuer: ISSUER })
  const { id: userId } = await auth.users.create({ email: 'ann@example.com', password: PASSWORD })
  await auth.tokens.issue({ userId })
  await auth.users.disable(userId)
  await assert.rejects(auth.tokens.issue({ userId }), { code: 'USER_DISABLED' })
  await auth.users.enable(userId)
  await auth.tokens.issue({ userId })
  await assert.rejects(auth.tokens.issue({ userId: crypto.randomUUID() }), { code: 'NOT_FOUND' })
  await auth.close()
})

test('within a principal a token holds no role, scope or second more, and never what the user has lost', async () => {
  const clock = handClock()
  const auth = createAuth({ logLevel: 'silent', databaseUrl: 'sqlite::memory:', issuer: ISSUER, clock })
  const [ann, bob] = await Promise.all(
    ['ann', 'bob'].map((name) =>
      auth.users.create({ email: `${name}@example.com`, password: PASSWORD, roles: ['admin', 'user'] }),
    ),
  )
  const within = {
    id: String(ann?.id),
    roles: ['user', 'root'],
    scopes: ['profile:read', 'admin:everything'],
    sessionId: undefined,
    amr: ['pwd'],
    authTime: 1,
    expiresAt: Math.floor(clock.now() / 1000) + 20,
  }
  const issue = async (more: object = {}, userId = within.id) => {
    const { access_token } = await auth.tokens.issue({ userId, within: { ...within, ...more } })
    return claimsOf(access_token)
  }
  const { roles, scope, amr, auth_time, exp, iat, sid } = await issue()
  assert.deepEqual(
    { roles, scope, amr, auth_time, sid },
    { roles: ['user'], scope: 'profile:read', amr: ['pwd'], auth_time: 1, sid: undefined },
  )
  assert.ok(Number(exp) - Number(iat) <= 20)
  assert.deepEqual((await issue({ roles: [], scopes: [] })).roles, [])
  await assert.rejects(issue({}, bob?.id), TypeError)
  await auth.users.setRoles(within.id, [])
  const later = await issue({ roles: ['admin', 'user'] })
  assert.deepEqual([later.roles, later.scope], [[], ''])
  await auth.close()
})

test('of scopes an empty list is none, and no list all that the roles hold', async () => {
  const { auth, close } = await startIssuer()
  const { id: userId } = await auth.users.create({ email: 'ann@example.com', password: PASSWORD })
  const order = { userId, scopes: [] }
  assert.equal((await auth.tokens.issue(order)).scope, '')
  assert.equal((await auth.tokens.issue({ userId })).scope, 'profile:read')
  const session = await auth.sessions.start({ ...order, amr: ['pwd'] })
  assert.deepEqual([session.scope, claimsOf(session.access_token).narrowed], ['', true])
  assert.equal((await auth.sessions.start({ userId, amr: ['pwd'] })).scope, 'profile:read')
  assert.deepEqual((await auth.apiKeys.create({ ...order, name: 'k' })).apiKey.scopes, [])
  await close()
})

test('B7: within a principal whose session has ended there is no token, however it ended', async () => {
  const issuer = await startIssuer()
  const { users, sessions, tokens, check, signedIn } = issuer.auth
  const endings = {
    reset: (id: string) => users.setPassword(id, 'a longer sentence of mine'),
    everywhere: (id: string) => sessions.endAll(id),
    disabled: async (id: string) => {
      await users.disable(id)
      await users.enable(id)
    },
    'that one': (id: string, sessionId: string) => sessions.end(id, sessionId),
  }
  for (const [how, end] of Object.entries(endings)) {
    const name = how.replace(' ', '.')
    const { access } = await issuer.signUp(name)
    const asked = new Request(`${ISSUER}/x`, { headers: { authorization: `Bearer ${access}` } })
    const admitted = await check(asked, signedIn)
    assert.ok(admitted.ok)
    const { principal: within } = admitted
    const userId = within.id
    assert.equal((await issuer.me((await tokens.issue({ userId, within })).access_token)).status, 200)
    await end(userId, within.sessionId ?? '')
    // In the middle of a handler, say.
    await assert.rejects(tokens.issue({ userId, within }), { code: 'SESSION_ENDED' }, how)
  }
  const { id: userId } = await users.create({ email: 'keys@example.com', password: PASSWORD })
  const { apiKey, text } = await issuer.auth.apiKeys.create({ userId, name: 'k' })
  const asked = new Request(`${ISSUER}/x`, { headers: { 'x-api-key': text } })
  const admitted = await check(asked, signedIn)
  assert.ok(admitted.ok)
  const { principal: within } = admitted
  await tokens.issue({ userId, within })
  await issuer.auth.apiKeys.revoke(userId, apiKey.id)
  await assert.rejects(tokens.issue({ userId, within }), { code: 'SESSION_ENDED' })
  await issuer.close()
})

test('X31, B7: a token within that of another client ends with the client, and loses the scopes that it loses', async () => {
  const auth = createAuth({
    databaseUrl: 'sqlite::memory:',
    logLevel: 'silent',
    issuer: ISSUER,
    scopes: { 'orders:read': 'See orders' },
    roles: { user: { scopes: ['profile:read', 'orders:read'] } },
  })
  const { id: userId } = await auth.users.create({ email: 'ann@example.com', password: PASSWORD })
  const { client } = await auth.clients.create({
    name: 'A calendar',
    grants: ['refresh_token'],
    scopes: ['profile:read', 'orders:read'],
  })
  const check = (token: string) =>
    auth.check(new Request(`${ISSUER}/x`, { headers: { authorization: `Bearer ${token}` } }), auth.signedIn)
  const theirs = await auth.sessions.start({ userId, clientId: client.id, amr: ['pwd'] })
  const admitted = await check(theirs.access_token)
  assert.ok(admitted.ok)
  const issue = () => auth.tokens.issue({ userId, within: admitted.principal })
  const before = await issue()
  assert.equal(claimsOf(before.access_token).client_id, client.id)
  assert.equal(before.scope, 'profile:read orders:read')
  await auth.clients.change(client.id, { scopes: ['profile:read'] })
  assert.equal((await check(before.access_token)).ok, false, 'it has more than the client may have now')
  const narrower = await issue()
  assert.equal(narrower.scope, 'profile:read', 'in the middle of a handler')
  await auth.clients.change(client.id, { state: 'disabled' })
  assert.equal((await check(narrower.access_token)).ok, false)
  await assert.rejects(issue(), { code: 'CLIENT_UNKNOWN' })
  await auth.close()
})
