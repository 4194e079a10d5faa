import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { credential } from '../../src/index.ts'
import { ISSUER, PASSWORD, startIssuer, type TestIssuer } from './issuer.ts'
import { basic } from './test-clients.ts'

const PROXY = '10.0.0.1'
const OWN_PAGE = { 'sec-fetch-site': 'same-origin', origin: ISSUER }

let issuer: TestIssuer
before(async () => {
  const legacy = credential({
    name: 'legacy',
    read: (request) => request.header('x-legacy'),
    verify: (text) => ({ id: text, expiresAt: Date.now() / 1000 + 60 }),
  })
  issuer = await startIssuer({
    trustedProxies: ['10.0.0.0/8'],
    scopes: { 'orders:read': 'See orders', 'orders:write': 'Change orders' },
    roles: { user: { scopes: ['orders:read'] }, clerk: { scopes: ['orders:write'] } },
    credentials: [legacy],
  })
})
after(() => issuer.close())

interface Asked {
  readonly query?: string
  readonly headers?: Record<string, string>
  readonly address?: string
  readonly method?: string
}
const ask = ({ query = '', headers = {}, address = PROXY, method = 'GET' }: Asked) =>
  issuer.call(method, `/forward-auth${query}`, { headers, address })

const asked = (method: string, uri = '/orders') => ({ 'x-forwarded-method': method, 'x-forwarded-uri': uri })

test('a good credential passes, and the answer says whose it is', async () => {
  const { access } = await issuer.signUp('alice')
  const me = await issuer.me(access)
  const answer = await ask({ query: '?scope=orders:read', headers: { authorization: `Bearer ${access}` } })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.text, '')
  const said = Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith('x-auth-')))
  assert.deepEqual(said, {
    'x-auth-user': me.body.id,
    'x-auth-kind': 'user',
    'x-auth-client': 'first-party',
    'x-auth-name': 'alice',
    'x-auth-scopes': 'orders:read',
    'x-auth-roles': 'user',
    'x-auth-via': 'bearer',
  })
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  const own = await ask({ headers: { 'x-legacy': 'mallory' } })
  assert.equal(
    own.headers.get('x-auth-via'),
    'legacy',
    'credentials of the application count for its own routes',
  )
})

test('no credential, a bad one, two, and one that is not enough are 401 and 403', async () => {
  const { access } = await issuer.signUp('bert')
  const bearer = { authorization: `Bearer ${access}` }
  const expected: readonly [string, Record<string, string>, number, string?][] = [
    ['', {}, 401],
    ['', { authorization: `Bearer ${access}x` }, 401],
    ['', { ...bearer, 'x-api-key': 'cs_key_x' }, 401],
    ['?scope=orders:write', bearer, 403],
    ['?scope=orders:read%20orders:write', bearer, 403],
    ['?scope=orders:read,orders:write', bearer, 403],
    ['?role=admin', bearer, 403],
    ['?role=admin,user', bearer, 200],
    ['?role=user&scope=orders:write', bearer, 403],
    ['', { ...bearer, ...asked('GET', '/orders?access_token=x') }, 401, 'F-8: a token in the address'],
  ]
  for (const [query, headers, status, why] of expected) {
    const answer = await ask({ query, headers })
    assert.equal(answer.status, status, why ?? `${query} ${answer.text}`)
    if (status === 401) assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/, 'F-10')
    if (status !== 200) assert.doesNotMatch([...answer.headers.keys()].join(), /x-auth/)
  }
})

test('a question that is misspelt lets nobody pass', async () => {
  const { access } = await issuer.signUp('cleo')
  for (const query of [
    ...['?scope=', '?scope=orders:reed', '?scope=orders:read%20nothing', '?role=', '?role=,', '?role=Admin'],
    ...['?scopes=orders:read', '?scope=orders:read&scope=', '?scope', '?role=toString', '?x=1'],
  ]) {
    const answer = await ask({ query, headers: { authorization: `Bearer ${access}` } })
    assert.equal(answer.status, 400, query)
  }
})

test('X38: what the client says of itself is neither believed nor handed back', async () => {
  const { access } = await issuer.signUp('dora')
  const claims = {
    'x-auth-user': 'root',
    'x-auth-name': 'root',
    'x-auth-roles': 'admin',
    'x-auth-scopes': 'admin:users',
    'x-auth-email': 'root@example.com',
    x_auth_user: 'root',
  }
  const stranger = await ask({ headers: claims })
  assert.equal(stranger.status, 401)
  const answer = await ask({ headers: { ...claims, authorization: `Bearer ${access}` } })
  assert.doesNotMatch(JSON.stringify([...answer.headers]), /admin|root/)
  const client = await issuer.auth.clients.create({ id: 'reports', name: 'Reports', scopes: ['orders:read'] })
  const machine = await ask({
    headers: { ...claims, authorization: basic('reports', client.secret ?? '') },
  })
  assert.equal(
    machine.headers.get('x-auth-name'),
    '',
    'there in any case, to take the place of what was sent',
  )
  assert.equal(machine.headers.get('x-auth-kind'), 'client')
  assert.equal(machine.headers.get('x-auth-user'), 'reports')
})

