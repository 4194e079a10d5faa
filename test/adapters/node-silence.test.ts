import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { type Auth, anyone, signedIn } from '../../src/index.ts'
import { type GuardedHandler, guard, nodeListener, UndeclaredRoutesError } from '../../src/node.ts'
import { newAuth, SECRET } from './contract.ts'
import { sendRaw } from './raw-request.ts'

let auth: Auth
before(() => {
  auth = newAuth()
})
after(() => auth.close())

type Ask = (target: string, method?: string) => Promise<{ readonly status: number; readonly body: string }>

/** Serves the routes for as long as they are asked. */
async function serve(
  routes: Record<string, GuardedHandler>,
  use: (ask: Ask) => Promise<void>,
): Promise<void> {
  const server = createServer(nodeListener(auth, { routes }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use((target, method = 'GET') => sendRaw((server.address() as AddressInfo).port, { target, method }))
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

const secret = guard(signedIn, (_request, response) => void response.end(SECRET))
const page = guard(anyone, (_request, response) => void response.end('a page'))

test('G-1: node: a route is a method and a path with a handler that has its word', () => {
  for (const key of ['/x', 'GET x', 'get /x', 'GET /a b', '* /x', '']) {
    assert.throws(() => nodeListener(auth, { routes: { [key]: page } }), /is not a method and a path/, key)
  }
  const plain = ((_request: IncomingMessage, response: ServerResponse) => response.end(SECRET)) as never
  assert.throws(() => nodeListener(auth, { routes: { 'GET /x': plain } }), UndeclaredRoutesError)
  assert.throws(() => guard({} as never, () => undefined), /not an access word/)
})

test('node: a route for all paths leaves the issuer its own, one that names the path does not', async () => {
  await serve({ 'GET /docs': page, 'GET /*': secret }, async (ask) => {
    assert.match((await ask('/healthz')).body, /ok/)
    assert.equal((await ask('/docs')).body, 'a page')
    assert.deepEqual([(await ask('/x')).status, (await ask('/x', 'POST')).status], [401, 405])
  })
})

test('node: the parts of a path come decoded, as they were where they are no encoding, and none that is not there', async () => {
  const told = guard(anyone, (_request, response, { params }) => void response.end(JSON.stringify(params)))
  await serve({ 'GET /items/:id/:page?': told, 'GET /:kind/all/*': told }, async (ask) => {
    for (const [target, params] of [
      ['/items/a%2Fb%20c', { id: 'a/b c' }],
      ['/items/a/2', { id: 'a', page: '2' }],
      ['/items/%zz', { id: '%zz' }],
      ['/items/a?id=b', { id: 'a' }],
      ['/books/all/a/b', { kind: 'books' }],
    ] as const) {
      assert.deepEqual(JSON.parse((await ask(target)).body), params, target)
    }
  })
})

test('node: a handler that throws is answered by 500, and cut off where it had begun', async () => {
  const warned: unknown[] = []
  const note = (warning: unknown): void => void warned.push(warning)
  process.on('warning', note)
  const early = guard(anyone, async () => {
    throw new Error('early')
  })
  const late = guard(anyone, (_request, response) => {
    response.writeHead(200, { 'content-length': 10 }).write('begun')
    throw new Error('late')
  })
  const text = guard(anyone, () => {
    throw 'a text'
  })
  try {
    await serve({ 'GET /early': early, 'GET /late': late, 'GET /text': text }, async (ask) => {
      assert.equal((await ask('/early')).status, 500)
      assert.equal((await ask('/text')).status, 500)
      await ask('/late').catch(() => undefined)
      assert.equal((await ask('/early')).status, 500, 'and the server goes on')
    })
  } finally {
    process.off('warning', note)
  }
  assert.deepEqual(warned.map(String), ['Error: early', 'Warning: a text', 'Error: late', 'Error: early'])
})
