import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { Server } from 'node:http'
import { connect, Server as NetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '../../src/base/logger.ts'
import { createAuth } from '../../src/index.ts'
import { serve } from '../../src/server/serve.ts'
import { PASSWORD, SECRET_KEY, startIssuer, tokensOf } from './issuer.ts'

const url = (port: number, path: string) => `http://127.0.0.1:${port}${path}`

test('a graceful stop lets the answers under way finish, then waits for no connection, and takes no new ones', async (t) => {
  const cutOff = t.mock.method(Server.prototype, 'closeAllConnections')
  const asked = 8
  const arrived = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  let count = 0
  const { auth } = await startIssuer({
    hooks: {
      before: {
        async register() {
          count += 1
          if (count === asked) arrived.resolve()
          await released.promise
        },
      },
    },
  })
  const serving = await serve({ auth, host: '127.0.0.1', port: 0, logger: silentLogger })
  const { port } = serving.address
  const register = (email: string) =>
    fetch(url(port, '/register'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password: PASSWORD }),
    })
  const underWay = Array.from({ length: asked }, (_, index) => register(`user${index}@example.com`))
  await arrived.promise
  const stopped = serving.stop()
  released.resolve()
  const answers = await Promise.all(underWay)
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
  assert.deepEqual(new Set(answers.map(({ headers }) => headers.get('connection'))), new Set(['close']))
  await stopped
  assert.equal(cutOff.mock.callCount(), 0)
  await assert.rejects(register('late@example.com'))
})

test('an answer that had begun before a stop is finished, and its connection not waited for', async (t) => {
  const cutOff = t.mock.method(Server.prototype, 'closeAllConnections')
  const { auth } = await startIssuer()
  const rest = Promise.withResolvers<void>()
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(Buffer.from('begun, '))
      await rest.promise
      controller.enqueue(Buffer.from('finished'))
      controller.close()
    },
  })
  const reply = async () => ({ status: 200, headers: {}, body })
  const serving = await serve({ auth: { ...auth, reply }, host: '127.0.0.1', port: 0, logger: silentLogger })
  const answer = await fetch(url(serving.address.port, '/stream'))
  const stopped = serving.stop()
  rest.resolve()
  assert.equal(await answer.text(), 'begun, finished')
  await stopped
  assert.equal(cutOff.mock.callCount(), 0)
})

test('sessions and tokens live on through a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-restart-'))
  const databaseUrl = `sqlite:${join(folder, 'auth.db')}`
  const first = await startIssuer({ databaseUrl })
  const tokens = await first.signUp('alice')
  const ended = tokensOf(await first.signIn('alice'))
  await first.call('POST', '/logout', { token: ended.access })
  await first.close()

  const second = await startIssuer({ databaseUrl })
  assert.equal((await second.me(tokens.access)).status, 200)
  assert.equal((await second.refresh(tokens.refresh)).status, 200)
  assert.equal((await second.me(ended.access)).status, 401, 'and what was signed out stays out')
  await second.close()
  rmSync(folder, { recursive: true })
})

test('a SECRET_KEY that lost a key in use stops the start and says so; extended, it starts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-key-'))
  const databaseUrl = `sqlite:${join(folder, 'auth.db')}`
  const first = await startIssuer({ databaseUrl })
  const tokens = await first.signUp('alice')
  await first.close()
  const other = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
  await assert.rejects(startIssuer({ databaseUrl, secretKey: other }), /SECRET_KEY/)
  const extended = await startIssuer({ databaseUrl, secretKey: [other, SECRET_KEY] })
  assert.equal((await extended.refresh(tokens.refresh)).status, 200)
  assert.equal((await extended.me(tokens.access)).status, 200)
  await extended.close()
  rmSync(folder, { recursive: true })
})

test('health: alive, ready, and not ready when the database is gone', async () => {
  const issuer = await startIssuer()
  assert.equal((await issuer.call('GET', '/healthz')).status, 200)
  assert.equal((await issuer.call('GET', '/readyz')).status, 200)
  await issuer.close()
  assert.equal((await issuer.call('GET', '/healthz')).status, 200)
  assert.equal((await issuer.call('GET', '/readyz')).status, 503)
})

test('F-9 over a raw socket: two Authorization fields are refused', async () => {
  const issuer = await startIssuer()
  const { access } = await issuer.signUp('alice')
  const serving = await serve({ auth: issuer.auth, host: '127.0.0.1', port: 0, logger: silentLogger })
  const send = (fields: readonly string[]) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(serving.address.port, '127.0.0.1')
      let answer = ''
      socket.on('data', (chunk) => {
        answer += chunk
      })
      socket.on('close', () => resolve(answer)).on('error', reject)
      const lines = ['GET /users/me HTTP/1.1', 'Host: localhost', ...fields, 'Connection: close', '', '']
      socket.write(lines.join('\r\n'))
    })
  const field = `Authorization: Bearer ${access}`
  assert.match(await send([field]), /^HTTP\/1\.1 200/)
  assert.match(await send([field, field]), /^HTTP\/1\.1 40[01]/)
  assert.match(await send([field, 'Authorization: Bearer x']), /^HTTP\/1\.1 40[01]/)
  await serving.stop()
})