test('names of any letters fit into a header', async () => {
  const { access } = await issuer.signUp('jörg.宮')
  const answer = await ask({ headers: { authorization: `Bearer ${access}` } })
  assert.equal(decodeURIComponent(answer.headers.get('x-auth-name') ?? ''), 'jörg.宮')
  const { id } = await issuer.auth.users.create({ email: 'per%cent+x@example.com', password: PASSWORD })
  const { access_token } = await issuer.auth.tokens.issue({ userId: id })
  const other = await ask({ headers: { authorization: `Bearer ${access_token}` } })
  assert.equal(decodeURIComponent(other.headers.get('x-auth-name') ?? ''), 'per%cent+x@example.com')
})

test('a name that was given to somebody else is theirs at the next request', async () => {
  const [first, second] = [await issuer.signUp('emil'), await issuer.signUp('fred')]
  const nameOf = async (token: string) =>
    (await ask({ headers: { authorization: `Bearer ${token}` } })).headers.get('x-auth-name')
  assert.equal(await nameOf(first.access), 'emil')
  await issuer.call('PATCH', '/users/me', { json: { username: 'emil2' }, token: first.access })
  await issuer.call('PATCH', '/users/me', { json: { username: 'emil' }, token: second.access })
  assert.equal(await nameOf(first.access), 'emil2')
  assert.equal(await nameOf(second.access), 'emil')
})

async function browser(username: string) {
  await issuer.auth.users.create({ email: `${username}@example.com`, username, password: PASSWORD })
  const answer = await issuer.call('POST', '/session', {
    json: { username, password: PASSWORD },
    headers: OWN_PAGE,
  })
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  return { cookie, csrf: String(answer.body.csrf_token) }
}

test('F-4: a forwarded request with a cookie needs what it would need here', async () => {
  const { cookie, csrf } = await browser('gina')
  const token = { 'x-csrf-token': csrf }
  const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  const expected: readonly [string, Record<string, string>, number][] = [
    ['GET', {}, 200],
    ['HEAD', foreign, 200],
    ['GET', { ...OWN_PAGE, ...token }, 200],
    ['POST', { ...OWN_PAGE, ...token }, 200],
    ['PATCH', { ...OWN_PAGE, ...token }, 200],
    ['POST', {}, 403],
    ['POST', OWN_PAGE, 403],
    ['POST', token, 403],
    ['POST', { ...foreign, ...token }, 403],
    ['DELETE', { ...OWN_PAGE, 'x-csrf-token': 'x' }, 403],
    ['PROPFIND', OWN_PAGE, 403],
    ['GET', { ...foreign, 'sec-websocket-version': '13' }, 403],
    ['GET', { ...OWN_PAGE, 'sec-websocket-version': '13' }, 200],
    ['GET', { 'sec-websocket-version': '13' }, 403],
  ]
  for (const [method, headers, status] of expected) {
    const answer = await ask({ headers: { cookie, ...asked(method), ...headers } })
    assert.equal(answer.status, status, `${method} ${JSON.stringify(headers)}`)
    if (status === 200) assert.equal(answer.headers.get('x-auth-via'), 'session')
  }
})

test('a cookie is refused where no trusted proxy says the method, whatever others say', async () => {
  const reports: { code: string }[] = []
  const other = await startIssuer({
    trustedProxies: ['10.0.0.0/8'],
    onRefusal: (report) => void reports.push(report),
  })
  await other.auth.users.create({ email: 'a@example.com', username: 'anna', password: PASSWORD })
  const signedIn = await other.call('POST', '/session', { json: { username: 'anna', password: PASSWORD } })
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
  const call = (method: string, headers: Record<string, string>, address: string) =>
    other.call(method, '/forward-auth', { headers: { cookie, ...headers }, address })
  for (const [headers, address] of [
    [{}, PROXY],
    [{ 'x-forwarded-uri': '/orders' }, PROXY],
    [{ 'x-forwarded-method': 'GET' }, '203.0.113.9'],
    [{ 'x-original-method': 'GET' }, PROXY],
  ] as [Record<string, string>, string][]) {
    reports.length = 0
    assert.equal((await call('GET', headers, address)).status, 403, JSON.stringify(headers))
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(
      reports.map(({ code }) => code),
      ['FORWARDED_METHOD_UNKNOWN'],
    )
  }
  assert.equal((await call('GET', { 'x-forwarded-method': 'GET' }, PROXY)).status, 200)
  for (const method of ['GET, GET', '', 'get', 'G\tT', 'GET/POST', 'A'.repeat(30)]) {
    assert.notEqual((await call('GET', { 'x-forwarded-method': method }, PROXY)).status, 200, method)
  }
  for (const uri of ['orders', '/orders, /other']) {
    const named = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': uri }
    assert.equal((await call('GET', named, PROXY)).status, 400, uri)
  }
  // Envoy asks with the method of the request.
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    assert.equal((await call(method, {}, PROXY)).status, 403)
  await other.close()
})

test('it answers to other methods too, for proxies that ask with that of the request', async () => {
  const { access } = await issuer.signUp('hugo')
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    const answer = await ask({ method, headers: { authorization: `Bearer ${access}` } })
    assert.equal(answer.status, 200, method)
    assert.equal(answer.headers.get('x-auth-name'), 'hugo')
    assert.equal((await ask({ method })).status, 401, method)
  }
})

test('a revoked session does not pass at the next question', async () => {
  const { access } = await issuer.signUp('ida')
  const headers = { authorization: `Bearer ${access}` }
  assert.equal((await ask({ headers })).status, 200)
  await issuer.call('POST', '/logout', { token: access })
  assert.equal((await ask({ headers })).status, 401)
})
