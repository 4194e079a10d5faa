import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { codeClient, codeFor, exchange, openBrowser } from './browser.ts'
import { claimsOf, PASSWORD, startIssuer, type TestIssuer, type Tokens, tokensOf } from './issuer.ts'
import { startLettered } from './letters.ts'

let issuer: TestIssuer
let admin: string
before(async () => {
  issuer = await startIssuer({
    scopes: { 'orders:read': 'See your orders', 'orders:write': 'Change your orders' },
    roles: {
      admin: { scopes: ['profile:read', 'admin:users', 'admin:events', 'orders:read', 'orders:write'] },
      helper: { scopes: ['admin:users', 'orders:read'] },
    },
  })
  const root = await issuer.signUp('root')
  await issuer.auth.users.setRoles(subOf(root.access), ['user', 'admin'])
  admin = tokensOf(await issuer.signIn('root')).access
})
after(() => issuer.close())

const subOf = (access: string) => String(claimsOf(access).sub)
const scopesOf = (access: string) => String(claimsOf(access).scope).split(' ').sort()
const put = (name: string, json: unknown, token = admin) =>
  issuer.call('PUT', `/admin/roles/${name}`, { json, token })
const give = async (access: string, roles: readonly string[]) => {
  const answer = await issuer.call('PATCH', `/admin/users/${subOf(access)}`, {
    json: { roles },
    token: admin,
  })
  assert.equal(answer.status, 200, answer.text)
}
const refreshed = async ({ refresh }: Tokens) => tokensOf(await issuer.refresh(refresh))

test('an admin makes a role and gives it; its scopes are in the tokens of the next refresh', async () => {
  const made = await put('seller', { description: 'Sells', scopes: ['orders:read'] })
  assert.equal(made.status, 200, made.text)
  assert.deepEqual(made.body, {
    name: 'seller',
    description: 'Sells',
    scopes: ['orders:read'],
    from: 'database',
  })
  let tokens = await issuer.signUp('sally')
  assert.deepEqual(scopesOf(tokens.access), ['profile:read'])
  await give(tokens.access, ['user', 'seller'])
  assert.equal((await issuer.me(tokens.access)).status, 200, 'who gains something loses no token')
  tokens = await refreshed(tokens)
  assert.deepEqual(claimsOf(tokens.access).roles, ['user', 'seller'])
  assert.deepEqual(scopesOf(tokens.access), ['orders:read', 'profile:read'])

  await put('seller', { scopes: ['orders:read', 'orders:write'] })
  assert.equal((await issuer.me(tokens.access)).status, 200)
  tokens = await refreshed(tokens)
  assert.deepEqual(scopesOf(tokens.access), ['orders:read', 'orders:write', 'profile:read'])
})

test('what a role loses is refused at once, with every credential; the session lives on', async () => {
  await put('packer', { scopes: ['orders:read', 'orders:write'] })
  let tokens = await issuer.signUp('peter')
  await give(tokens.access, ['user', 'packer'])
  tokens = await refreshed(tokens)
  const key = await issuer.auth.apiKeys.create({
    userId: subOf(tokens.access),
    name: 'script',
    scopes: ['orders:write', 'orders:read'],
    lifeSeconds: 3600,
  })
  const word = issuer.auth.needs({ scopes: ['orders:write'] })
  const passes = async (credential: string) => {
    const request = new Request('http://127.0.0.1:8000/orders', {
      headers: { authorization: `Bearer ${credential}` },
    })
    return (await issuer.auth.check(request, word)).ok
  }
  assert.deepEqual([await passes(tokens.access), await passes(key.text)], [true, true])

  assert.equal((await put('packer', { scopes: ['orders:read'] })).status, 200)
  assert.deepEqual([await passes(tokens.access), await passes(key.text)], [false, false])
  assert.equal((await issuer.me(tokens.access)).status, 401)
  tokens = await refreshed(tokens)
  assert.deepEqual(scopesOf(tokens.access), ['orders:read', 'profile:read'])

  const removed = await issuer.call('DELETE', '/admin/roles/packer', { token: admin })
  assert.equal(removed.status, 204)
  assert.equal((await issuer.me(tokens.access)).status, 401)
  tokens = await refreshed(tokens)
  assert.deepEqual([claimsOf(tokens.access).roles, scopesOf(tokens.access)], [['user'], ['profile:read']])
  assert.equal((await issuer.call('DELETE', '/admin/roles/packer', { token: admin })).status, 404)
  const events = await issuer.auth.events.list({ limit: 200 })
  for (const name of ['role.created', 'role.changed', 'role.removed']) {
    assert.ok(
      events.some((event) => event.name === name && event.data?.role === 'packer'),
      name,
    )
  }
})

