import assert from 'node:assert/strict'
import { createServer, type RequestListener, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import * as inExpress from '../../src/express.ts'
import * as inFastify from '../../src/fastify.ts'
import * as inHono from '../../src/hono.ts'
import type { Auth } from '../../src/index.ts'
import * as inNode from '../../src/node.ts'
import { closeServer, listen } from '../client/site.ts'
import { newAuth } from './contract.ts'

const PASSWORD = 'correct horse battery'

interface Seen {
  readonly url: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** An application whose `/api` is handed on to the API behind. */
type OpenFront = (auth: Auth, to: string) => Promise<RequestListener>

const fronts: Readonly<Record<string, OpenFront>> = {
  async fastify(auth, to) {
    const app = Fastify()
    inFastify.protect(app, auth)
    app.all('/api/*', inFastify.guard(auth.signedIn), inFastify.forward(auth, { to, strip: '/api' }))
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
  async express(auth, to) {
    const app = express()
    inExpress.protect(app, auth)
    app.use(express.json())
    app.all('/api/*rest', inExpress.guard(auth.signedIn), inExpress.forward(auth, { to, strip: '/api' }))
    return app as unknown as RequestListener
  },
  async hono(auth, to) {
    const app = new Hono()
    const { ready } = inHono.protect(app, auth)
    app.all('/api/*', inHono.guard(auth.signedIn), inHono.forward(auth, { to, strip: '/api' }))
    await ready()
    return getRequestListener(app.fetch)
  },
  async node(auth, to) {
    const handler = inNode.guard(auth.signedIn, inNode.forward(auth, { to, strip: '/api' }))
    return inNode.nodeListener(auth, { routes: { 'GET /api/*': handler, 'POST /api/*': handler } })
  },
}

for (const [name, openFront] of Object.entries(fronts)) {
  test(`${name}: a cookie opens the API behind by a token of a minute, and nothing of the browser's goes along`, async (t) => {
    const seen: Seen[] = []
    const behind = createServer(async (request, response) => {
      seen.push({ url: request.url, headers: request.headers, body: await text(request) })
      if (request.url?.endsWith('/hang')) return
      if (request.url?.endsWith('/broken')) return void response.destroy()
      const headers = { 'set-cookie': 'theirs=1', 'content-type': 'text/plain', 'x-of': 'theirs' }
      response.writeHead(request.url?.endsWith('/moved') ? 302 : 201, {
        ...headers,
        location: 'https://x.test/',
      })
      response.end('made')
    })
    const to = `${await listen(behind)}/v1`
    const front: Server = createServer()
    const url = await listen(front)
    const auth = newAuth(url)
    t.after(async () => {
      await Promise.all([behind, front].map(closeServer))
      await auth.close()
    })
    await auth.ready()
    front.on('request', await openFront(auth, to))
    await auth.users.create({ email: 'ann@example.com', username: 'ann', password: PASSWORD })

    const page = { origin: url, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }
    const signedIn = await fetch(`${url}/session`, {
      method: 'POST',
      headers: page,
      body: JSON.stringify({ username: 'ann', password: PASSWORD }),
    })
    assert.equal(signedIn.status, 200)
    const cookie = signedIn.headers.getSetCookie().find((set) => set.startsWith('countersign=')) ?? ''
    const { csrf_token } = (await signedIn.json()) as { csrf_token: string }
    const mine = { ...page, cookie: cookie.split(';')[0] ?? '', 'x-csrf-token': csrf_token }

    const made = await fetch(`${url}/api/todos?list=1`, {
      method: 'POST',
      headers: mine,
      body: '{"title":"x"}',
    })
    assert.equal(made.status, 201, await made.clone().text())
    assert.equal(await made.text(), 'made')
    assert.equal(made.headers.get('x-of'), 'theirs')
    assert.equal(made.headers.get('set-cookie'), null)
    const [first] = seen
    assert.equal(first?.url, '/v1/todos?list=1')
    assert.equal(first?.body, '{"title":"x"}')
    for (const secret of ['cookie', 'x-csrf-token']) assert.equal(first?.headers[secret], undefined)
    const token = String(first?.headers.authorization).replace('Bearer ', '')
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    assert.equal(claims.exp - claims.iat, 60)

    const get = (path: string, headers: Record<string, string> = mine) =>
      fetch(url + path, { headers, redirect: 'manual' })
    assert.equal((await get('/api/moved')).status, 302, 'the browser may follow, we do not')
    assert.equal((await get('/api/broken')).status, 502)
    seen.length = 0
    assert.equal((await get('/api/todos', {})).status, 401, 'a stranger')
    const forged = await fetch(`${url}/api/todos`, {
      method: 'POST',
      headers: { ...mine, 'x-csrf-token': 'x' },
      body: '{}',
    })
    assert.equal(forged.status, 403)
    await fetch(`${url}/session`, { method: 'DELETE', headers: mine })
    assert.equal((await get('/api/todos')).status, 401, 'signed out')
    assert.deepEqual(seen, [], 'nothing of that reached the API')
  })
}

test('what is asked for never leaves the path of the API behind', async () => {
  const { createForward } = await import('../../src/adapters/forward.ts')
  const asked: string[] = []
  const forward = createForward(
    { tokens: { issue: async () => ({ access_token: 'x' }) } },
    {
      to: 'https://behind.test/v1/',
      strip: '/api',
      fetch: async (input) => {
        asked.push(String(input))
        return new Response()
      },
    },
  )
  const principal = { kind: 'user', id: 'a', scopes: [] } as unknown as Parameters<typeof forward>[1]
  const statusOf = async (target: string, who = principal) =>
    (await forward({ method: 'GET', target, headers: new Headers(), body: null }, who)).status
  for (const target of [
    '/api/../admin',
    '/api/%2e%2e/admin',
    '/api/..\\admin',
    '/api/a/../../../admin',
    '/apix/a',
    '/other',
    'https://evil.test/api/a',
  ]) {
    assert.equal(await statusOf(target), 404, target)
  }
  assert.equal(await statusOf('/api/a', { ...principal, kind: 'client' }), 404)
  assert.deepEqual(asked, [])
  assert.equal(await statusOf('/api//evil.test/a?b=/../c'), 200)
  assert.deepEqual(asked, ['https://behind.test/v1//evil.test/a?b=/../c'])
})
