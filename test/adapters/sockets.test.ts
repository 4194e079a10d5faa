import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import fastifyWebsocket from '@fastify/websocket'
import { createAdaptorServer, upgradeWebSocket } from '@hono/node-server'
import Fastify from 'fastify'
import { Hono, type MiddlewareHandler } from 'hono'
import { WebSocket, WebSocketServer } from 'ws'
import * as fastify from '../../src/fastify.ts'
import * as hono from '../../src/hono.ts'
import { type Access, needs, type Principal, signedIn } from '../../src/index.ts'
import * as node from '../../src/node.ts'
import { startIssuer } from '../flows/issuer.ts'
import {
  greeting,
  MAX_BYTES,
  OPEN_TO_ALL,
  type OpenSocketSample,
  SECRET,
  SOCKET_WORDS,
  testSockets,
} from './sockets.ts'

const words = (): [string, Access<Principal | undefined>][] => [
  ...Object.entries(SOCKET_WORDS),
  [OPEN_TO_ALL.path, OPEN_TO_ALL.word],
]

const withWs: OpenSocketSample = async (auth) => {
  const page = node.guard(signedIn, (_request, response) => void response.end(SECRET))
  const server = createServer(node.nodeListener(auth, { routes: { 'GET /page': page } }))
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_BYTES })
  const byPath = new Map(words())
  server.on('upgrade', async (request: IncomingMessage, connection, head) => {
    const word = byPath.get(new URL(request.url ?? '/', 'http://x').pathname)
    const accepted = word && (await auth.sockets.accept(request, word))
    if (!accepted?.ok) {
      connection.end(`HTTP/1.1 ${accepted?.response.status ?? 404} Refused\r\nConnection: close\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, connection, head, (socket) => {
      accepted.hold(socket)
      socket.on('message', (data: Buffer) => socket.send(String(data.length)))
      socket.send(greeting(accepted.principal))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The plugin before the guards, in the same line as them, or around the routes alone. */
const withFastify =
  (where: 'before' | 'after' | 'inside'): OpenSocketSample =>
  async (auth, lines) => {
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk))
        done()
      },
    })
    const app = Fastify({ logger: { level: 'info', stream } })
    const options = { options: { maxPayload: MAX_BYTES } }
    if (where === 'before') await app.register(fastifyWebsocket, options)
    fastify.protect(app, auth)
    if (where === 'after') app.register(fastifyWebsocket, options)
    app.register(async (scope) => {
      if (where === 'inside') await scope.register(fastifyWebsocket, options)
      for (const [path, word] of words()) {
        scope.get(path, { websocket: true, ...fastify.guard(word) }, (socket, request) => {
          socket.on('message', (data: Buffer) => socket.send(String(data.length)))
          socket.send(greeting(request.principal))
        })
      }
      scope.get('/page', fastify.guard(signedIn), () => SECRET)
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return {
      port: (app.server.address() as AddressInfo).port,
      async close() {
        app.server.closeAllConnections()
        await app.close()
      },
    }
  }

const withHono: OpenSocketSample = async (auth) => {
  const app = new Hono()
  const protection = hono.protect(app, auth)
  // A group and a route, so that one ticket is looked at twice.
  app.use('/ws', hono.guard(signedIn))
  for (const [path, word] of words()) {
    app.get(
      path,
      hono.guard(word),
      upgradeWebSocket((c) => ({
        onOpen: (_event, socket) => socket.send(greeting(c.get('principal'))),
        onMessage: ({ data }, socket) =>
          socket.send(String(typeof data === 'string' ? data.length : (data as ArrayBuffer).byteLength)),
        onError: () => undefined,
      })),
    )
  }
  app.get('/page', hono.guard(signedIn), (c) => c.text(SECRET))
  await protection.ready()
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_BYTES })
  const server = createAdaptorServer({ fetch: app.fetch, websocket: { server: sockets as never } })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

testSockets('ws', withWs)
testSockets('fastify', withFastify('after'))
testSockets('hono', withHono)

for (const where of ['before', 'inside'] as const) {
  test(`fastify: F-6: sockets are checked and end, with the plugin ${where}`, async () => {
    const { auth, signUp, call, close } = await startIssuer()
    const sample = await withFastify(where)(auth, [])
    try {
      const { access } = await signUp('alice')
      const { body } = await call('POST', '/ws-ticket', { token: access })
      const url = `ws://127.0.0.1:${sample.port}/ws?ticket=${String(body.ticket)}`
      const socket = new WebSocket(url)
      await once(socket, 'message')
      const [second] = await once(new WebSocket(url), 'error')
      assert.match(String(second), /401/)
      const closed = once(socket, 'close')
      await call('POST', '/logout', { token: access })
      assert.equal((await closed)[0], 1008)
    } finally {
      await sample.close()
      await close()
    }
  })
}

