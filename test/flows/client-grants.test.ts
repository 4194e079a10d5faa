import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { FIRST_PARTY, sqlite } from '../../src/index.ts'
import { claimsOf, handClock, PASSWORD, startIssuer, type TestIssuer, tokensOf } from './issuer.ts'
import { callAs, registerClient, signInFor, type TestClient } from './test-clients.ts'

const SCOPES = {
  'orders:read': 'See orders',
  'orders:write': 'Change orders',
  'orders:delete': 'Remove orders',
}
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
const GRANTS = ['authorization_code', 'refresh_token', 'client_credentials', DEVICE] as const

let issuer: TestIssuer
let userId: string
before(async () => {
  issuer = await startIssuer({ scopes: SCOPES, roles: { user: { scopes: ['orders:read', 'orders:write'] } } })
  await issuer.signUp('alice')
  userId = (await issuer.auth.users.findByLogin('alice'))?.id ?? ''
})
after(() => issuer.close())

test('C6, C7: a client uses the grants it is registered for, and no other', async () => {
  const requests: Readonly<
    Record<string, (client: TestClient | undefined) => Promise<Record<string, string>>>
  > = {
    password: async () => ({ username: 'alice', password: PASSWORD }),
    refresh_token: async (client) => ({ refresh_token: (await signInFor(issuer, userId, client)).refresh }),
    client_credentials: async () => ({}),
    authorization_code: async () => ({ code: 'x', redirect_uri: 'https://app.example.com/cb' }),
    implicit: async () => ({}),
    [DEVICE]: async () => ({ device_code: 'x' }),
  }
  const sets = [[], ...GRANTS.map((grant) => [grant]), GRANTS].filter((set) => set.length > 0)
  const clients: (readonly [readonly string[], TestClient | undefined])[] = [
    // With the docs open it has an address to be led back to: that of their page.
    [['password', 'refresh_token', 'authorization_code'], undefined],
  ]
  for (const grants of sets) {
    const redirectUris = grants.includes('authorization_code') ? ['https://app.example.com/cb'] : []
    clients.push([grants, await registerClient(issuer, { grants, redirectUris })])
  }
  for (const [grants, client] of clients) {
    for (const [grant_type, make] of Object.entries(requests)) {
      const answer = await callAs(issuer, client, '/token', { grant_type, ...(await make(client)) })
      const offered = grant_type !== 'implicit'
      const expected = !offered
        ? 'unsupported_grant_type'
        : !grants.includes(grant_type)
          ? 'unauthorized_client'
          : grant_type === 'authorization_code' || grant_type === DEVICE
            ? 'invalid_grant'
            : undefined
      assert.equal(answer.body.error, expected, `${grants} asks by ${grant_type}: ${answer.text}`)
      assert.equal(answer.status, expected === undefined ? 200 : 400)
      assert.equal(answer.headers.get('cache-control'), 'no-store', 'C15')
    }
  }
  const missing = await callAs(issuer, clients[1]?.[1], '/token', {})
  assert.equal(missing.body.error, 'invalid_request')
})

test('C7: the password grant off is refused, and is not in the metadata', async () => {
  const own = await startIssuer({ passwordGrant: false })
  const form = { grant_type: 'password', username: 'alice', password: PASSWORD }
  assert.equal((await own.call('POST', '/token', { form })).body.error, 'unsupported_grant_type')
  const { body } = await own.call('GET', '/.well-known/oauth-authorization-server')
  const challenge = 'urn:countersign:grant-type:challenge'
  const offered = ['authorization_code', challenge, DEVICE, 'refresh_token', 'client_credentials']
  assert.deepEqual(body.grant_types_supported, offered)
  await own.close()
})

test('a client that acts for itself is the subject of its token, holds no role and no session, and nothing is written', async () => {
  const client = await registerClient(issuer, { scopes: ['orders:read', 'orders:delete'] })
  const events = (await issuer.auth.events.list({ limit: 1000 })).length
  const answer = await callAs(issuer, client, '/token', { grant_type: 'client_credentials' })
  assert.deepEqual(Object.keys(answer.body).sort(), ['access_token', 'expires_in', 'scope', 'token_type'])
  const claims = claimsOf(String(answer.body.access_token))
  assert.deepEqual([claims.sub, claims.client_id], [client.id, client.id])
  assert.deepEqual([claims.roles, claims.sid, claims.auth_time], [[], undefined, undefined])
  assert.equal(claims.scope, 'orders:read orders:delete', 'its own, and no more: roles have no part in it')
  assert.equal((await issuer.auth.events.list({ limit: 1000 })).length, events)

  const request = new Request('http://api.example.com/', {
    headers: { authorization: `Bearer ${answer.body.access_token}` },
  })
  const checked = await issuer.auth.check(request, issuer.auth.needs({ scopes: ['orders:delete'] }))
  assert.ok(checked.ok && checked.principal.kind === 'client' && checked.principal.id === client.id)
  assert.equal((await issuer.auth.check(request, issuer.auth.needs({ roles: ['user'] }))).ok, false)
  for (const path of ['/users/me', '/users/me/sessions']) {
    const mine = await issuer.call('GET', path, { token: String(answer.body.access_token) })
    assert.ok(mine.status < 500 && !mine.text.includes('alice'), `${path}: ${mine.status}`)
  }
})

