import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { createCookieClient } from '../../src/client/cookie.ts'
import { here, type Surroundings } from '../../src/client/surroundings.ts'
import { type Client, ClientError, type ClientOptions, createClient } from '../../src/client.ts'
import { type PretendBrowser, pretendBrowser } from './browser.ts'

const ISSUER = 'https://auth.example.com'
const API = 'https://api.example.com/orders'
const CREDENTIALS = { username: 'ann', password: 'correct horse battery' }

/** What stands at an address, as a test puts it there. */
let pages: Record<string, (request: Request) => Response | Promise<Response>>
let asked: Request[]
let browser: PretendBrowser
let made: number
beforeEach(() => {
  browser = pretendBrowser()
  asked = []
  made = 0
  pages = {
    '/token': tokens,
    '/refresh': tokens,
    '/logout': () => new Response(null, { status: 204 }),
    '/orders': () => new Response('[]'),
  }
})

const tokens = () => Response.json({ access_token: `a${++made}`, expires_in: 900, refresh_token: `r${made}` })
const network: Surroundings['fetch'] = async (input, init) => {
  const request = new Request(input, init)
  request.signal.throwIfAborted()
  asked.push(request.clone())
  return pages[new URL(request.url).pathname]?.(request) ?? new Response('', { status: 404 })
}
const paths = () => asked.map(({ url }) => new URL(url).pathname)

function open(options: Partial<ClientOptions> = {}, more: Partial<Surroundings> = {}): Client {
  const surroundings = { ...browser.tab(network), ...more }
  return createClient({ issuer: ISSUER, apis: [API], storage: browser.store, ...options }, surroundings)
}

async function signedIn(more: Partial<Surroundings> = {}): Promise<Client> {
  const client = open({}, more)
  await client.signInWithPassword(CREDENTIALS)
  asked.length = 0
  return client
}

/** What nobody handles while something is done; in Node that ends the program. */
async function unhandledDuring(work: () => Promise<unknown>): Promise<unknown[]> {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  try {
    await work()
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    return unhandled
  } finally {
    process.off('unhandledRejection', note)
  }
}

const problem = (code: string, body?: ReadableStream) =>
  new Response(body ?? JSON.stringify({ code }), {
    status: 401,
    headers: {
      'content-type': 'application/problem+json',
      'www-authenticate': 'Bearer error="invalid_token"',
    },
  })

/** A body that begins and never ends: with more and more, or with silence. */
function endless(kind: 'flood' | 'silence', onCancel: () => void): ReadableStream<Uint8Array> {
  const part = new TextEncoder().encode(' '.repeat(16_384))
  let parts = 0
  return new ReadableStream({
    pull(controller) {
      if (kind === 'silence' && parts++ > 0) return new Promise(() => undefined)
      controller.enqueue(part)
      return new Promise((resolve) => setImmediate(resolve))
    },
    cancel: onCancel,
  })
}

test('a sign-in in the place of a session that the issuer does not end fails for nobody, and ends no program', async () => {
  const client = await signedIn()
  pages['/logout'] = () => Response.json({ code: 'try_again' }, { status: 503 })
  const unhandled = await unhandledDuring(() => client.signInWithPassword(CREDENTIALS))
  assert.ok(paths().includes('/logout'))
  assert.deepEqual(unhandled, [])
  assert.equal(client.session.status, 'signed-in')
})

test('a sign-in whose tokens could not be kept is said, and its session ended: nobody else could', async () => {
  const client = open()
  browser.store.replace = () => Promise.reject(new DOMException('full', 'QuotaExceededError'))
  await assert.rejects(client.signInWithPassword(CREDENTIALS), { code: 'REFRESH_NEW_TOKEN_UNUSED' })
  assert.deepEqual(paths(), ['/token', '/logout'])
  assert.match((await asked[1]?.text()) ?? '', /refresh_token=r1/)
  assert.equal(client.session.status, 'signed-out')
})

