import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Hono } from 'hono'
import { guard, protect } from '../../src/hono.ts'
import { startIssuer, type TestIssuer } from './issuer.ts'

const page = 'https://app.example.com'
let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer({ corsOrigins: [page, 'http://localhost:5173'] })
})
after(() => issuer.close())

const preflight = (origin: string, path = '/users/me') =>
  issuer.call('OPTIONS', path, {
    headers: {
      origin,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    },
  })

test('C13: of twelve origins only those on the list are allowed, exactly as they stand there', async () => {
  const foreign = [
    ...[
      'https://app.example.com.evil.test',
      'https://evil.test',
      'http://app.example.com',
      'null',
      'file://',
    ],
    ...['https://app.example.com:444', 'https://APP.example.com', 'https://app.example.com/', '*'],
    ...['https://user@app.example.com', 'http://localhost', 'https://xapp.example.com'],
  ]
  for (const origin of foreign) {
    for (const answer of [
      await preflight(origin),
      await issuer.call('GET', '/users/me', { headers: { origin } }),
    ]) {
      for (const name of answer.headers.keys()) assert.doesNotMatch(name, /^access-control/, origin)
      assert.equal(answer.headers.get('vary'), 'Origin')
    }
  }
  for (const origin of [page, 'http://localhost:5173']) {
    const { status, headers } = await preflight(origin)
    assert.equal(status, 204)
    assert.equal(headers.get('access-control-allow-origin'), origin)
    assert.equal(headers.get('access-control-allow-credentials'), 'true')
    assert.match(headers.get('access-control-allow-headers') ?? '', /Authorization/)
    assert.equal(headers.get('access-control-allow-methods'), 'GET, PATCH, DELETE')
  }
})

test('C13: a preflight is never answered 401, and one for nothing is 404', async () => {
  for (const path of ['/users/me', '/admin/dashboard', '/token', '/password/change']) {
    assert.equal((await preflight(page, path)).status, 204, path)
    assert.equal((await preflight('https://evil.test', path)).status, 204, path)
  }
  assert.equal((await preflight(page, '/nothing')).status, 404)
})

test('a preflight is no credential: where a proxy asks for others nothing passes by it', async () => {
  const asked = await preflight(page, '/forward-auth?scope=profile:read')
  assert.equal(asked.status, 401, asked.text)
  const bare = await issuer.call('OPTIONS', '/forward-auth')
  assert.equal(bare.status, 405)
})

test('C13: refusals and limits reach the script of an allowed page as well', async () => {
  const answer = await issuer.call('GET', '/users/me', { headers: { origin: page } })
  assert.equal(answer.status, 401)
  assert.equal(answer.headers.get('access-control-allow-origin'), page)
  assert.match(answer.headers.get('access-control-expose-headers') ?? '', /WWW-Authenticate/)
})

test('C13: on routes of the application the same list holds, for preflights, answers and refusals', async () => {
  const { auth } = issuer
  const app = new Hono()
  app.use(async (c, next) => {
    const answer = auth.cors.preflight(c.req.raw, ['GET', 'POST'])
    if (answer !== undefined) return answer
    await next()
    for (const [name, value] of Object.entries(auth.cors.headers(c.req.raw))) c.res.headers.set(name, value)
    return undefined
  })
  await protect(app, auth).ready()
  app.get('/orders', guard(auth.signedIn), (c) => c.text('yours'))
  const asked = { 'access-control-request-method': 'GET' }
  for (const origin of [page, 'https://evil.test', 'null', 'https://app.example.com.evil.test']) {
    const allowed = origin === page ? page : null
    const before = await app.request('/orders', { method: 'OPTIONS', headers: { origin, ...asked } })
    assert.equal(before.status, 204, 'never 401')
    assert.equal(before.headers.get('access-control-allow-origin'), allowed)
    assert.equal(before.headers.get('access-control-allow-methods'), allowed && 'GET, POST')
    const refused = await app.request('/orders', { headers: { origin } })
    assert.equal(refused.status, 401)
    assert.equal(refused.headers.get('access-control-allow-origin'), allowed)
    assert.equal(refused.headers.get('vary'), 'Origin')
  }
})

