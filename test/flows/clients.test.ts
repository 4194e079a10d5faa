import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AuthError, type ClientOffer, FIRST_PARTY } from '../../src/index.ts'
import { type Answer, PASSWORD, startIssuer, type TestIssuer, tokensOf } from './issuer.ts'
import { basic, callAs, newKey, registerClient, signInFor } from './test-clients.ts'

let issuer: TestIssuer
let admin: string
before(async () => {
  issuer = await startIssuer({
    scopes: { 'orders:read': 'See orders', 'orders:write': 'Change orders' },
    roles: {
      registrar: { scopes: ['admin:clients'] },
      user: { scopes: ['profile:read', 'orders:read', 'orders:write'] },
    },
  })
  admin = await tokenOf('root', ['user', 'admin'])
})
after(() => issuer.close())

async function tokenOf(username: string, roles: readonly string[]): Promise<string> {
  await issuer.auth.users.create({ email: `${username}@example.com`, username, password: PASSWORD, roles })
  return tokensOf(await issuer.signIn(username)).access
}

const OFFER = {
  client_name: 'Nightly reports',
  grant_types: ['client_credentials'],
  scope: 'orders:read orders:write',
}
const create = (json: object, token = admin) => issuer.call('POST', '/admin/clients', { json, token })
const ask = (id: unknown, secret: unknown, form: Record<string, string> = {}) =>
  issuer.call('POST', '/token', {
    form: { grant_type: 'client_credentials', ...form },
    headers: { authorization: basic(String(id), String(secret)) },
  })
const eventsOf = async (id: unknown) =>
  (await issuer.auth.events.list({ limit: 1000 }))
    .filter(({ clientId, name }) => clientId === id && name.startsWith('client.'))
    .map(({ name }) => name)
    .reverse()

test('a client is registered, used, changed, given a new secret and removed over HTTP', async () => {
  const created = await create({ ...OFFER, client_id: 'nightly-reports' })
  assert.equal(created.status, 201, created.text)
  assert.equal(created.headers.get('cache-control'), 'no-store')
  const { client_secret: secret, ...shown } = created.body
  assert.match(String(secret), /^cs_client_[\w-]{43}$/)
  assert.equal(shown.token_endpoint_auth_method, 'client_secret_basic')
  const path = '/admin/clients/nightly-reports'
  assert.deepEqual((await issuer.call('GET', path, { token: admin })).body, shown, 'without the secret')
  assert.equal((await create({ ...OFFER, client_id: 'nightly-reports' })).status, 409)

  const first = await ask('nightly-reports', secret)
  assert.equal(first.body.scope, 'orders:read orders:write')
  const token = String(first.body.access_token)
  assert.equal((await issuer.auth.check(requestWith(token), issuer.auth.signedIn)).ok, true)

  const narrowed = await issuer.call('PATCH', path, { json: { scope: 'orders:read' }, token: admin })
  assert.equal(narrowed.body.scope, 'orders:read')
  const checked = await issuer.auth.check(requestWith(token), issuer.auth.signedIn)
  assert.equal(checked.ok, false, 'B7: a token that says too much ends at the next request')
  assert.equal((await ask('nightly-reports', secret)).body.scope, 'orders:read')

  const rotated = await issuer.call('POST', `${path}/secret`, { token: admin })
  const newer = rotated.body.client_secret
  assert.equal((rotated.body.secrets as unknown[]).length, 2)
  for (const good of [secret, newer]) assert.equal((await ask('nightly-reports', good)).status, 200)
  const json = { leaked: true }
  const leaked = await issuer.call('POST', `${path}/secret`, { json, token: admin })
  assert.equal((await ask('nightly-reports', leaked.body.client_secret)).status, 200)
  for (const old of [secret, newer]) assert.equal((await ask('nightly-reports', old)).status, 401)

  const last = String((await ask('nightly-reports', leaked.body.client_secret)).body.access_token)
  assert.equal((await issuer.call('DELETE', path, { token: admin })).status, 204)
  assert.equal((await issuer.auth.check(requestWith(last), issuer.auth.signedIn)).ok, false)
  assert.equal((await ask('nightly-reports', leaked.body.client_secret)).status, 401)
  assert.equal((await issuer.call('GET', path, { token: admin })).status, 404)
  assert.equal((await create({ ...OFFER, client_id: 'nightly-reports' })).status, 409, 'A21')
  assert.deepEqual(await eventsOf('nightly-reports'), [
    'client.created',
    'client.changed',
    'client.secret_rotated',
    'client.secret_rotated',
    'client.deleted',
  ])
})

function requestWith(token: string): Request {
  return new Request('http://api.example.com/', { headers: { authorization: `Bearer ${token}` } })
}

