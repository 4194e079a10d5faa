import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { nodeListener } from '../../src/adapters/node.ts'
import { type Auth, createAuth } from '../../src/index.ts'
import { sendRaw } from '../adapters/raw-request.ts'
import { startNginx } from '../servers/nginx.ts'
import type { PrivateServer } from '../servers/private-server.ts'

const PASSWORD = 'correct horse battery'

/** The example, as its reader has it, but for the ports. */
const example = (name: string) =>
  readFileSync(new URL(`../../examples/nginx/${name}`, import.meta.url), 'utf8')

/** What reached the application behind nginx. */
interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
}

const seen: Seen[] = []
let application: Server
let countersign: Server
let auth: Auth
let nginx: PrivateServer
let base: string

before(async () => {
  application = await listening((request, response) => {
    seen.push({ method: request.method, url: request.url, headers: request.headers })
    request.resume().once('end', () => response.end('the application'))
  })
  // The issuer has to know its address, and nginx its port, before either is there.
  countersign = await listening((request, response) => listener(request, response))
  nginx = await startNginx((port) => ({
    'site.conf': example('nginx.conf')
      .replace('127.0.0.1:8000', `127.0.0.1:${portOf(countersign)}`)
      .replace('127.0.0.1:3000', `127.0.0.1:${portOf(application)}`)
      .replace('127.0.0.1:8080', `127.0.0.1:${port}`),
    'countersign-question.conf': example('countersign-question.conf'),
  }))
  base = `http://127.0.0.1:${nginx.port}`
  auth = createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    secretKey: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
    issuer: `${base}/auth`,
    trustedProxies: ['127.0.0.1'],
    maxStalenessSeconds: 300,
  }) as unknown as Auth
  await auth.ready()
  const listener = nodeListener(auth)
  await auth.users.create({ email: 'alice@example.com', username: 'alice', password: PASSWORD })
  const root = await auth.users.create({ email: 'root@example.com', username: 'root', password: PASSWORD })
  await auth.users.setRoles(root.id, ['admin'])
})
after(async () => {
  await nginx?.stop()
  for (const server of [application, countersign]) {
    server?.closeAllConnections()
    server?.close()
  }
  await auth?.close()
})

async function listening(handle: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer(handle as never).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

async function tokenOf(username: string): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'password', username, password: PASSWORD })
  const answer = await fetch(`${base}/auth/token`, { method: 'POST', body })
  assert.equal(answer.status, 200)
  return String(((await answer.json()) as { access_token: string }).access_token)
}

/** A request through nginx, and what of it reached the application. */
async function ask(path: string, init: RequestInit = {}) {
  seen.length = 0
  const answer = await fetch(base + path, init)
  await answer.arrayBuffer()
  return { status: answer.status, headers: answer.headers, reached: seen[0] }
}

test('who is signed in reaches the application under their name, and nobody else reaches it', async () => {
  const stranger = await ask('/orders')
  assert.equal(stranger.status, 401)
  assert.match(stranger.headers.get('www-authenticate') ?? '', /^Bearer/)
  assert.equal(stranger.reached, undefined)

  const headers = { authorization: `Bearer ${await tokenOf('alice')}` }
  const { status, reached } = await ask('/orders?x=1', { headers })
  assert.equal(status, 200)
  assert.equal(reached?.url, '/orders?x=1')
  assert.equal(reached?.headers['x-auth-name'], 'alice')
  assert.equal(reached?.headers['x-auth-roles'], 'user')
  assert.equal(reached?.headers['x-auth-via'], 'bearer')
  assert.match(String(reached?.headers['x-auth-user']), /^[0-9a-f-]{36}$/)
  assert.equal(
    (await ask('/orders', { headers: { authorization: `${headers.authorization}x` } })).status,
    401,
  )
})

test('scopes that a place asks for are in the configuration, and no client changes them', async () => {
  const asUser = { authorization: `Bearer ${await tokenOf('alice')}` }
  const asAdmin = { authorization: `Bearer ${await tokenOf('root')}` }
  for (const path of [
    ...['/admin/', '/admin/x?scope=profile:read', '/admin/?', '/admin/..%2fadmin/x', '/admin', '//admin/'],
    ...['/ADMIN/', '/Admin', '/%41dmin/x', '/public/../admin/', '/public/%2e%2e/aDmin/', '/x%2f..%2fadmin'],
  ]) {
    const user = await ask(path, { headers: asUser })
    assert.equal(user.status, 403, path)
    assert.equal(user.reached, undefined)
    assert.equal((await ask(path, { headers: asAdmin })).status, 200, path)
  }
  assert.equal(
    (await ask('/forward-auth', { headers: asAdmin })).status,
    404,
    'the question is nobody’s to ask',
  )
})

