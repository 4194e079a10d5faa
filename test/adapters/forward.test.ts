import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { AuthError } from '../../src/errors/auth-error.ts'
import { RefusalAnswer } from '../../src/errors/refusal-answer.ts'
import { closeServer, listen } from '../client/site.ts'
import { newAuth } from './contract.ts'
import { fronts } from './forward-fronts.ts'

const PASSWORD = 'correct horse battery'

interface Seen {
  readonly url: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
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
    assert.equal(typeof claims.sid, 'string', 'it ends with the session of the cookie')
    assert.deepEqual(claims.amr, ['pwd'])

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
    {
      gate: { refuse: () => new RefusalAnswer(403, {}, '') },
      tokens: { issue: async () => ({ access_token: 'x' }) },
    },
    {
      to: 'https://behind.test/v1/',
      strip: '/api',
      fetch: async (input) => {
        asked.push(String(input))
        return new Response()
      },
    },
  )
  const principal = { kind: 'user', id: 'a', via: 'session' } as unknown as Parameters<typeof forward>[1]
  const statusOf = async (target: string, who = principal) =>
    (await forward({ method: 'GET', target, headers: new Headers(), body: null }, who)).status
  for (const target of [
    '/api/../admin',
    '/api/%2e%2e/admin',
    '/api/..\\admin',
    '/api/a/../../../admin',
    '/api/a/../b',
    '/api/a/..',
    '/api/a/./b',
    '/api/a/..;/b',
    '/api/a/%2E%2e/b',
    '/api/a/.%2e/b',
    '/api/a%2fb',
    '/api/a%5Cb',
    '/api/a\\b',
    '/api/%61dmin',
    '/api/a\tb',
    '/api/a#b',
    '/apix/a',
    '/other',
    'https://evil.test/api/a',
  ]) {
    assert.equal(await statusOf(target), 404, target)
  }
  assert.equal(await statusOf('/api/a', { ...principal, kind: 'client' }), 403)
  assert.deepEqual(asked, [])
  for (const path of ['//evil.test/a?b=/../c', '/a%20b/%C3%A9', '/a..b/.c/...', '/a;b=1/@x:y,z~']) {
    assert.equal(await statusOf(`/api${path}`), 200)
    assert.equal(asked.pop(), `https://behind.test/v1${path}`)
  }
})

test('an account that is disabled behind the back of the guard is refused, and nothing is handed on', async () => {
  const { createForward } = await import('../../src/adapters/forward.ts')
  const told: string[] = []
  const forward = createForward(
    {
      gate: {
        refuse: ({ code }) => {
          told.push(code)
          return new RefusalAnswer(401, {}, '')
        },
      },
      tokens: { issue: () => Promise.reject(new AuthError('USER_DISABLED')) },
    },
    { to: 'https://behind.test', fetch: () => assert.fail('handed on') },
  )
  const principal = { kind: 'user', id: 'a', via: 'session' } as unknown as Parameters<typeof forward>[1]
  const asked = { method: 'GET', target: '/a', headers: new Headers(), body: null }
  assert.equal((await forward(asked, principal)).status, 401)
  assert.deepEqual(told, ['USER_DISABLED'])
})