test('a disabled client gets nothing and its tokens end; enabled again it goes on', async () => {
  const client = await registerClient(issuer, { scopes: ['orders:read'] })
  const token = String((await ask(client.id, client.secret)).body.access_token)
  await issuer.auth.clients.change(client.id, { state: 'disabled' })
  assert.equal((await issuer.auth.check(requestWith(token), issuer.auth.signedIn)).ok, false)
  assert.equal((await ask(client.id, client.secret)).status, 401)
  await issuer.auth.clients.change(client.id, { state: 'active' })
  assert.equal((await ask(client.id, client.secret)).status, 200)
  assert.deepEqual(await eventsOf(client.id), ['client.created', 'client.disabled', 'client.enabled'])
})

test('sessions that a client holds for people narrow with it, and end with it', async () => {
  const client = await registerClient(issuer, {
    grants: ['refresh_token'],
    scopes: ['orders:read', 'orders:write'],
  })
  const user = await issuer.auth.users.findByLogin('root')
  const { refresh } = await signInFor(issuer, user?.id ?? '', client)
  const turn = (token: string) =>
    callAs(issuer, client, '/token', { grant_type: 'refresh_token', refresh_token: token })
  const first = await turn(refresh)
  assert.equal(first.body.scope, 'orders:read orders:write')
  await issuer.auth.clients.change(client.id, { scopes: ['orders:write'] })
  const second = await turn(String(first.body.refresh_token))
  assert.equal(second.body.scope, 'orders:write')
  await issuer.auth.clients.remove(client.id)
  assert.equal((await turn(String(second.body.refresh_token))).body.error, 'invalid_client')
  assert.equal((await issuer.me(String(second.body.access_token))).status, 401)
})

test('admins list clients oldest first, page by page', async () => {
  const made = [await registerClient(issuer), await registerClient(issuer), await registerClient(issuer)]
  const list = (query: string) => issuer.call('GET', `/admin/clients${query}`, { token: admin })
  const ids = ({ body }: Answer) => (body.items as { client_id: string }[]).map(({ client_id }) => client_id)
  const all = ids(await list(''))
  assert.ok(all.includes(FIRST_PARTY) && made.every(({ id }) => all.includes(id)))
  const seen: string[] = []
  let cursor: unknown
  do {
    const page: Answer = await list(cursor === undefined ? '?limit=2' : `?limit=2&cursor=${cursor}`)
    seen.push(...ids(page))
    cursor = page.body.next_cursor
  } while (cursor !== null)
  assert.deepEqual(seen, all)
  for (const bad of ['?limit=0', '?limit=9999', '?limit=x', '?limit=1&limit=2', `?cursor=${made[0]?.id}`]) {
    assert.equal((await list(bad)).status, 400, bad)
  }
})

test('the built-in client was never made, and is shown without a date', async () => {
  const { body } = await issuer.call('GET', `/admin/clients/${FIRST_PARTY}`, { token: admin })
  assert.deepEqual([body.client_name, body.created_at, body.updated_at], ['First party', null, null])
})

test('only who has the scope sees or changes clients, and nobody gives away a right of this service that they lack', async () => {
  const user = await tokenOf('alice', ['user'])
  const registrar = await tokenOf('registrar', ['registrar'])
  for (const [method, path] of [
    ['GET', '/admin/clients'],
    ['POST', '/admin/clients'],
    ['GET', `/admin/clients/${FIRST_PARTY}`],
    ['PATCH', `/admin/clients/${FIRST_PARTY}`],
    ['POST', `/admin/clients/${FIRST_PARTY}/secret`],
    ['DELETE', `/admin/clients/${FIRST_PARTY}`],
  ] as const) {
    assert.equal((await issuer.call(method, path, { token: user })).status, 403, `${method} ${path}`)
    assert.equal((await issuer.call(method, path)).status, 401, `${method} ${path}`)
  }
  assert.equal((await create(OFFER, registrar)).status, 201, 'scopes of the application')
  const beyond = await create({ ...OFFER, scope: 'admin:users' }, registrar)
  assert.equal(beyond.status, 403)
  assert.match(beyond.headers.get('www-authenticate') ?? '', /scope="admin:users"/)

  const powerful = await create({ ...OFFER, scope: 'admin:users' })
  const path = `/admin/clients/${powerful.body.client_id}`
  assert.equal((await issuer.call('POST', `${path}/secret`, { token: registrar })).status, 403)
  const takeOver = { json: { token_endpoint_auth_method: 'none' }, token: registrar }
  assert.equal((await issuer.call('PATCH', path, takeOver)).status, 403)
  assert.equal((await issuer.call('DELETE', path, { token: registrar })).status, 403)
  assert.equal((await issuer.call('DELETE', path, { token: admin })).status, 204)
})

