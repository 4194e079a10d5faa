import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AuthError, sqlite } from '../../src/index.ts'
import { badTokens } from './bad-tokens.ts'
import { claimsOf, handClock, startIssuer, type TestIssuer, type Tokens, tampered } from './issuer.ts'
import { callAs, registerClient, signInFor, type TestClient } from './test-clients.ts'

let issuer: TestIssuer
let userId: string
let client: TestClient
let other: TestClient
before(async () => {
  issuer = await startIssuer()
  await issuer.signUp('alice')
  userId = (await issuer.auth.users.findByLogin('alice'))?.id ?? ''
  client = await registerClient(issuer, { grants: ['refresh_token', 'client_credentials'] })
  other = await registerClient(issuer, { grants: ['refresh_token', 'client_credentials'] })
})
after(() => issuer.close())

const revokeAs = (owner: TestClient | undefined, token: string, more: Record<string, string> = {}) =>
  callAs(issuer, owner, '/revoke', { token, ...more })
/** For a route of the application: the account's own endpoints ask whose client it is as well. */
async function isGood(access: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${access}` }
  const { auth } = issuer
  return (await auth.check(new Request('http://api.example.com/', { headers }), auth.signedIn)).ok
}
const eventsOf = async () => (await issuer.auth.events.list({ userId, limit: 1000 })).map(({ name }) => name)

test('B9: a revoked refresh token ends its session and its access tokens at the next request; the others live', async () => {
  for (const owner of [undefined, client]) {
    const [one, two] = [await signInFor(issuer, userId, owner), await signInFor(issuer, userId, owner)]
    const answer = await revokeAs(owner, one.refresh, { token_type_hint: 'refresh_token' })
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.deepEqual([await isGood(one.access), await isGood(two.access)], [false, true])
    const turn = (token: Tokens) =>
      callAs(issuer, owner, '/token', { grant_type: 'refresh_token', refresh_token: token.refresh })
    assert.equal((await turn(one)).body.error, 'invalid_grant')
    assert.equal((await turn(two)).status, 200)
    assert.equal((await revokeAs(owner, one.refresh)).status, 200, 'again')
  }
})

test('B9: a passed refresh token ends its session too, for it proves as much', async () => {
  const first = await signInFor(issuer, userId)
  const second = String((await issuer.refresh(first.refresh)).body.access_token)
  assert.equal((await revokeAs(undefined, first.refresh)).status, 200)
  assert.equal(await isGood(second), false)
})

test('B9, PROTOCOL 2.9: a revoked access token ends alone, whatever the hint says; 17 of one session end the session', async () => {
  const { access, refresh } = await signInFor(issuer, userId)
  assert.equal((await revokeAs(undefined, access, { token_type_hint: 'refresh_token' })).status, 200)
  assert.equal(await isGood(access), false)
  let next = await issuer.refresh(refresh)
  assert.equal(next.status, 200, 'the session lives')
  for (let count = 1; count < 17; count += 1) {
    await revokeAs(undefined, String(next.body.access_token))
    next = await issuer.refresh(String(next.body.refresh_token))
  }
  assert.equal(next.status, 400, 'too many entries of one session')
})

test('B9: a client’s own token is revoked', async () => {
  const answer = await callAs(issuer, client, '/token', { grant_type: 'client_credentials' })
  const request = new Request('http://api.example.com/', {
    headers: { authorization: `Bearer ${answer.body.access_token}` },
  })
  assert.equal((await issuer.auth.check(request, issuer.auth.signedIn)).ok, true)
  assert.equal((await revokeAs(client, String(answer.body.access_token))).status, 200)
  assert.equal((await issuer.auth.check(request, issuer.auth.signedIn)).ok, false)
})

test('B9: no client revokes the token of another, and is told so (RFC 7009 section 2.1)', async () => {
  const open = await registerClient(issuer, { authMethod: 'none' })
  for (const [owner, thief] of [
    [undefined, client],
    [client, other],
    [client, undefined],
    [open, client],
    [client, open],
  ]) {
    const tokens = await signInFor(issuer, userId, owner)
    for (const token of [tokens.refresh, tokens.access]) {
      const answer = await revokeAs(thief, token)
      assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_grant'])
    }
    assert.equal(await isGood(tokens.access), true)
    const refreshed = await callAs(issuer, owner, '/token', {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh,
    })
    assert.equal(refreshed.status, 200)
  }
})

test('B9: a confidential client must prove itself, and a token is needed', async () => {
  const { refresh, access } = await signInFor(issuer, userId, client)
  const form = { token: refresh, client_id: client.id }
  assert.equal((await issuer.call('POST', '/revoke', { form })).status, 401)
  assert.equal((await issuer.call('POST', '/revoke', { form: { ...form, client_secret: 'x' } })).status, 401)
  assert.equal(await isGood(access), true)
  assert.equal((await callAs(issuer, client, '/revoke', {})).status, 400)
  const twice = `token=${refresh}&token=${refresh}&client_id=${client.id}`
  assert.equal((await issuer.call('POST', '/revoke', { form: twice })).status, 400, 'C14')
})

test('B9: what is unknown, forged, cut, over or of another kind is 200, ends nothing and writes nothing', async () => {
  const live = await signInFor(issuer, userId)
  const before = await eventsOf()
  for (const [what, token] of badTokens(live)) {
    const answer = await revokeAs(undefined, token)
    assert.ok([200, 400].includes(answer.status), `${what}: ${answer.status}`)
    if (answer.status === 200) assert.equal(answer.text, '{}')
  }
  assert.equal(await isGood(live.access), true)
  assert.deepEqual(await eventsOf(), before)
  assert.equal((await issuer.refresh(live.refresh)).status, 200)
})

test('B9: a token that has ended is written down once at most, however often it is revoked', async () => {
  const clock = handClock()
  const own = await startIssuer({ clock })
  const { access } = await own.signUp('bob')
  const revoke = () => own.call('POST', '/revoke', { form: { token: access } })
  const count = async () => (await own.auth.events.list({ name: 'token.revoked', limit: 100 })).length
  for (let times = 0; times < 5; times += 1) assert.equal((await revoke()).status, 200)
  assert.equal(await count(), 1)
  const old = await own.signIn('bob')
  const form = { token: String(old.body.access_token) }
  clock.advance(86_400_000)
  for (let times = 0; times < 5; times += 1) {
    assert.equal((await own.call('POST', '/revoke', { form })).status, 200, 'expired, if the clock is right')
  }
  assert.equal(await count(), 2)
  clock.advance(3_600_000)
  assert.equal((await own.call('POST', '/revoke', { form })).status, 200, 'expired, whatever the clock says')
  assert.equal(await count(), 2)
  await own.close()
})

test('B9: a store that fails is 503 and never 200, at every step', async () => {
  const store = sqlite(':memory:')
  const own = await startIssuer({ store })
  const tokens = await own.signUp('bob')
  const fail = () => Promise.reject(new AuthError('STORE_UNAVAILABLE'))
  const steps = [
    // Of a client that is not remembered.
    [store.clients, 'findStanding', { token: tokens.refresh, client_id: 'shop' }],
    [store.sessions, 'inspect', { token: tokens.refresh }],
    [store.sessions, 'end', { token: tokens.refresh }],
    [store.revocations, 'add', { token: tokens.access }],
  ] as const
  for (const [verbs, name, form] of steps) {
    const works: unknown = Reflect.get(verbs, name)
    Object.assign(verbs, { [name]: fail })
    const answer = await own.call('POST', '/revoke', { form })
    assert.deepEqual([answer.status, answer.body.error], [503, 'try_again'], name)
    Object.assign(verbs, { [name]: works })
  }
  assert.equal((await own.me(tokens.access)).status, 200)
  await own.close()
})

test('PROTOCOL 1.4: a refresh token made with a key that this node has not got yet is 503, not "revoked"', async () => {
  const { refresh } = await signInFor(issuer, userId)
  const bytes = Buffer.from(refresh.slice('cs_rt_'.length), 'base64url')
  bytes.writeUInt32BE(0xdeadbeef, 17)
  for (const path of ['/revoke', '/introspect']) {
    const answer = await callAs(issuer, client, path, { token: `cs_rt_${bytes.toString('base64url')}` })
    assert.equal(answer.status, 503, path)
  }
})

test('B9, PROTOCOL 2.8: a token of a key that this node has not heard of is 503, not "revoked"', async () => {
  const other = await startIssuer()
  const { access: token } = await other.signUp('bob')
  await other.close()
  const clock = handClock()
  const store = sqlite(':memory:')
  const own = await startIssuer({ clock, store })
  const asked = async (path: string) => (await callAs(own, await registered, path, { token })).status
  const registered = registerClient(own)
  assert.deepEqual([await asked('/revoke'), await asked('/introspect')], [200, 200], 'of a stranger')
  Object.assign(store.revocations, { pull: () => Promise.reject(new AuthError('STORE_UNAVAILABLE')) })
  clock.advance(301_000)
  assert.deepEqual([await asked('/revoke'), await asked('/introspect')], [503, 503])
  await own.close()
})

test('the log says which token was revoked and by whom, and holds no token', async () => {
  const { access } = await signInFor(issuer, userId, client)
  await revokeAs(client, access)
  const [event] = await issuer.auth.events.list({ userId, name: 'token.revoked', limit: 1 })
  assert.deepEqual(event?.origin.actor, { kind: 'client', id: client.id })
  assert.equal(event.data?.jti, claimsOf(access).jti)
  assert.ok(!JSON.stringify(event).includes(access.slice(-40)))
  assert.notEqual(tampered(access), access)
})
