import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sqlite } from '../../src/index.ts'
import { type Answer, PASSWORD, tokensOf } from './issuer.ts'
import { type LetteredIssuer, startLettered } from './letters.ts'
import { newVisitor, type Visitor } from './page-visitor.ts'
import { CLIENT_ID, CLIENT_SECRET, type OddProvider, startOddProvider } from './provider-stand-ins.ts'

const store = sqlite(':memory:')
const NOBODY = '00000000-0000-4000-8000-000000000000'

let odd: OddProvider
let issuer: LetteredIssuer
let admin: string
before(async () => {
  odd = await startOddProvider()
  const work = {
    name: 'Work',
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    issuer: odd.url,
    trustEmail: true,
  }
  issuer = await startLettered({ store, rateLimits: 'off', providers: { work } })
  admin = await tokenOf('root', ['user', 'admin'])
})
after(async () => {
  await issuer?.close()
  await odd?.close()
})

async function tokenOf(username: string, roles: readonly string[]): Promise<string> {
  await issuer.auth.users.create({ email: `${username}@example.com`, username, password: PASSWORD, roles })
  return tokensOf(await issuer.signIn(username)).access
}

/** Somebody who comes by the provider, with a proven address. */
async function comeByWork(name: string): Promise<{ visitor: Visitor; id: string; email: string }> {
  const email = `${name}@example.com`
  odd.claims = { sub: name, email, email_verified: true }
  const visitor = newVisitor(issuer)
  const sent = await visitor.get('/login/with/work')
  assert.equal((await visitor.get(odd.answer(sent.location ?? ''))).location, '/account')
  return { visitor, id: (await issuer.auth.users.findByLogin(email))?.id ?? '', email }
}

const ask = (method: string, path: string, token: string | undefined): Promise<Answer> =>
  issuer.call(method, `/admin/users/${path}`, token === undefined ? {} : { token })
const isSignedIn = async (visitor: Visitor) => (await visitor.get('/account')).status === 200

test('an operator sees what signs somebody in, and takes away one that was taken over: sessions end, the owner is told', async () => {
  const { visitor, id, email } = await comeByWork('ann')
  const { body } = await ask('GET', `${id}/identities`, admin)
  const [shown, ...more] = body.items as Record<string, unknown>[]
  assert.deepEqual([shown?.provider, shown?.email, more], ['work', email, []])
  assert.deepEqual(Object.keys(shown ?? {}), ['id', 'provider', 'email', 'created_at'])

  const path = `${id}/identities/${shown?.id}`
  assert.equal((await ask('DELETE', path, admin)).status, 409, 'it is the last way in')
  assert.equal(await isSignedIn(visitor), true)
  await issuer.auth.users.setPassword(id, PASSWORD)
  const again = await comeByWork('ann')
  const { access } = tokensOf(await issuer.signIn(email))
  assert.equal((await ask('DELETE', path, admin)).status, 204)
  assert.equal(await isSignedIn(again.visitor), false)
  assert.equal((await issuer.me(access)).status, 401, 'access tokens with them')
  assert.deepEqual((await ask('GET', `${id}/identities`, admin)).body.items, [])
  await issuer.letter('identity_removed', email)
  const removed = (await issuer.auth.events.list({ limit: 100 })).filter(
    ({ name }) => name === 'identity.removed',
  )
  const root = await issuer.auth.users.findByLogin('root')
  assert.deepEqual(
    removed.map(({ origin, userId }) => [origin.actor, userId]),
    [[{ kind: 'user', id: root?.id }, id]],
  )
  assert.equal((await ask('DELETE', path, admin)).status, 404, 'once')
})

test('nobody but who looks after accounts sees or takes away connections, and nobody those of another account', async () => {
  const { id, email } = await comeByWork('ben')
  await issuer.auth.users.setPassword(id, PASSWORD)
  const [connection] = await issuer.auth.providers.connections(id)
  const user = await tokenOf('carl', ['user'])
  const own = tokensOf(await issuer.signIn(email)).access
  const path = `${id}/identities/${connection?.id}`
  for (const [token, status] of [
    [undefined, 401],
    [user, 403],
    [own, 403],
  ] as const) {
    assert.equal((await ask('GET', `${id}/identities`, token)).status, status)
    assert.equal((await ask('DELETE', path, token)).status, status)
  }
  const root = await issuer.auth.users.findByLogin('root')
  for (const [owner, one] of [
    [root?.id, connection?.id],
    [NOBODY, connection?.id],
    ['x', connection?.id],
    [id, NOBODY],
    [id, 'x'],
  ]) {
    assert.equal((await ask('DELETE', `${owner}/identities/${one}`, admin)).status, 404)
  }
  assert.equal((await ask('GET', `${NOBODY}/identities`, admin)).status, 404)
  assert.equal((await issuer.auth.providers.connections(id)).length, 1)
  assert.equal(await issuer.auth.providers.disconnect(id, NOBODY), false)
  assert.equal(await issuer.auth.providers.disconnect(id, connection?.id ?? ''), true)
  assert.deepEqual(await issuer.auth.providers.connections(id), [])
})

async function resetPassword(email: string): Promise<void> {
  await issuer.call('POST', '/password/forgot', { json: { email } })
  const json = { token: await issuer.token('reset', email), new_password: 'another long sentence' }
  assert.equal((await issuer.call('POST', '/password/reset', { json })).status, 204)
}

test('the letter after a reset names what still opens the account without the password, and only then', async () => {
  const { id, email } = await comeByWork('dora')
  const user = await issuer.auth.users.find(id)
  const passkey = {
    userId: id,
    userEpoch: user?.epoch ?? 0,
    keepSessionId: undefined,
    id: crypto.randomUUID(),
    name: 'https://evil.example click here',
    credentialId: 'a',
    publicKey: 'cHVibGlj',
    counter: 0,
    transports: [],
    synced: true,
    recoveryCodes: [],
  }
  const event = { name: 'passkey.added', origin: { actor: { kind: 'system' } }, userId: id } as const
  assert.equal((await store.factors.addPasskey(passkey, event)).outcome, 'added')
  await resetPassword(email)
  const { text } = await issuer.letter('password_changed', email)
  assert.match(text, /Without the password it can still be opened by: Work and 1 passkey\./)
  assert.doesNotMatch(text, /evil/, 'names that somebody chose stand in no letter of ours')
  assert.equal((await issuer.auth.providers.connections(id)).length, 1, 'kept')

  await tokenOf('emil', ['user'])
  await resetPassword('emil@example.com')
  const plain = await issuer.letter('password_changed', 'emil@example.com')
  assert.doesNotMatch(plain.text, /still be opened/)
})
