import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AuthError, type Client, sqlite } from '../../src/index.ts'
import { badTokens } from './bad-tokens.ts'
import { claimsOf, handClock, ISSUER, PASSWORD, startIssuer, type TestIssuer } from './issuer.ts'
import { basic, callAs, registerClient, signInFor, type TestClient } from './test-clients.ts'

let issuer: TestIssuer
let userId: string
let client: TestClient
let api: TestClient
before(async () => {
  issuer = await startIssuer()
  await issuer.signUp('alice')
  userId = (await issuer.auth.users.findByLogin('alice'))?.id ?? ''
  client = await registerClient(issuer, {
    grants: ['refresh_token', 'client_credentials'],
    scopes: ['profile:read'],
  })
  api = await registerClient(issuer)
})
after(() => issuer.close())

const INACTIVE = '{"active":false}'
const ask = (token: string, by: TestClient | undefined = api, at = issuer) =>
  callAs(at, by, '/introspect', { token })

test('B10: a good access token is told of to every client that proves itself', async () => {
  for (const owner of [undefined, client]) {
    const { access } = await signInFor(issuer, userId, owner)
    const { iss, aud, sub, client_id, scope, exp, iat, jti, sid } = claimsOf(access)
    const answer = await ask(access)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const told = { active: true, token_type: 'Bearer', iss, aud, sub, client_id, exp, iat, jti, scope, sid }
    assert.deepEqual(answer.body, told)
  }
  const own = await callAs(issuer, client, '/token', { grant_type: 'client_credentials' })
  const { body } = await ask(String(own.body.access_token))
  assert.deepEqual([body.active, body.sub, body.sid], [true, client.id, undefined])
})

test('B10: a refresh token is told of only to its client, and only the one live token of the session', async () => {
  const { refresh } = await signInFor(issuer, userId, client)
  const { body } = await ask(refresh, client)
  assert.deepEqual(
    [body.active, body.token_type, body.sub, body.client_id, body.scope, body.iss],
    [true, 'refresh_token', userId, client.id, 'profile:read', ISSUER],
  )
  assert.ok(Number(body.exp) > Number(body.iat))
  assert.equal((await ask(refresh, api)).text, INACTIVE)
  const turned = await callAs(issuer, client, '/token', {
    grant_type: 'refresh_token',
    refresh_token: refresh,
  })
  assert.equal((await ask(refresh, client)).text, INACTIVE, 'passed by')
  assert.equal((await ask(String(turned.body.refresh_token), client)).body.active, true)
})

test('B10: a refresh token is told of with the scopes that a refresh would give: what client or person lost is not among them', async () => {
  const own = await startIssuer({
    scopes: { 'orders:read': 'See orders', 'orders:write': 'Change orders', 'stock:read': 'See the stock' },
    roles: {
      user: { scopes: ['profile:read', 'orders:read'] },
      seller: { scopes: ['orders:write', 'stock:read'] },
    },
  })
  const scopes = ['orders:read', 'orders:write', 'stock:read']
  const holder = await registerClient(own, { grants: ['refresh_token'], scopes })
  const { id } = await own.auth.users.create({
    email: 'carol@example.com',
    password: PASSWORD,
    roles: ['user', 'seller'],
  })
  const { refresh } = await signInFor(own, id, holder)
  const told = async () => (await ask(refresh, holder, own)).body.scope
  assert.equal(await told(), 'orders:read orders:write stock:read')
  await own.auth.clients.change(holder.id, { scopes: ['orders:read', 'orders:write'] })
  assert.equal(await told(), 'orders:read orders:write')
  await own.auth.users.setRoles(id, ['user'])
  assert.equal(await told(), 'orders:read')
  const turned = await callAs(own, holder, '/token', { grant_type: 'refresh_token', refresh_token: refresh })
  assert.equal(turned.body.scope, 'orders:read', 'and so it is')
  // A token of less, asked for by name, leaves what the next one may have.
  await own.auth.users.setRoles(id, ['user', 'seller'])
  const less = await callAs(own, holder, '/token', {
    grant_type: 'refresh_token',
    refresh_token: String(turned.body.refresh_token),
    scope: 'orders:read',
  })
  assert.equal(less.body.scope, 'orders:read')
  assert.equal((await ask(String(less.body.access_token), holder, own)).body.scope, 'orders:read')
  const next = await ask(String(less.body.refresh_token), holder, own)
  assert.equal(next.body.scope, 'orders:read orders:write', 'RFC 6749 section 6')
  await own.close()
})