test('whoever was given no refresh token is signed out at the issuer by the access token', async () => {
  const client = open()
  pages['/token'] = () => Response.json({ access_token: 'a1', expires_in: 900 })
  await client.signInWithPassword(CREDENTIALS)
  asked.length = 0
  await client.signOut()
  const [request] = asked
  assert.deepEqual(paths(), ['/logout'])
  assert.equal(request?.headers.get('authorization'), 'Bearer a1')
  assert.equal(await request?.text(), '')
})

for (const kind of ['flood', 'silence'] as const) {
  test(`bad input: a 401 whose body is ${kind} without end holds nobody up: the caller has it, or it is let go`, async (t) => {
    const client = await signedIn()
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let cancelled = 0
    const refuseOnce = () => {
      pages['/orders'] = () => new Response('[]')
      return problem(
        '',
        endless(kind, () => ++cancelled),
      )
    }
    const call = async () => {
      const answer = client.fetch(API)
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
      t.mock.timers.tick(8000)
      return answer
    }
    pages['/orders'] = refuseOnce
    const refusal = await call()
    assert.deepEqual([refusal.status, refusal.bodyUsed, cancelled], [401, false, 0])
    await refusal.body?.cancel()
    assert.equal(cancelled, 1)

    // Said in the challenge, of a token that has ended by our clock as well: the body is not needed.
    browser.advance(760_000)
    pages['/orders'] = () => {
      browser.advance(140_001)
      return refuseOnce()
    }
    assert.equal((await call()).status, 200)
    assert.equal(cancelled, 2)
  })
}

test('bad input: a 401 that breaks off is the caller’s to read, or is sent again all the same', async () => {
  const client = await signedIn()
  const broken = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode('{"code":'))
        controller.error(new TypeError('terminated'))
      },
    })
  pages['/orders'] = () => problem('', broken())
  assert.equal((await client.fetch(API)).status, 401)
  browser.advance(899_999)
  pages['/orders'] = () => {
    browser.advance(1)
    pages['/orders'] = () => new Response('[]')
    return problem('', broken())
  }
  const unhandled = await unhandledDuring(async () => assert.equal((await client.fetch(API)).status, 200))
  assert.deepEqual(unhandled, [])
})

test('bad input: a body of a form is sent again whole', async () => {
  const client = await signedIn()
  const bodies: string[] = []
  pages['/orders'] = async (request) => {
    const form = await request.formData()
    bodies.push(`${form.get('name')} ${await (form.get('file') as File).text()}`)
    return bodies.length === 1 ? problem('token_expired') : new Response('[]')
  }
  const form = new FormData()
  form.set('name', 'note')
  form.set('file', new Blob(['text']), 'note.txt')
  assert.equal((await client.fetch(API, { method: 'POST', body: form })).status, 200)
  assert.deepEqual(bodies, ['note text', 'note text'])
})

test('a signal that is aborted already sends nothing, whatever the token', async () => {
  const client = await signedIn()
  const signal = AbortSignal.abort(new Error('gone'))
  for (const age of [0, 800_000, 100_000]) {
    browser.advance(age)
    await assert.rejects(client.fetch(API, { signal }), { message: 'gone' })
  }
  assert.ok(!asked.some(({ url }) => url === API))
  assert.equal((await client.fetch(API)).status, 200)
})

test('told to wait for a day, a page asks again after five minutes all the same', async () => {
  const client = await signedIn()
  browser.advance(900_001)
  pages['/refresh'] = () =>
    new Response('<h1>Maintenance', { status: 503, headers: { 'retry-after': '86400' } })
  const error = await client.fetch(API).catch((reason: unknown) => reason)
  assert.ok(error instanceof ClientError)
  assert.equal(error.retryAfterSeconds, 86_400)
  pages['/refresh'] = tokens
  browser.advance(299_999)
  await assert.rejects(client.fetch(API), ClientError)
  assert.deepEqual(paths(), ['/refresh'])
  browser.advance(2)
  assert.equal((await client.fetch(API)).status, 200)
})