test('hono: F-8: an upgrade at a page is answered without its body, as to whoever bought the ticket, and once', async () => {
  const { auth, signUp, call, close } = await startIssuer()
  const app = new Hono()
  const protection = hono.protect(app, auth)
  const seen: string[] = []
  app.get('/page', hono.guard(signedIn), (c) => {
    seen.push(c.get('principal').via)
    return c.text(SECRET)
  })
  app.get('/bearer', hono.guard(SOCKET_WORDS['/header'] as Access<Principal>), (c) => {
    seen.push('bearer')
    return c.text(SECRET)
  })
  await protection.ready()
  const sockets = new WebSocketServer({ noServer: true })
  const server = createAdaptorServer({ fetch: app.fetch, websocket: { server: sockets as never } })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.address() as AddressInfo
  const { access } = await signUp('alice')
  const { body } = await call('POST', '/ws-ticket', { token: access })
  /** The status and all that came back. */
  const upgrade = (path: string) =>
    new Promise<[number | undefined, string]>((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}?ticket=${String(body.ticket)}`)
      socket.once('open', () => reject(new Error('a socket was opened')))
      socket.once('error', reject)
      socket.once('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () => resolve([response.statusCode, String(Buffer.concat(chunks))]))
      })
    })
  assert.deepEqual(await upgrade('/bearer'), [401, ''], 'a word that takes no tickets')
  assert.deepEqual(await upgrade('/page'), [200, ''])
  assert.deepEqual(await upgrade('/page'), [401, ''])
  assert.deepEqual(seen, ['ws-ticket'])
  await new Promise((resolve) => server.close(resolve))
  await close()
})

test('hono: G-1: what opens a socket needs a word, also where it stands as middleware', async () => {
  const { auth, signUp, close } = await startIssuer()
  const app = new Hono()
  const protection = hono.protect(app, auth)
  const opens = upgradeWebSocket(() => ({ onOpen: (_event, socket) => socket.send(SECRET) }))
  // As a bundler leaves it, without its name.
  const nameless: MiddlewareHandler = (c, next) => opens(c, next)
  app.use((_c, next) => next())
  app.all('/silent', opens)
  app.use('/nameless', nameless)
  app.use('/ahead/:id', nameless)
  app.get('/ahead/:room', hono.guard(needs({ if: (_who, { params }) => params.room === 'mine' })), (c) =>
    c.text(''),
  )
  await assert.rejects(protection.ready(), /a route has no access word:\n {2}\* \/silent\b/)
  const sockets = new WebSocketServer({ noServer: true })
  const server = createAdaptorServer({ fetch: app.fetch, websocket: { server: sockets as never } })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { access } = await signUp('alice')
  /** What an open socket says, or the status of the refusal. */
  const open = (path: string, headers: Record<string, string> = {}) =>
    new Promise<unknown>((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
        headers,
      })
      socket.once('message', (data) => {
        socket.terminate()
        resolve(String(data))
      })
      socket.once('unexpected-response', (request, { statusCode }) => {
        request.destroy()
        resolve(statusCode)
      })
      socket.once('error', reject)
    })
  const asked = ['/silent', '/nameless', '/ahead/mine', '/nowhere'].map((path) => open(path))
  assert.deepEqual(await Promise.all(asked), [403, 404, 401, 404])
  const bearer = { authorization: `Bearer ${access}` }
  const signedIn = ['/silent', '/ahead/mine', '/ahead/other'].map((path) => open(path, bearer))
  assert.deepEqual(await Promise.all(signedIn), [403, SECRET, 403])
  await new Promise((resolve) => server.close(resolve))
  await close()
})

test('hono: a socket that another server opens ends too, by its connection', async () => {
  const { auth, signUp, call, close } = await startIssuer()
  const app = new Hono()
  const protection = hono.protect(app, auth)
  app.get('/ws', hono.guard(SOCKET_WORDS['/ws'] as Access<Principal>), (c) => c.body(null))
  await protection.ready()
  const { access } = await signUp('alice')
  /** As a server hands it over that opens sockets by itself. */
  const upgrade = async () => {
    const { body } = await call('POST', '/ws-ticket', { token: access })
    const destroyed = Promise.withResolvers<void>()
    let isDestroyed = false
    destroyed.promise.then(() => {
      isDestroyed = true
    })
    const socket = Object.assign(new EventEmitter(), {
      remoteAddress: '127.0.0.1',
      destroy: () => destroyed.resolve(),
    })
    const url = `/ws?ticket=${String(body.ticket)}`
    const incoming = { upgrade: true, method: 'GET', url, rawHeaders: [], socket }
    const request = () => app.request(url, {}, { incoming })
    return { socket, request, destroyed: destroyed.promise, isDestroyed: () => isDestroyed }
  }
  const [gone, stays] = [await upgrade(), await upgrade()]
  assert.equal((await gone.request()).status, 200)
  assert.equal((await stays.request()).status, 200)
  gone.socket.emit('close')
  await call('POST', '/logout', { token: access })
  await stays.destroyed
  assert.equal(gone.isDestroyed(), false, 'a connection that is gone is looked after no more')
  assert.equal((await stays.request()).status, 401)
  await close()
})