test('what ID tokens are signed with is registered, RS256 where nothing is said; what is not offered is refused by name', async () => {
  const plain = await create(OFFER)
  assert.equal(plain.body.id_token_signed_response_alg, 'RS256')
  const path = `/admin/clients/${plain.body.client_id}`
  const change = (json: object) => issuer.call('PATCH', path, { json, token: admin })
  assert.equal(
    (await change({ id_token_signed_response_alg: 'ES256' })).body.id_token_signed_response_alg,
    'ES256',
  )
  assert.equal((await change({ client_name: 'x' })).body.id_token_signed_response_alg, 'ES256')
  for (const no of ['none', 'HS256', 'es256', 'EdDSA', '', null, ['ES256'], 256]) {
    for (const answer of [
      await change({ id_token_signed_response_alg: no }),
      await create({ ...OFFER, id_token_signed_response_alg: no }),
    ]) {
      assert.equal(answer.status, 400, String(no))
      const [problem] = answer.body.errors as { field: string; message: string }[]
      assert.equal(problem?.field, 'id_token_signed_response_alg')
      assert.match(problem?.message ?? '', /RS256, ES256/)
    }
  }
  const asked = await issuer.call('GET', path, { token: admin })
  assert.equal(asked.body.id_token_signed_response_alg, 'ES256')
})

test('the built-in client is neither changed nor removed', async () => {
  const path = `/admin/clients/${FIRST_PARTY}`
  assert.equal((await issuer.call('GET', path, { token: admin })).body.scope, null)
  assert.equal((await issuer.call('PATCH', path, { json: { client_name: 'x' }, token: admin })).status, 400)
  assert.equal((await issuer.call('POST', `${path}/secret`, { token: admin })).status, 400)
  assert.equal((await issuer.call('DELETE', path, { token: admin })).status, 400)
})

test('C1, C6, C7: a registration that does not hold together is refused with every problem', async () => {
  const { jwk } = await newKey()
  const { jwk: weak } = await newKey('RS256')
  const bad: readonly (readonly [Partial<ClientOffer>, ...string[]])[] = [
    [{ name: ' ' }, 'client_name'],
    [{ name: 'a\u0000b' }, 'client_name'],
    [{ name: 'x'.repeat(101) }, 'client_name'],
    [{ id: 'ab' }, 'client_id'],
    [{ id: 'with space' }, 'client_id'],
    [{ id: crypto.randomUUID() }, 'client_id'],
    [{ grants: [] }, 'grant_types'],
    [{ grants: ['password'] }, 'grant_types'],
    [{ grants: ['implicit'] }, 'grant_types'],
    [{ grants: ['client_credentials', 'client_credentials'] }, 'grant_types'],
    [{ grants: ['client_credentials'], authMethod: 'none' }, 'grant_types'],
    [{ scopes: ['orders:delete'] }, 'scope'],
    [{ scopes: ['orders:read', 'orders:read'] }, 'scope'],
    [{ redirectUris: ['https://a.example/#x', 'http://a.example/'] }, 'redirect_uris.0', 'redirect_uris.1'],
    [{ grants: ['authorization_code'] }, 'redirect_uris'],
    [{ grants: ['refresh_token'], authMethod: 'none', requirePkce: false }, 'require_pkce'],
    [{ authMethod: 'tls_client_auth' as 'none' }, 'token_endpoint_auth_method'],
    ...['none', 'HS256', 'es256', 'EdDSA', ''].map(
      (name) => [{ idTokenAlgorithm: name as 'RS256' }, 'id_token_signed_response_alg'] as const,
    ),
    [{ authMethod: 'private_key_jwt' }, 'jwks'],
    [{ keys: [jwk] }, 'jwks'],
    [{ authMethod: 'private_key_jwt', keys: [{ ...jwk, alg: 'RS256' }] }, 'jwks'],
    [{ authMethod: 'private_key_jwt', keys: [{ ...jwk, d: 'secret' }] }, 'jwks'],
    [{ authMethod: 'private_key_jwt', keys: [{ ...weak, e: 'AQ' }] }, 'jwks'],
    [{ authMethod: 'private_key_jwt', keys: [{ kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' }] }, 'jwks'],
  ]
  const count = async () => (await issuer.auth.clients.list({ limit: 1000 })).length
  const before = await count()
  for (const [offer, ...fields] of bad) {
    await assert.rejects(issuer.auth.clients.create({ name: 'A client', ...offer }), (error) => {
      assert.ok(error instanceof AuthError && error.code === 'REQUEST_INVALID', String(error))
      const named = error.refusal.fields?.map(({ field }) => field)
      for (const field of fields) assert.ok(named?.includes(field), `${JSON.stringify(offer)}: ${named}`)
      return true
    })
  }
  assert.equal(await count(), before)

  const { id } = await registerClient(issuer)
  await assert.rejects(
    issuer.auth.clients.change(id, { authMethod: 'none' }),
    AuthError,
    'as it would be then',
  )
  await assert.rejects(issuer.auth.clients.change('nobody', { name: 'x' }), AuthError)
  await assert.rejects(issuer.auth.clients.rotateSecret(id, { formerLifeSeconds: -1 }), AuthError)
  const { client } = await issuer.auth.clients.create({
    name: 'x',
    authMethod: 'private_key_jwt',
    keys: [jwk],
  })
  await assert.rejects(issuer.auth.clients.rotateSecret(client.id), AuthError, 'it has none')
})