test('X38: X-Auth headers of the client reach no application, in any spelling or place', async () => {
  const forged = {
    'X-Auth-User': 'root',
    'X-Auth-Name': 'root',
    'X-Auth-Roles': 'admin',
    'X-Auth-Scopes': 'admin:users',
    'X-Auth-Kind': 'user',
    'X-Auth-Client': 'root',
    'X-Auth-Via': 'session',
  }
  const open = await ask('/public/page', { headers: forged })
  assert.equal(open.status, 200)
  assert.deepEqual(
    Object.keys(open.reached?.headers ?? {}).filter((name) => name.startsWith('x-auth')),
    [],
  )
  const inside = await ask('/orders', {
    headers: { ...forged, authorization: `Bearer ${await tokenOf('alice')}` },
  })
  assert.equal(inside.reached?.headers['x-auth-name'], 'alice')
  assert.doesNotMatch(JSON.stringify(inside.reached?.headers), /admin|root/)
  const token = await tokenOf('alice')
  seen.length = 0
  const twice = await sendRaw(nginx.port, {
    target: '/orders',
    headers: [
      ['Authorization', `Bearer ${token}`],
      ['X-Auth-User', 'root'],
      ['x-auth-user', 'root'],
      ['X_Auth_User', 'root'],
    ],
  })
  assert.equal(twice.status, 200)
  assert.doesNotMatch(JSON.stringify(seen[0]?.headers), /(root)/)
})

test('F-4: a cookie passes for reading, and changes something with its token from a page of this host only', async () => {
  const own = { origin: base, 'sec-fetch-site': 'same-origin' }
  const answer = await fetch(`${base}/auth/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...own },
    body: JSON.stringify({ username: 'alice', password: PASSWORD }),
  })
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  const { csrf_token } = (await answer.json()) as { csrf_token: string }
  const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  const token = { 'x-csrf-token': csrf_token }
  const expected: readonly [string, Record<string, string>, number][] = [
    ['GET', {}, 200],
    ['GET', foreign, 200],
    ['POST', { ...own, ...token }, 200],
    ['POST', own, 403],
    ['POST', { ...foreign, ...token }, 403],
    ['POST', { ...foreign, 'x-forwarded-method': 'GET' }, 403],
    ['DELETE', { 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/' }, 403],
    ['POST', { ...own, ...token, 'x-forwarded-method': 'GET' }, 200],
  ]
  for (const [method, headers, status] of expected) {
    const { reached, ...got } = await ask('/orders', {
      method,
      headers: { cookie, ...headers },
      ...(method === 'POST' && { body: 'x=1' }),
    })
    assert.equal(got.status, status, `${method} ${JSON.stringify(headers)}`)
    assert.equal(reached?.headers['x-auth-name'], status === 200 ? 'alice' : undefined)
    if (status === 200) assert.equal(reached?.method, method)
  }
})

test('E11: the address that is counted is that which nginx saw, whatever the client says', async () => {
  const body = () => new URLSearchParams({ grant_type: 'password', username: 'alice', password: PASSWORD })
  const answer = await fetch(`${base}/auth/token`, {
    method: 'POST',
    body: body(),
    headers: { 'x-forwarded-for': '6.6.6.6' },
  })
  const { access_token } = (await answer.json()) as { access_token: string }
  const sessions = await fetch(`${base}/auth/users/me/sessions`, {
    headers: { authorization: `Bearer ${access_token}` },
  })
  const { items } = (await sessions.json()) as { items: { address: string }[] }
  assert.ok(items.length > 0 && items.every(({ address }) => address === '127.0.0.1'))
})

test('where Countersign does not answer, nobody passes', async () => {
  const token = await tokenOf('alice')
  countersign.closeAllConnections()
  await new Promise((resolve) => countersign.close(resolve))
  const { status, reached } = await ask('/orders', { headers: { authorization: `Bearer ${token}` } })
  assert.equal(status, 500)
  assert.equal(reached, undefined)
})