test('a sign-in that asked for scopes never has more than those, whatever its roles come to hold', async () => {
  const { access } = await issuer.signUp('nora')
  let tokens = tokensOf(await issuer.signIn('nora', { scope: 'profile:read orders:read' }))
  assert.deepEqual(scopesOf(tokens.access), ['profile:read'])
  await put('narrow', { scopes: ['orders:read', 'orders:write'] })
  await give(access, ['user', 'narrow'])
  tokens = await refreshed(tokens)
  assert.deepEqual(scopesOf(tokens.access), ['profile:read'])
})

test('nobody makes, changes or removes a role that holds more than they do, nor one of the configuration', async () => {
  await issuer.auth.users.setRoles(subOf((await issuer.signUp('helper')).access), ['helper'])
  const helper = tokensOf(await issuer.signIn('helper')).access
  await put('clerk', { scopes: ['orders:write'] })
  for (const [name, scopes] of [
    ['mine', ['admin:users', 'admin:events']],
    ['mine', ['orders:write']],
    ['clerk', []],
    ['clerk', ['orders:read']],
  ] as const) {
    const refused = await put(name, { scopes }, helper)
    assert.deepEqual([refused.status, refused.body.code], [403, 'insufficient_scope'], name)
  }
  assert.equal((await issuer.call('DELETE', '/admin/roles/clerk', { token: helper })).status, 403)
  assert.equal((await put('reader', { scopes: ['orders:read'] }, helper)).status, 200)
  for (const name of ['admin', 'user', 'helper']) {
    assert.equal((await put(name, { scopes: ['orders:read'] })).status, 400, name)
    assert.equal((await issuer.call('DELETE', `/admin/roles/${name}`, { token: admin })).status, 400, name)
  }
  const plain = (await issuer.signUp('plain')).access
  for (const token of [plain, undefined]) {
    const who = token === undefined ? {} : { token }
    const json = { scopes: [] }
    assert.equal((await issuer.call('PUT', '/admin/roles/x', { json, ...who })).status, token ? 403 : 401)
    assert.equal((await issuer.call('GET', '/admin/roles', who)).status, token ? 403 : 401)
  }
})

test('nobody gives a role whose scope this node has not heard of yet', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-roles-'))
  const shared = {
    databaseUrl: `sqlite:${join(folder, 'auth.db')}`,
    roles: { helper: { scopes: ['profile:read', 'admin:users'] } },
  }
  const node = await startIssuer(shared)
  const other = await startIssuer(shared)
  const { access } = await node.signUp('helper')
  await node.auth.users.setRoles(subOf(access), ['helper'])
  const token = tokensOf(await node.signIn('helper')).access
  await other.auth.declarations.apply(
    await other.auth.declarations.plan({
      scopes: { 'payments:refund': 'Pay money back' },
      roles: { cashier: { scopes: ['payments:refund'] } },
    }),
  )
  // At once, as somebody would who has waited for this moment.
  const json = { roles: ['helper', 'cashier'] }
  const given = await node.call('PATCH', `/admin/users/${subOf(access)}`, { json, token })
  assert.deepEqual([given.status, given.body.code], [403, 'insufficient_scope'])
  const invited = { email: 'mate@example.com', roles: ['cashier'] }
  const mailed = await node.call('POST', '/admin/invitations', { json: invited, token })
  assert.equal(mailed.status, 403, mailed.text)
  await node.close()
  await other.close()
  rmSync(folder, { recursive: true })
})

test('whoever may look after others by a role of the database is among the operators that an audit counts', async () => {
  const { operators } = await issuer.auth.survey()
  await put('keeper', { scopes: ['orders:read', 'admin:users'] })
  const { access } = await issuer.signUp('kim')
  await give(access, ['user', 'keeper'])
  assert.equal((await issuer.auth.survey()).operators, operators + 1)
})

test('what is no role is refused: a bad name, a scope that nobody declares, members that are not its', async () => {
  for (const [name, json] of [
    ['seller two', { scopes: [] }],
    ['-x', { scopes: [] }],
    ['x'.repeat(65), { scopes: [] }],
    ['fine', { scopes: ['orders:fly'] }],
    ['fine', { scopes: ['openid'] }],
    ['fine', { scopes: 'orders:read' }],
    ['fine', {}],
    ['fine', { scopes: [], description: 'two\nlines' }],
    ...['id', 'ver', 'name', 'role', 'from', 'emailVerified'].map(
      (member) => ['fine', { scopes: [], [member]: 'x' }] as const,
    ),
  ] as const) {
    const refused = await put(encodeURIComponent(name), json)
    assert.equal(refused.status, 400, `${name} ${JSON.stringify(json)}: ${refused.text}`)
  }
  const { access } = await issuer.signUp('ulla')
  const unknown = await issuer.call('PATCH', `/admin/users/${subOf(access)}`, {
    json: { roles: ['fine'] },
    token: admin,
  })
  assert.equal(unknown.status, 400)
  assert.match(unknown.text, /one of: .*admin.*seller/)
})