test('B10: whoever does not prove itself learns nothing, a public client included', async () => {
  const { access } = await signInFor(issuer, userId)
  const open = await registerClient(issuer, { authMethod: 'none' })
  for (const by of [undefined, open]) {
    const answer = await callAs(issuer, by, '/introspect', { token: access })
    assert.deepEqual([answer.status, answer.body.error], [401, 'invalid_client'])
    assert.ok(!answer.text.includes('active'))
  }
  assert.equal(
    (await issuer.call('POST', '/introspect', { form: { token: access }, token: access })).status,
    401,
  )
  assert.equal((await callAs(issuer, api, '/introspect', {})).status, 400)
})

test('B10: {"active":false} alone for every kind of token that is not good', async () => {
  const live = await signInFor(issuer, userId, client)
  for (const [what, token] of badTokens(live)) {
    for (const by of [api, client]) {
      const answer = await ask(token, by)
      assert.ok([200, 400].includes(answer.status), `${what}: ${answer.status}`)
      if (answer.status === 200) assert.equal(answer.text, INACTIVE, what)
    }
  }
  assert.equal((await ask(live.access)).body.active, true)
})

test('B10: what ends a token for the guards ends it here: time, revocation, sign-out, account, client, session', async () => {
  const clock = handClock()
  const own = await startIssuer({ clock })
  const resource = await registerClient(own)
  await own.signUp('bob')
  const { id = '' } = (await own.auth.users.findByLogin('bob')) ?? {}
  const ends: Readonly<
    Record<string, (tokens: { access: string; refresh: string }, of: TestClient) => Promise<unknown>>
  > = {
    'a revoked refresh token': ({ refresh }, of) => callAs(own, of, '/revoke', { token: refresh }),
    'signed out everywhere': () => own.auth.sessions.endAll(id),
    'a new password': () => own.auth.users.setPassword(id, `${PASSWORD} 2`),
    'a disabled account': () => own.auth.users.disable(id).then(() => own.auth.users.enable(id)),
    'a disabled client': (_, of): Promise<Client> => own.auth.clients.change(of.id, { state: 'disabled' }),
    'a removed client': (_, of) => own.auth.clients.remove(of.id),
    'idle for too long': async () => {
      clock.advance(8 * 86_400_000)
      await new Promise(setImmediate)
    },
  }
  for (const [what, end] of Object.entries(ends)) {
    const holder = await registerClient(own, { grants: ['refresh_token'] })
    const tokens = await signInFor(own, id, holder)
    assert.equal((await ask(tokens.access, resource, own)).body.active, true, what)
    assert.equal((await ask(tokens.refresh, holder, own)).body.active, true, what)
    await end(tokens, holder)
    const still = await own.auth.clients.find(holder.id)
    assert.equal((await ask(tokens.access, resource, own)).text, INACTIVE, what)
    if (still?.state === 'active') assert.equal((await ask(tokens.refresh, holder, own)).text, INACTIVE, what)
    else assert.equal((await ask(tokens.refresh, holder, own)).status, 401, what)
  }
  await own.close()
})

test('G-14: while this node cannot know what has ended, the answer is 503 and neither yes nor no', async () => {
  const clock = handClock()
  const store = sqlite(':memory:')
  const own = await startIssuer({ clock, store, maxStalenessSeconds: 5 })
  const resource = await registerClient(own)
  const { access, refresh } = await own.signUp('bob')
  const pull = store.revocations.pull
  Object.assign(store.revocations, { pull: () => Promise.reject(new AuthError('STORE_UNAVAILABLE')) })
  clock.advance(6000)
  assert.equal((await ask(access, resource, own)).status, 503)
  assert.equal((await ask(refresh, resource, own)).text, INACTIVE, 'not of this client, whatever has ended')
  Object.assign(store.revocations, { pull })
  await own.close()
})

test('B10: each question is counted for its address before it is known who asks, right or wrong', async () => {
  // The clock stands: what is left does not grow again in between.
  const own = await startIssuer({ clock: handClock(Date.now()), maxStalenessSeconds: 300 })
  const service = await registerClient(own)
  const { headers } = await service.proof()
  const leftAfter = async (more: Record<string, string>, address = '198.51.100.9') => {
    const answer = await own.call('POST', '/introspect', { form: { token: 'x' }, headers: more, address })
    assert.equal(answer.headers.get('ratelimit-policy'), '"/introspect";q=12000;w=60')
    return [answer.status, /r=(\d+)/.exec(answer.headers.get('ratelimit') ?? '')?.[1]]
  }
  assert.deepEqual(await leftAfter({ ...headers }), [200, '11999'])
  assert.deepEqual(await leftAfter({ authorization: basic(service.id, 'a guess') }), [401, '11998'])
  assert.deepEqual(await leftAfter({}), [401, '11997'])
  assert.deepEqual(await leftAfter({}, '198.51.100.10'), [401, '11999'])
  await own.close()
})