test('a client gets at most the scopes it is registered for, and no misspelt one', async () => {
  const client = await registerClient(issuer, { scopes: ['orders:read', 'orders:write'] })
  const ask = (scope: string) => callAs(issuer, client, '/token', { grant_type: 'client_credentials', scope })
  assert.equal((await ask('')).body.scope, 'orders:read orders:write')
  assert.equal((await ask('orders:read')).body.scope, 'orders:read')
  assert.equal((await ask('orders:read orders:delete admin:users')).body.scope, 'orders:read')
  assert.equal((await ask('orders:reed')).body.error, 'invalid_scope')
  const bare = await registerClient(issuer)
  assert.equal((await callAs(issuer, bare, '/token', { grant_type: 'client_credentials' })).body.scope, '')
})

test('C5, B4: a refresh token is good for the client it was issued to and for no other, and a try changes nothing', async () => {
  const [mine, other] = [
    await registerClient(issuer, { grants: ['refresh_token'], scopes: ['orders:read'] }),
    await registerClient(issuer, { grants: ['refresh_token'], scopes: ['orders:read', 'orders:write'] }),
  ]
  const open = await registerClient(issuer, { authMethod: 'none' })
  const owners: readonly (TestClient | undefined)[] = [undefined, mine, other, open]
  for (const owner of owners) {
    const { refresh } = await signInFor(issuer, userId, owner)
    const form = { grant_type: 'refresh_token', refresh_token: refresh }
    for (const thief of owners) {
      if (thief === owner) continue
      const answer = await callAs(issuer, thief, '/token', form)
      assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_grant'])
      assert.equal((await callAs(issuer, thief, '/refresh', { refresh_token: refresh })).status, 400)
    }
    const answer = await callAs(issuer, owner, '/token', form)
    assert.equal(answer.status, 200, answer.text)
    assert.equal(claimsOf(String(answer.body.access_token)).client_id, owner?.id ?? FIRST_PARTY)
  }
  const events = await issuer.auth.events.list({ userId, limit: 1000 })
  assert.ok(events.some(({ name }) => name === 'session.wrong_client'))
})

test('a confidential client refreshes only as itself: its id alone is not enough', async () => {
  const client = await registerClient(issuer, { grants: ['refresh_token'] })
  const { refresh } = await signInFor(issuer, userId, client)
  const form = { grant_type: 'refresh_token', refresh_token: refresh, client_id: client.id }
  assert.equal((await issuer.call('POST', '/token', { form })).status, 401)
  assert.equal((await callAs(issuer, client, '/token', { ...form })).status, 200)
})

test('PROTOCOL 1.6: times and counters of a client’s token are those of the statement that knew it', async () => {
  const clock = handClock()
  const store = sqlite(':memory:')
  const own = await startIssuer({ clock, store, maxStalenessSeconds: 5 })
  const client = await registerClient(own)
  const findStanding = store.clients.findStanding
  let delay = 0
  Object.assign(store.clients, {
    findStanding: async (id: string) => {
      const found = await findStanding(id)
      clock.advance(delay)
      return found
    },
  })
  const ask = () => callAs(own, client, '/token', { grant_type: 'client_credentials' })
  const before = Math.floor(clock.now() / 1000)
  delay = 4000
  const { iat, exp, ver } = claimsOf(String((await ask()).body.access_token))
  assert.deepEqual([iat, exp], [before, before + 900], 'the answer took four seconds to come')
  const standing = await findStanding(client.id)
  assert.equal(ver, `0.${standing?.client.ver}.${standing?.storeEpoch}`)
  delay = 5001
  assert.equal((await ask()).status, 503, 'nothing is signed so late')
  delay = 0
  assert.equal((await ask()).status, 200)
  await own.close()
})

test('the store down is 503 try_again at every endpoint that asks for the client', async () => {
  const store = sqlite(':memory:')
  const own = await startIssuer({ store })
  const client = await registerClient(own)
  const { refresh } = tokensOf({ ...(await own.signUp('bob').then(() => own.signIn('bob'))) })
  await store.close()
  for (const [path, form] of Object.entries({
    '/token': { grant_type: 'client_credentials' },
    '/revoke': { token: refresh },
    '/introspect': { token: refresh },
  })) {
    const answer = await callAs(own, client, path, form)
    assert.deepEqual([answer.status, answer.body.error], [503, 'try_again'], `${path} ${answer.text}`)
    assert.ok(Number(answer.headers.get('retry-after')) >= 1)
  }
  await own.close()
})