test('somebody who was invited to a role that is removed meanwhile comes in without it', async () => {
  const other = await startLettered({ registration: 'invite' })
  await other.auth.declarations.apply(
    await other.auth.declarations.plan({ roles: { guest: { scopes: ['profile:read'] } } }),
  )
  const root = await other.auth.users.create({
    email: 'root@example.com',
    password: PASSWORD,
    roles: ['user', 'admin'],
  })
  const { access_token: token } = await other.auth.sessions.start({ userId: root.id, amr: ['pwd'] })
  const email = 'guest@example.com'
  const invited = await other.call('POST', '/admin/invitations', {
    json: { email, roles: ['user', 'guest'] },
    token,
  })
  assert.equal(invited.status, 202, invited.text)
  assert.equal((await other.call('DELETE', '/admin/roles/guest', { token })).status, 204)
  const invitation = await other.token('invite', email)
  const made = await other.call('POST', '/register', { json: { email, password: PASSWORD, invitation } })
  assert.equal(made.status, 201, made.text)
  assert.deepEqual((await other.auth.users.findByLogin(email))?.roles, ['user'])
  await other.close()
})

test('somebody who was invited to a role that is removed and made again, larger, does not get it', async () => {
  const other = await startLettered({ registration: 'invite' })
  const declare = async (scopes: string[]) =>
    other.auth.declarations.apply(await other.auth.declarations.plan({ roles: { guest: { scopes } } }))
  await declare(['profile:read'])
  const admin = { email: 'root@example.com', password: PASSWORD, roles: ['user', 'admin'] }
  const root = await other.auth.users.create(admin)
  const { access_token: token } = await other.auth.sessions.start({ userId: root.id, amr: ['pwd'] })
  for (const email of ['early@example.com', 'late@example.com']) {
    const json = { email, roles: ['user', 'guest'] }
    assert.equal((await other.call('POST', '/admin/invitations', { json, token })).status, 202)
    if (email.startsWith('early')) {
      assert.equal((await other.call('DELETE', '/admin/roles/guest', { token })).status, 204)
      await declare(['admin:keys'])
    }
  }
  for (const [email, roles] of [
    ['early@example.com', ['user']],
    ['late@example.com', ['user', 'guest']],
  ] as const) {
    const invitation = await other.token('invite', email)
    const made = await other.call('POST', '/register', { json: { email, password: PASSWORD, invitation } })
    assert.equal(made.status, 201, made.text)
    assert.deepEqual((await other.auth.users.findByLogin(email))?.roles, roles)
  }
  await other.close()
})

test('a role that is lost while a sign-in or a code is on its way is in no token that comes of it', async () => {
  let meanwhile = async (_: string): Promise<unknown> => undefined
  const other = await startIssuer({
    scopes: { 'orders:write': 'Change your orders' },
    roles: { seller: { scopes: ['orders:write'] } },
    hooks: { before: { signIn: async ({ id }) => void (await meanwhile(id)) } },
  })
  await other.auth.declarations.apply(
    await other.auth.declarations.plan({ roles: { packer: { scopes: ['orders:write'] } } }),
  )
  const lose = (id: string) => other.auth.users.setRoles(id, ['user'])
  const empty = async () =>
    other.auth.declarations.apply(await other.auth.declarations.plan({ roles: { packer: { scopes: [] } } }))
  for (const [role, loss] of [
    ['seller', lose],
    ['packer', lose],
    ['packer', empty],
  ] as const) {
    const name = `${role}-${loss.name}`
    await other.signUp(name)
    const id = (await other.auth.users.findByLogin(name))?.id ?? ''
    await other.auth.users.setRoles(id, ['user', role])
    const client = await codeClient(other, { scopes: ['profile:read', 'orders:write'] })
    const browser = openBrowser(other)
    await browser.signIn(name)
    const code = await codeFor(browser, client, { scope: 'profile:read orders:write' })
    meanwhile = loss
    const { access_token: token } = (await exchange(other, client, code)).body
    assert.equal(claimsOf(String(token)).scope, 'profile:read', `a code, ${name}`)
    meanwhile = async () => undefined
    await other.auth.declarations.apply(
      await other.auth.declarations.plan({ roles: { packer: { scopes: ['orders:write'] } } }),
    )
    await other.auth.users.setRoles(id, ['user', role])
    meanwhile = loss
    const { access } = tokensOf(await other.signIn(name))
    assert.equal(claimsOf(access).scope, 'profile:read', `a sign-in, ${name}`)
    meanwhile = async () => undefined
    await other.auth.declarations.apply(
      await other.auth.declarations.plan({ roles: { packer: { scopes: ['orders:write'] } } }),
    )
  }
  await other.close()
})
