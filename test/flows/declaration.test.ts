import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Declaration } from '../../src/declaration/document.ts'
import { AuthError } from '../../src/errors/auth-error.ts'
import { claimsOf, startIssuer, type TestIssuer, tokensOf } from './issuer.ts'

let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer({ scopes: { 'orders:read': 'See your orders' } })
})
after(() => issuer.close())

const BY = { actor: { kind: 'operator' } } as const
const SHOP = {
  scopes: { 'stock:read': 'See the stock', 'stock:write': 'Change the stock' },
  roles: {
    keeper: { description: 'Keeps the stock', scopes: ['stock:read', 'stock:write'] },
    reader: { scopes: ['stock:read', 'orders:read'] },
  },
  clients: {
    reports: { client_name: 'Reports', scope: 'stock:read orders:read' },
    shop: {
      client_name: 'Shop',
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid stock:read',
      redirect_uris: ['https://shop.example.com/cb'],
      token_endpoint_auth_method: 'none',
      id_token_signed_response_alg: 'ES256',
    },
  },
} satisfies Declaration

async function apply(document: unknown, prune = false) {
  const plan = await issuer.auth.declarations.plan(document, { prune })
  return issuer.auth.declarations.apply(plan, BY)
}
const shown = async (document: unknown, prune = false) => {
  const { changes, left } = await issuer.auth.declarations.plan(document, { prune })
  return [
    changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`),
    left.map(({ kind, name }) => `${kind} ${name}`),
  ]
}
const problems = async (document: unknown, prune = false): Promise<Record<string, string>> => {
  const error = await issuer.auth.declarations.plan(document, { prune }).then(
    () => assert.fail('it was taken'),
    (refusal: unknown) => refusal,
  )
  assert.ok(error instanceof AuthError && error.code === 'REQUEST_INVALID', String(error))
  return Object.fromEntries(error.refusal.fields?.map(({ field, message }) => [field, message]) ?? [])
}
const eventCount = async () => (await issuer.auth.events.list({ limit: 1000 })).length

test('a file is applied in one go; the secrets of new clients are in the answer alone; again it comes to nothing', async () => {
  const before = await eventCount()
  assert.deepEqual((await shown(SHOP))[0], [
    'create scope stock:read',
    'create scope stock:write',
    'create role keeper',
    'create role reader',
    'create client reports',
    'create client shop',
  ])
  assert.equal(await eventCount(), before, 'a plan changes nothing')
  const { secrets } = await apply(SHOP)
  assert.deepEqual(Object.keys(secrets), ['reports'], 'a public client has none')
  assert.equal((await issuer.auth.clients.find('shop'))?.idTokenAlgorithm, 'ES256')
  assert.equal(await eventCount(), before + 6)
  const token = await issuer.call('POST', '/token', {
    form: {
      grant_type: 'client_credentials',
      client_id: 'reports',
      client_secret: secrets.reports ?? '',
    },
  })
  assert.equal(token.status, 401, 'it sends its secret by Basic')
  const basic = Buffer.from(`reports:${secrets.reports}`).toString('base64')
  const given = await issuer.call('POST', '/token', {
    form: { grant_type: 'client_credentials' },
    headers: { authorization: `Basic ${basic}` },
  })
  assert.deepEqual([given.status, given.body.scope], [200, 'orders:read stock:read'])

  assert.deepEqual(await shown(SHOP), [[], []])
  const exported = await issuer.auth.declarations.read()
  assert.deepEqual(
    await shown(JSON.parse(JSON.stringify(exported))),
    [[], []],
    'what is read comes to nothing',
  )
  assert.doesNotMatch(JSON.stringify(exported), /cs_client_|secrets?"/)
  assert.deepEqual((await apply(exported, true)).secrets, {})
  assert.equal((await issuer.auth.events.list({ name: 'client.changed', limit: 10 })).length, 0)
  const { scopes_supported } = (await issuer.call('GET', '/.well-known/oauth-authorization-server')).body
  assert.ok(Array.isArray(scopes_supported) && scopes_supported.includes('stock:write'))
})

test('only what differs is changed; what is not in the file goes only where that is asked for', async () => {
  await apply(SHOP)
  const smaller = {
    ...SHOP,
    roles: { keeper: { description: 'Keeps', scopes: ['stock:write', 'stock:read'] } },
    clients: { reports: { ...SHOP.clients.reports, scope: 'orders:read' } },
  }
  const plan = await issuer.auth.declarations.plan(smaller)
  assert.deepEqual(plan.changes, [
    {
      action: 'change',
      kind: 'role',
      name: 'keeper',
      members: [{ member: 'description', from: 'Keeps the stock', to: 'Keeps' }],
    },
    {
      action: 'change',
      kind: 'client',
      name: 'reports',
      members: [{ member: 'scope', from: 'orders:read stock:read', to: 'orders:read' }],
    },
  ])
  assert.deepEqual(plan.left, [
    { kind: 'role', name: 'reader' },
    { kind: 'client', name: 'shop' },
  ])
  assert.deepEqual((await shown(smaller, true))[0]?.slice(-2), ['remove client shop', 'remove role reader'])
  assert.deepEqual(await shown({ roles: smaller.roles }, true), [
    ['change role keeper', 'remove role reader'],
    [],
  ])
  assert.deepEqual(await shown({}, true), [[], []], 'a part that is left out is not looked at')
})

test('what a file takes away is refused at once: a scope of a role, a role, a client', async () => {
  await apply(SHOP)
  await issuer.signUp('kim')
  const id = (await issuer.auth.users.findByLogin('kim'))?.id ?? ''
  await issuer.auth.users.setRoles(id, ['user', 'keeper'])
  let tokens = tokensOf(await issuer.signIn('kim'))
  assert.match(String(claimsOf(tokens.access).scope), /stock:write/)
  await apply({ ...SHOP, roles: { ...SHOP.roles, keeper: { scopes: ['stock:read'] } } })
  assert.equal((await issuer.me(tokens.access)).status, 401)
  tokens = tokensOf(await issuer.refresh(tokens.refresh))
  assert.doesNotMatch(String(claimsOf(tokens.access).scope), /stock:write/)

  const shopTokens = await issuer.auth.sessions.start({
    userId: id,
    amr: ['pwd'],
    clientId: 'shop',
    scopes: ['stock:read'],
  })
  const word = issuer.auth.needs({ scopes: ['stock:read'] } as never)
  const passes = async () => {
    const headers = { authorization: `Bearer ${shopTokens.access_token}` }
    return (await issuer.auth.check(new Request('http://127.0.0.1:8000/stock', { headers }), word)).ok
  }
  assert.equal(await passes(), true)
  await apply({ roles: {}, clients: {} }, true)
  assert.equal(await passes(), false)
  assert.equal((await issuer.me(tokens.access)).status, 401)
  assert.deepEqual((await issuer.auth.users.find(id))?.roles, ['user'])
  assert.equal((await issuer.refresh(String(shopTokens.refresh_token))).status, 400)
  const given = await problems({ roles: SHOP.roles, clients: { shop: SHOP.clients.shop } })
  assert.match(
    given['clients.shop'] ?? '',
    /given to another client/,
    'a plan says so, and not the apply after it',
  )
  assert.deepEqual((await issuer.auth.declarations.read()).roles, {}, 'all of it or nothing')
})

test('what was shown is what is done: what somebody changes before it is agreed to is not undone behind their back', async () => {
  await apply({ ...SHOP, clients: { reports2: SHOP.clients.reports } })
  const renamed = {
    roles: { keeper: { ...SHOP.roles.keeper, description: 'Keeps' } },
    clients: { reports2: { ...SHOP.clients.reports, client_name: 'Renamed', state: 'active' } },
  }
  for (const meanwhile of [
    () => issuer.auth.clients.change('reports2', { state: 'disabled' }),
    () => apply({ roles: { keeper: { scopes: ['stock:read'] } } }),
  ]) {
    const plan = await issuer.auth.declarations.plan(renamed)
    await meanwhile()
    await assert.rejects(issuer.auth.declarations.apply(plan, BY), /REQUEST_INVALID/)
  }
  const { roles, clients } = await issuer.auth.declarations.read()
  assert.deepEqual(roles?.keeper, { scopes: ['stock:read'] })
  assert.deepEqual([clients?.reports2?.client_name, clients?.reports2?.state], ['Reports', 'disabled'])
  const plan = await issuer.auth.declarations.plan(renamed)
  await issuer.auth.clients.create({ name: 'Beside it' })
  assert.equal((await issuer.auth.declarations.apply(plan, BY)).changes.length, 2, 'what is beside it')
  await apply({ roles: {}, clients: {} }, true)
})

test('a client that was disabled stays so until the file says otherwise', async () => {
  const clients = { leaky: { client_name: 'Leaky' } }
  await apply({ clients })
  await issuer.auth.clients.change('leaky', { state: 'disabled' })
  assert.deepEqual(await shown({ clients }), [[], []], 'a deploy brings it back for nobody')
  assert.deepEqual(await shown({ clients: { leaky: { client_name: 'Leaky', state: 'active' } } }), [
    ['change client leaky'],
    [],
  ])
  await apply({ clients: {} }, true)
})

test('every problem is named with its place and what to do', async () => {
  const found = await problems({
    scope: {},
    scopes: { 'a b': 'x', 'orders:read': 'Mine', openid: 'Me', good: 'two\nlines' },
    roles: {
      admin: { scopes: [] },
      seller: { scope: ['x'], scopes: ['orders:fly', 'orders:read'] },
      bare: {},
    },
    clients: {
      'first-party': { client_name: 'Mine' },
      x: { client_name: 'Short' },
      '0b8d6e2e-6f0a-4a52-9d3f-3d1f5d9e8a11': { client_name: 'Somebody' },
      secretive: { client_name: 'S', client_secret: 'x' },
      nameless: {},
      shop: {
        client_name: 'Shop',
        redirect_uris: 'https://x.example/',
        id_token_signed_response_alg: 'HS256' as 'RS256',
      },
    },
  })
  assert.match(found.scope ?? '', /write `scopes`/)
  assert.match(found['scopes.a b'] ?? '', /^The name must be a scope name/)
  assert.match(found['scopes.good'] ?? '', /^Must be a sentence on one line\.$/)
  assert.match(found['roles.seller.scope'] ?? '', /write `scopes`/)
  assert.match(found['roles.bare.scopes'] ?? '', /^Must be a list of scope names\.$/)
  assert.match(found['clients.secretive.client_secret'] ?? '', /stand in no file/)
  assert.match(found['clients.nameless.client_name'] ?? '', /^Is missing\.$/)
  assert.match(found['clients.shop.redirect_uris'] ?? '', /list of addresses/)
  assert.match(found['clients.shop.id_token_signed_response_alg'] ?? '', /^Must be one of RS256, ES256\.$/)

  const meant = await problems({
    scopes: { 'orders:read': 'Mine', openid: 'Me' },
    roles: { admin: { scopes: [] }, seller: { scopes: ['orders:read', 'orders:fly'] } },
    clients: {
      'first-party': { client_name: 'Mine' },
      x: { client_name: 'Short' },
      '0b8d6e2e-6f0a-4a52-9d3f-3d1f5d9e8a11': { client_name: 'Somebody' },
      shop: {
        client_name: 'Shop',
        grant_types: ['authorization_code'],
        redirect_uris: ['https://shop.example.com/cb', 'http://shop.example.com/cb'],
        scope: 'orders:fly',
      },
    },
  })
  for (const [place, message] of Object.entries({
    'scopes.orders:read': /configuration/,
    'scopes.openid': /configuration/,
    'roles.admin': /configuration/,
    'roles.seller.scopes.1': /declare it under `scopes`/,
    'clients.first-party': /configuration/,
    'clients.x': /3 to 64/,
    'clients.0b8d6e2e-6f0a-4a52-9d3f-3d1f5d9e8a11': /form of a user/,
    'clients.shop.redirect_uris.1': /https/,
    'clients.shop.scope': /does not declare/,
  })) {
    assert.match(meant[place] ?? `nothing at ${place}: ${Object.keys(meant).join(' ')}`, message)
  }
  for (const document of [undefined, null, [], 'x', 7, { roles: [] }, { clients: { shop: null } }]) {
    for (const message of Object.values(await problems(document))) assert.match(message, /an object/)
  }
})

test('a scope that is still held is not removed behind the back of its holder', async () => {
  await apply({ scopes: { 'stock:read': 'See the stock' }, roles: { watcher: { scopes: ['stock:read'] } } })
  const found = await problems({ scopes: {} }, true)
  assert.match(found['scopes.stock:read'] ?? '', /role `watcher` has it/)
  await apply({ scopes: {}, roles: {} }, true)
  assert.deepEqual((await issuer.auth.declarations.read()).scopes, {})
})

test('a client that signs is written out with its public keys, and comes back as it was', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig', ext: true }
  const signer = {
    client_name: 'Signer',
    token_endpoint_auth_method: 'private_key_jwt' as const,
    jwks: { keys: [jwk] },
    state: 'disabled' as const,
  }
  assert.deepEqual((await apply({ clients: { signer } })).secrets, {})
  assert.deepEqual((await shown({ clients: { signer } }))[0], [])
  const exported = await issuer.auth.declarations.read()
  assert.equal(exported.clients?.signer?.state, 'disabled')
  assert.equal((await shown(exported, true))[0]?.length, 0)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const secret = { ...privateKey.export({ format: 'jwk' }), kid: 'k2', alg: 'ES256' }
  const leaky = { ...signer, jwks: { keys: [secret] } }
  assert.match((await problems({ clients: { signer: leaky } }))['clients.signer.jwks'] ?? '', /private/)
})

test('another node knows of a new scope by its next look at the database', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-nodes-'))
  const databaseUrl = `sqlite:${join(folder, 'auth.db')}`
  const [one, other] = [await startIssuer({ databaseUrl }), await startIssuer({ databaseUrl })]
  const known = async () => (await other.call('GET', '/.well-known/oauth-authorization-server')).text
  assert.doesNotMatch(await known(), /stock:read/)
  await one.auth.declarations.apply(
    await one.auth.declarations.plan({ scopes: { 'stock:read': 'See the stock' } }),
  )
  while (!(await known()).includes('stock:read')) await new Promise((resolve) => setImmediate(resolve))
  await Promise.all([one.close(), other.close()])
  rmSync(folder, { recursive: true })
})