test('a browser that forbids channels, or has none, has a client all the same', (t) => {
  const globals = globalThis as { location?: unknown; BroadcastChannel?: unknown }
  const { BroadcastChannel } = globals
  t.after(() => {
    globals.BroadcastChannel = BroadcastChannel
    delete globals.location
  })
  globals.location = { href: 'https://app.example.com/' }
  globals.BroadcastChannel = class {
    constructor() {
      // Firefox, where cookies are blocked.
      throw new DOMException('The operation is insecure.', 'SecurityError')
    }
  }
  assert.equal(here.openChannel('x'), undefined)
  globals.BroadcastChannel = undefined
  assert.equal(here.openChannel('x'), undefined)
})

test('a program opens no channel, which would be kept for each client that was ever made', () => {
  assert.equal(here.openChannel('x'), undefined)
})

test('where pages are drawn on a server a client is made and asks nobody; whoever uses it is told', async () => {
  for (const storage of ['tab', 'shared', undefined, 'disk'] as const) {
    const unhandled = await unhandledDuring(async () => {
      const client = open({ storage } as ClientOptions)
      assert.equal(client.session.status, 'loading')
      for (const use of [
        () => client.ready(),
        () => client.fetch(API),
        () => client.accessToken(),
        () => client.signInWithPassword(CREDENTIALS),
        () => client.signOut(),
      ]) {
        const error = await use().catch((reason: unknown) => reason)
        assert.ok(error instanceof ClientError && error.code === 'REFRESH_NEW_TOKEN_UNUSED', String(error))
        assert.match(String(error.cause), /There is no place ".*" here: bring a TokenStore, or say "memory"/)
      }
      assert.equal(client.session.status, 'loading')
    })
    assert.deepEqual(unhandled, [])
  }
  assert.deepEqual(asked, [])
})

test('the client by cookie follows no redirect with a password, and waits for no body without end', async (t) => {
  const surroundings = browser.tab(network, { address: `${ISSUER}/app` })
  pages['/session'] = (request) =>
    request.method === 'GET' ? Response.json({ csrf_token: 't1' }) : new Response(null, { status: 204 })
  const client = createCookieClient({}, surroundings)
  await client.ready()
  pages['/session'] = (request) => {
    assert.equal(request.redirect, 'manual')
    return new Response(null, { status: 307, headers: { location: 'https://evil.example/' } })
  }
  await assert.rejects(client.signInWithPassword(CREDENTIALS), { code: 'HDR_DROPPED_ON_REDIRECT' })
  assert.ok(asked.every(({ url }) => url.startsWith(ISSUER)))
  t.mock.timers.enable({ apis: ['setTimeout'] })
  pages['/orders'] = () =>
    problem(
      '',
      endless('silence', () => undefined),
    )
  const answer = client.fetch('/orders')
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  t.mock.timers.tick(8000)
  assert.equal((await answer).status, 401)
})

test('a network that swallows everything holds a call no longer than its tries: finding out why has a limit too', async () => {
  const limits: (AbortSignal | null | undefined)[] = []
  const swallowing: Surroundings['fetch'] = (input, init) => {
    if (!String(input).endsWith('/healthz')) return network(input, init)
    limits.push(init?.signal)
    return Promise.reject(new DOMException('The operation timed out.', 'TimeoutError'))
  }
  const client = open({}, { fetch: swallowing, address: () => 'https://app.example.com/' })
  await client.signInWithPassword(CREDENTIALS)
  browser.advance(900_001)
  pages['/refresh'] = () => Promise.reject(new TypeError('Failed to fetch'))
  await assert.rejects(client.fetch(API), { code: 'REFRESH_LOST_RESPONSE' })
  assert.equal(limits.length, 2)
  assert.ok(limits.every((limit) => limit instanceof AbortSignal))
})