test('C18: embedded in development nobody outside this machine is served, and the log says what to set; probes are', async () => {
  const told: unknown[] = []
  const issuer = await startIssuer({ onRefusal: ({ code, details }) => void told.push([code, details]) })
  const { access } = await issuer.signUp('alice')
  const ask = (url: string) =>
    issuer.auth.fetch(new Request(url, { headers: { authorization: `Bearer ${access}` } }))
  for (const path of ['/users/me', '/docs', '/openapi.json', '/.well-known/jwks.json']) {
    assert.equal((await ask(`http://localhost:8000${path}`)).status, 200, path)
    const answer = await ask(`http://auth.example.com${path}`)
    assert.equal(answer.status, 421, path)
    assert.match(await answer.text(), /in development/)
  }
  assert.deepEqual(told[0], ['DEVELOPMENT_EXPOSED', { host: 'auth.example.com' }])
  assert.equal((await ask('http://10.1.2.3:8000/readyz')).status, 200)
  await issuer.close()

  const warned: unknown[] = []
  const logger = { ...silentLogger, warn: (facts: object) => void warned.push(facts) }
  const { auth } = await startIssuer({ logger })
  for (let time = 0; time < 2; time++) {
    const request = new Request('http://auth.example.com/.well-known/jwks.json')
    assert.equal(
      (await auth.fetch(request, { listensOn: '127.0.0.1' })).status,
      200,
      'known to be out of reach',
    )
    assert.equal((await auth.fetch(request, { listensOn: '0.0.0.0' })).status, 421)
  }
  assert.equal(warned.filter((facts) => !('code' in (facts as object))).length, 1)
  await auth.close()

  const production = createAuth({
    logLevel: 'silent',
    issuer: 'https://auth.example.com',
    secretKey: SECRET_KEY,
    databaseUrl: 'sqlite::memory:',
  })
  const jwks = new Request('http://10.1.2.3/.well-known/jwks.json')
  assert.notEqual((await production.fetch(jwks)).status, 421)
  await production.close()
})

test('the root of the stand-alone server leads to the account page, also below a path, and the embedded form has none', async () => {
  const root = async (settings: Parameters<typeof startIssuer>[0], path = '/', method = 'GET') => {
    const issuer = await startIssuer(settings)
    const serving = await serve({ auth: issuer.auth, host: '127.0.0.1', port: 0, logger: silentLogger })
    const answer = await fetch(url(serving.address.port, path), { method, redirect: 'manual' })
    await serving.stop()
    await answer.text()
    return `${answer.status} ${answer.headers.get('location')}`
  }
  assert.equal(await root({}), '303 /account')
  assert.equal(await root({}, '/?from=mail', 'HEAD'), '303 /account')
  const below = { issuer: 'http://127.0.0.1:8000/auth' }
  for (const path of ['/', '/auth', '/auth/']) assert.equal(await root(below, path), '303 /auth/account')
  assert.equal(await root({}, '/', 'POST'), '404 null')
  assert.equal(await root({ pages: 'off' }), '404 null', 'nowhere to lead')
  const issuer = await startIssuer()
  assert.equal(issuer.auth.handles('/'), false)
  assert.equal((await issuer.call('GET', '/')).status, 404)
  const serving = await serve({ auth: issuer.auth, host: '127.0.0.1', port: 0, logger: silentLogger })
  await fetch(url(serving.address.port, '/'), { redirect: 'manual' })
  const numbers = await (await fetch(url(serving.address.port, '/metrics'))).text()
  assert.match(numbers, /^countersign_requests_total\{route="GET \/",status="303"\} 1$/m)
  await serving.stop()
})

test('G-9: who is slow with headers or a body is cut off, and who sends too many headers is told so', async (t) => {
  const listen = t.mock.method(NetServer.prototype, 'listen')
  const { auth } = await startIssuer()
  const serving = await serve({ auth, host: '127.0.0.1', port: 0, logger: silentLogger })
  t.after(() => serving.stop())
  const server = listen.mock.calls[0]?.this as Server
  for (const limit of [server.headersTimeout, server.requestTimeout]) {
    assert.ok(limit > 0 && limit <= 20_000, String(limit))
  }
  const { connectionsCheckingInterval } = server as { readonly connectionsCheckingInterval?: number }
  assert.ok(connectionsCheckingInterval !== undefined && connectionsCheckingInterval <= 5000)
  const asked = await fetch(url(serving.address.port, '/healthz'), {
    headers: { 'x-long': 'x'.repeat(16_384) },
  })
  assert.equal(asked.status, 431)
})
