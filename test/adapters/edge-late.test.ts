import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import express from 'express'
import * as ofExpress from '../../src/express.ts'
import { anyone } from '../../src/index.ts'
import * as ofNode from '../../src/node.ts'
import { startIssuer } from '../flows/issuer.ts'

const APP = 'https://app.example.com'

/** What handlers do to the headers that caches and pages go by. */
const WAYS: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
  '/set': (response) => {
    response.setHeader('Vary', 'Accept')
    response.setHeader('Access-Control-Expose-Headers', 'X-Total')
    response.end('x')
  },
  '/object': (response) =>
    response.writeHead(200, 'Fine', { vary: 'Accept', 'access-control-expose-headers': 'X-Total' }).end('x'),
  '/array': (response) =>
    response.writeHead(200, ['Vary', 'Accept', 'Access-Control-Expose-Headers', 'X-Total']).end('x'),
  '/flushed': (response) => {
    response.setHeader('Vary', 'Accept')
    response.setHeader('Access-Control-Expose-Headers', 'X-Total')
    response.flushHeaders()
    response.end('x')
  },
}

for (const framework of ['node', 'express'] as const) {
  test(`${framework}: C13: what a handler says of its answer stays beside what keeps origins apart in caches`, async (t) => {
    const { auth, close } = await startIssuer({ corsOrigins: [APP] })
    const edge = { cors: auth.cors, headers: auth.headers.api }
    const routes = Object.entries(WAYS)
    const app = express()
    ofExpress.protect(app, auth, edge)
    for (const [path, answer] of routes) {
      app.get(path, ofExpress.guard(anyone), (_request, response) => void answer(response))
    }
    app.use('/silent', (_request, response) => void response.setHeader('Vary', 'Accept').end('x'))
    const listener = ofNode.nodeListener(auth, {
      ...edge,
      routes: Object.fromEntries(
        routes.map(([path, answer]) => [
          `GET ${path}`,
          ofNode.guard(anyone, (_request, response) => void answer(response)),
        ]),
      ),
    })
    const server = createServer(framework === 'node' ? listener : app).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(async () => {
      server.close()
      server.closeAllConnections()
      await close()
    })
    const ask = (path: string, origin: string) =>
      fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { headers: { origin } })
    for (const path of Object.keys(WAYS)) {
      const { headers } = await ask(path, APP)
      assert.equal(headers.get('vary'), 'Accept, Origin', path)
      assert.equal(headers.get('access-control-allow-origin'), APP, path)
      assert.match(headers.get('access-control-expose-headers') ?? '', /^X-Total, WWW-Authenticate/, path)
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
      const foreign = await ask(path, 'https://evil.example')
      assert.equal(foreign.headers.get('vary'), 'Accept, Origin', path)
      assert.equal(foreign.headers.get('access-control-allow-origin'), null, path)
    }
    if (framework === 'express') {
      const { status, headers } = await ask('/silent', APP)
      assert.deepEqual(
        [status, headers.get('access-control-allow-origin')],
        [403, APP],
        'a refusal can be read',
      )
      assert.equal(headers.get('vary'), 'Origin')
    }
  })
}