test('E11: limits and sessions go by the address that the trusted proxy saw', async () => {
  const behind = await startIssuer({ trustedProxies: ['10.0.0.0/8'] })
  const { access } = await behind.signUp('alice')
  const sessions = async () =>
    (await behind.call('GET', '/users/me/sessions', { token: access })).body.items as { address: string }[]
  await behind.call('POST', '/token', {
    form: { grant_type: 'password', username: 'alice', password: 'correct horse battery' },
    address: '10.0.0.1',
    headers: { 'x-forwarded-for': '6.6.6.6, 198.51.100.7' },
  })
  assert.ok((await sessions()).some(({ address }) => address === '198.51.100.7'))
  await behind.call('POST', '/token', {
    form: { grant_type: 'password', username: 'alice', password: 'correct horse battery' },
    address: '203.0.113.9',
    headers: { 'x-forwarded-for': '6.6.6.6' },
  })
  assert.ok((await sessions()).every(({ address }) => address !== '6.6.6.6'))
  await behind.close()
})

test('what a trusted proxy got over http is sent to https if it reads, and refused if it does more', async () => {
  const live = await startIssuer({ issuer: 'https://auth.example.com/id', trustedProxies: ['10.0.0.1'] })
  const call = (method: string, path: string, proto: string, address = '10.0.0.1') =>
    live.call(method, path, {
      headers: { 'x-forwarded-proto': proto, 'x-forwarded-for': '6.6.6.6' },
      address,
    })
  for (const proto of ['http', 'HTTP', 'http, https', ' http']) {
    for (const method of ['GET', 'HEAD']) {
      const { status, headers } = await call(method, '/users/me?x=1', proto)
      assert.equal(status, 308, `${method} ${proto}`)
      assert.equal(
        headers.get('location'),
        'https://auth.example.com/id/users/me?x=1',
        'C18: never out of Host',
      )
    }
    const refused = await call('POST', '/token', proto)
    assert.equal(refused.status, 403)
    assert.match(refused.text, /only to be had over https/)
    assert.equal(
      (await call('GET', '/forward-auth', proto)).status,
      403,
      'not where the proxy’s own client would go',
    )
  }
  for (const proto of ['https', 'https, http', 'httpx', 'ws', '']) {
    assert.equal((await call('GET', '/.well-known/jwks.json', proto)).status, 200, proto)
  }
  assert.equal((await call('GET', '/healthz', 'http')).status, 200, 'health checks come as they come')
  const stranger = await call('GET', '/.well-known/jwks.json', 'http', '203.0.113.9')
  assert.equal(stranger.status, 200, 'what others write is not believed')
  await live.close()
})

test('on routes of the application no credential is taken that a trusted proxy got over http', async () => {
  const live = await startIssuer({ issuer: 'https://auth.example.com', trustedProxies: ['10.0.0.1'] })
  const { id } = await live.auth.users.create({ email: 'a@example.com', password: 'correct horse battery' })
  const { access_token } = await live.auth.tokens.issue({ userId: id })
  const statusOf = async (proto: string, address: string, access = live.auth.signedIn) => {
    const headers = { authorization: `Bearer ${access_token}`, 'x-forwarded-proto': proto }
    const checked = await live.auth.check(new Request('https://x/orders', { headers }), access, { address })
    return checked.ok ? 200 : checked.response.status
  }
  assert.equal(await statusOf('http', '10.0.0.1'), 403)
  assert.equal(await statusOf('https', '10.0.0.1'), 200)
  assert.equal(await statusOf('http', '203.0.113.9'), 200)
  assert.equal(await statusOf('http', '10.0.0.1', live.auth.anyone as never), 200)
  await live.close()
})

test('in production a proxy that nobody has told us about is refused aloud, and health checks are not', async () => {
  const lines: unknown[] = []
  const logger = { debug() {}, info() {}, error() {}, warn: (facts: unknown) => void lines.push(facts) }
  const live = await startIssuer({ issuer: 'https://auth.example.com', logger })
  const headers = { 'x-forwarded-for': '198.51.100.7' }
  const refused = await live.call('GET', '/.well-known/jwks.json', { headers, address: '10.0.0.1' })
  assert.equal(refused.status, 503)
  assert.match(JSON.stringify(lines), /PROXY_UNKNOWN/)
  assert.equal((await live.call('GET', '/healthz', { headers, address: '10.0.0.1' })).status, 200)
  const stranger = await live.call('GET', '/.well-known/jwks.json', { headers, address: '203.0.113.9' })
  assert.equal(stranger.status, 200, 'what strangers write is not believed, and hurts nobody')
  await live.close()
})
