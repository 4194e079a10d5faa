import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Store, sqlite } from '../../src/index.ts'
import { answerOf, codeClient, exchange, openBrowser, requestOf } from './browser.ts'
import { ISSUER, PASSWORD, readAnswer, startIssuer, type TestIssuer, tokensOf } from './issuer.ts'
import { startLettered } from './letters.ts'
import { callAs, registerClient } from './test-clients.ts'

/** A request whose head is there and was let in, and whose body comes when it is sent. */
function begin(
  { auth }: TestIssuer,
  [method, path]: readonly [string, string],
  headers: Record<string, string>,
  json: unknown,
) {
  const asked = Promise.withResolvers<void>()
  const sent = Promise.withResolvers<void>()
  const body = new ReadableStream(
    {
      async pull(controller) {
        asked.resolve()
        await sent.promise
        controller.enqueue(new TextEncoder().encode(JSON.stringify(json)))
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const request = new Request(ISSUER + path, {
    method,
    body,
    duplex: 'half',
    headers: { 'content-type': 'application/json', ...headers },
  } as RequestInit)
  const answer = auth.fetch(request, { address: '127.0.0.1' }).then(readAnswer)
  return {
    /** Its body is waited for. */
    admitted: asked.promise,
    send() {
      sent.resolve()
      return answer
    },
  }
}

test('B8: a request that was let in does nothing once what it came with has ended, however long its body takes', async () => {
  const issuer = await startIssuer()
  const { users } = issuer.auth
  await issuer.signUp('mallory')
  const mallory = await users.findByLogin('mallory')
  const change = ['PATCH', `/admin/users/${mallory?.id}`] as const
  const ends = {
    disabled: (id: string) => users.disable(id),
    'signed out': async (_id: string, token: string) => {
      assert.equal((await issuer.call('POST', '/logout', { token })).status, 204)
    },
    'no admin any more': (id: string) => users.setRoles(id, ['user']),
    'with another password': (id: string) => users.setPassword(id, 'a longer sentence of mine'),
  }
  for (const [what, end] of Object.entries(ends)) {
    const name = what.replaceAll(' ', '.')
    await issuer.signUp(name)
    const id = (await users.findByLogin(name))?.id ?? ''
    await users.setRoles(id, ['admin', 'user'])
    const { access } = tokensOf(await issuer.signIn(name))
    const half = begin(issuer, change, { authorization: `Bearer ${access}` }, { roles: ['admin'] })
    await half.admitted
    await end(id, access)
    const refused = await half.send()
    assert.equal(refused.status, 401, `${what}: ${refused.text}`)
    assert.deepEqual((await users.findByLogin('mallory'))?.roles, ['user'], what)
  }
  await issuer.signUp('boss')
  await users.setRoles((await users.findByLogin('boss'))?.id ?? '', ['admin', 'user'])
  const { access } = tokensOf(await issuer.signIn('boss'))
  const half = begin(issuer, change, { authorization: `Bearer ${access}` }, { roles: ['admin'] })
  await half.admitted
  const done = await half.send()
  assert.equal(done.status, 200, `nothing has ended: ${done.text}`)
  await issuer.close()
})

/** A store that lets something happen each time after an account was read, which its password is about to be proven of. */
function withPause(between: () => Promise<unknown>): Store {
  const store = sqlite(':memory:')
  const users: Store['users'] = {
    ...store.users,
    async findAccountById(id) {
      const account = await store.users.findAccountById(id)
      await between()
      return account
    },
  }
  return { ...store, users } as Store
}

test('B7: what a password proves is void with it: a reset in that moment is not overwritten, nor is the address changed or the account deleted', async () => {
  let between = async (): Promise<unknown> => undefined
  const issuer = await startLettered({ store: withPause(() => between()) })
  const thief = { address: 'thief@evil.example', password: 'what the thief would like' }
  for (const [name, method, path, json, status] of [
    ['alice', 'POST', '/password/change', { current_password: PASSWORD, new_password: thief.password }, 401],
    ['bob', 'POST', '/users/me/email', { email: thief.address, password: PASSWORD }, 202],
    ['carol', 'DELETE', '/users/me', { password: PASSWORD }, 401],
  ] as const) {
    const { access } = await issuer.signUp(name)
    const id = (await issuer.auth.users.findByLogin(name))?.id ?? ''
    between = async () => {
      between = async () => undefined
      await issuer.auth.users.setPassword(id, 'a longer sentence of mine')
    }
    const answer = await issuer.call(method, path, { token: access, json })
    assert.equal(answer.status, status, answer.text)
    const form = { grant_type: 'password', username: name, password: 'a longer sentence of mine' }
    assert.equal(
      (await issuer.call('POST', '/token', { form })).status,
      200,
      'the new password is the password',
    )
  }
  const token = await issuer.token('change_email', thief.address)
  assert.equal((await issuer.call('POST', '/email/verify', { json: { token } })).status, 400)
  assert.equal(await issuer.auth.users.findByLogin(thief.address), undefined)
  await issuer.close()
})

test('B7: what another process has ended changes nothing here in the seconds until it is heard of', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-elsewhere-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const databaseUrl = `sqlite:${join(folder, 'auth.db')}`
  const [here, there] = [await startIssuer({ databaseUrl }), await startIssuer({ databaseUrl })]
  const { access } = await here.signUp('alice')
  const id = (await here.auth.users.findByLogin('alice'))?.id ?? ''
  const { users } = here.auth
  await users.setRoles(id, ['user', 'admin'])
  const { access: token, refresh } = tokensOf(await here.signIn('alice'))
  assert.equal((await there.me(token)).status, 200, access)
  await users.setPassword(id, 'a longer sentence of mine')
  const bob = await users.create({ email: 'bob@example.com', password: PASSWORD })
  for (const [method, path, json] of [
    ['POST', '/users/me/totp'],
    ['POST', '/users/me/recovery-codes'],
    ['POST', '/users/me/api-keys', { name: 'a way back' }],
    ['POST', '/users/me/email', { email: 'thief@evil.example' }],
    ['PATCH', '/users/me', { username: 'thief' }],
    ['DELETE', '/users/me'],
    ['PATCH', `/admin/users/${bob.id}`, { roles: ['admin'] }],
    ['POST', '/admin/clients', { client_name: 'Of the thief', redirect_uris: ['https://evil.example/cb'] }],
  ] as const) {
    const refused = await there.call(method, path, { token, ...(json !== undefined && { json }) })
    assert.equal(refused.status, 401, `${method} ${path}: ${refused.text.slice(0, 200)}`)
  }
  assert.equal((await there.refresh(refresh)).status, 400)
  assert.deepEqual((await users.find(bob.id))?.roles, ['user'])
  const { access: admin } = tokensOf(await here.signIn('alice', { password: 'a longer sentence of mine' }))
  const made = await here.call('POST', '/users/me/api-keys', { token: admin, json: { name: 'a door' } })
  const key = String(made.body.key)
  for (const token of [admin, key]) {
    assert.equal((await there.call('GET', '/admin/users?limit=1', { token })).status, 200)
  }
  await users.setRoles(id, ['user'])
  const back = { token: admin, json: { roles: ['user', 'admin'] } }
  assert.equal((await there.call('PATCH', `/admin/users/${id}`, back)).status, 401, 'gives nothing back')
  const byKey = await there.call('PATCH', `/admin/users/${bob.id}`, {
    token: key,
    json: { roles: ['admin'] },
  })
  assert.ok(byKey.status === 503 || byKey.status === 403, byKey.text)
  await here.auth.apiKeys.revoke(id, String(made.body.id))
  const revoked = await there.call('PATCH', `/admin/users/${bob.id}`, {
    token: key,
    json: { state: 'disabled' },
  })
  assert.ok(revoked.status >= 400, revoked.text)
  assert.deepEqual((await users.find(id))?.roles, ['user'])
  assert.equal((await users.find(id))?.username, 'alice')

  const scopes = ['admin:clients']
  const program = await registerClient(here, { scopes })
  const proven = await callAs(there, program, '/token', { grant_type: 'client_credentials' })
  await here.signUp('root')
  await users.setRoles((await users.findByLogin('root'))?.id ?? '', ['user', 'admin'])
  const browser = openBrowser(here)
  await browser.signIn('root')
  const console = await codeClient(here, { scopes })
  const { code = '' } = answerOf(await browser.open(requestOf(console, { scope: 'admin:clients' })))
  for (const [client, { body }] of [
    [program, proven],
    [console, await exchange(there, console, code)],
  ] as const) {
    const token = String(body.access_token)
    const json = { client_name: 'A way back', grant_types: ['client_credentials'], scope: 'admin:clients' }
    const register = () => there.call('POST', '/admin/clients', { token, json })
    assert.equal((await register()).status, 201)
    await here.auth.clients.change(client.id, { state: 'disabled' })
    assert.equal((await register()).status, 401, 'a client makes no other in its place')
  }
  await Promise.all([here.close(), there.close()])
})

test('B7, F-6: a ticket that a cookie buys in the seconds until a lost role is heard of opens no socket with it', async () => {
  let between = async (): Promise<unknown> => undefined
  const store = sqlite(':memory:')
  const sessions: Store['sessions'] = {
    ...store.sessions,
    async findStanding(held) {
      await between()
      return store.sessions.findStanding(held)
    },
  }
  const issuer = await startIssuer({
    store: { ...store, sessions } as Store,
    scopes: { 'orders:read': 'See orders' },
    roles: { clerk: { scopes: ['orders:read'] } },
  })
  const { id } = await issuer.auth.users.create({
    email: 'alice@example.com',
    password: PASSWORD,
    roles: ['user', 'clerk'],
  })
  const browser = openBrowser(issuer)
  await browser.signIn('alice@example.com')
  const { csrf_token, scope } = (await browser.open('/session')).body
  assert.equal(scope, 'profile:read orders:read', 'and memory knows them')
  // As another process would: this one has let the request in by what it remembers.
  between = () => issuer.auth.users.setRoles(id, ['user'])
  const headers = { origin: ISSUER, 'x-csrf-token': String(csrf_token) }
  const { body } = await browser.post('/ws-ticket', {}, headers)
  const accepted = await issuer.auth.sockets.accept(
    new Request(`${ISSUER}/ws?ticket=${body.ticket}`, { headers: { origin: ISSUER } }),
  )
  assert.ok(accepted.ok)
  const { scopes, roles } = accepted.principal
  assert.deepEqual([scopes, roles], [['profile:read'], ['user']])
  await issuer.close()
})

test('C17: a consent that is taken back in the moment of a request for a code gives none', async () => {
  let between = async (): Promise<unknown> => undefined
  const store = sqlite(':memory:')
  const consents: Store['consents'] = {
    ...store.consents,
    async find(userId, clientId) {
      const consent = await store.consents.find(userId, clientId)
      await between()
      return consent
    },
  }
  const issuer = await startIssuer({ store: { ...store, consents } as Store })
  const { access: token } = await issuer.signUp('alice')
  const userId = (await issuer.auth.users.findByLogin('alice'))?.id ?? ''
  const client = await codeClient(issuer, { skipConsent: false })
  const of = { userId, clientId: client.id }
  const event = { origin: { actor: { kind: 'user' } }, ...of } as const
  await store.consents.grant({ ...of, scopes: ['openid'] }, { name: 'consent.granted', ...event })
  const browser = openBrowser(issuer)
  await browser.signIn('alice')
  assert.ok(answerOf(await browser.open(requestOf(client))).code)
  between = async () => {
    between = async () => undefined
    assert.equal((await issuer.call('DELETE', `/users/me/consents/${client.id}`, { token })).status, 204)
  }
  const { code, error } = answerOf(await browser.open(requestOf(client)))
  assert.deepEqual([code, error], [undefined, 'access_denied'])
  assert.equal((await browser.open(requestOf(client))).status, 200, 'then it is asked for again')
  await issuer.close()
})
