import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { answerChallenge, stepUpOf } from '../../src/client/sign-in.ts'
import type { Surroundings } from '../../src/client/surroundings.ts'
import {
  type Client,
  ClientError,
  type ClientOptions,
  createClient,
  type SignedOut,
} from '../../src/client.ts'
import { handClock, ISSUER, PASSWORD, startIssuer, type TestIssuer } from '../flows/issuer.ts'
import { signUpWithApp } from '../flows/second-factor.ts'
import { type PretendBrowser, pretendBrowser, type TabOptions } from './browser.ts'

type Fetch = Surroundings['fetch']

const LIFE_MILLISECONDS = 15 * 60_000

const clock = handClock()
let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer({ clock, rateLimits: 'off', staleness: 'relaxed' })
  await issuer.auth.users.create({ email: 'ann@example.com', username: 'ann', password: PASSWORD })
})
after(() => issuer.close())

let browser: PretendBrowser
let asked: Request[]
/** Set by a test: stands between the tabs and the issuer. */
let between: (request: Request, go: () => Promise<Response>) => Promise<Response>
beforeEach(() => {
  browser = pretendBrowser({ start: clock.now() })
  asked = []
  between = (_request, go) => go()
})

const network: Fetch = async (input, init) => {
  const request = new Request(input, init)
  asked.push(request.clone())
  return between(request, () => issuer.auth.fetch(request, { address: '127.0.0.1' }))
}

interface Tab {
  readonly client: Client
  readonly farewells: SignedOut[]
}

function openTab(options: Partial<ClientOptions> = {}, tabOptions: TabOptions = {}): Tab {
  const farewells: SignedOut[] = []
  const client = createClient(
    {
      issuer: ISSUER,
      storage: browser.store,
      onSignedOut: (farewell) => farewells.push(farewell),
      ...options,
    },
    browser.tab(network, { address: 'https://app.example/list', ...tabOptions }),
  )
  return { client, farewells }
}

async function signedInTab(options: Partial<ClientOptions> = {}, tabOptions: TabOptions = {}): Promise<Tab> {
  const tab = openTab(options, tabOptions)
  await tab.client.signInWithPassword({ username: 'ann', password: PASSWORD })
  asked.length = 0
  return tab
}

/** Time passes for everybody. */
function pass(milliseconds: number): void {
  clock.advance(milliseconds)
  browser.advance(milliseconds)
}

const paths = () => asked.map(({ url }) => new URL(url).pathname)
const me = (client: Client, init?: RequestInit) => client.fetch(`${ISSUER}/users/me`, init)
const record = () => JSON.parse(browser.store.text ?? '{}')

async function untilOut(client: Client): Promise<void> {
  while (client.session.status !== 'signed-out') await new Promise(setImmediate)
}

async function clientError(promise: Promise<unknown>): Promise<ClientError> {
  const error = await promise.then(
    () => assert.fail('it was no error'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ClientError, String(error))
  return error
}

test('signs in by password, sends the token, and says who it is', async () => {
  const { client, farewells } = openTab()
  assert.deepEqual(client.session, { status: 'loading' })
  assert.deepEqual(await client.ready(), { status: 'signed-out' })
  assert.equal((await me(client)).status, 401)
  const session = await client.signInWithPassword({ username: 'ann', password: PASSWORD })
  assert.equal(session.status, 'signed-in')
  const answer = await me(client)
  assert.equal(answer.status, 200)
  const { id } = (await answer.json()) as { id: string }
  assert.ok(
    session.status === 'signed-in' && session.userId === id && session.scopes.includes('profile:read'),
  )
  assert.deepEqual(farewells, [])
})

test('a wrong password is said with code and reference, and nobody is signed out by it', async () => {
  const { client, farewells } = await signedInTab()
  const error = await clientError(client.signInWithPassword({ username: 'ann', password: 'no' }))
  assert.equal(error.clientCode, 'invalid_grant')
  assert.match(error.reference ?? '', /^[0-9a-f]{24}$/)
  assert.equal(client.session.status, 'signed-in')
  assert.deepEqual(farewells, [])
})

test('adds the token for the issuer and the APIs it was told, for nobody else, and over no header of yours', async () => {
  const { client } = await signedInTab({ apis: ['https://api.example/v1'] })
  between = async () => new Response('{}')
  for (const [url, given] of [
    [`${ISSUER}/users/me`, true],
    ['https://api.example/orders', true],
    [new URL('https://api.example/orders'), true],
    [new Request('https://api.example/orders', { method: 'PUT', body: 'x' }), true],
    ['http://api.example/orders', false],
    ['https://api.example:8443/orders', false],
    ['https://api.example.evil.test/orders', false],
    ['https://evil.test/?https://api.example', false],
    ['https://api.example@evil.test/', false],
    ['//evil.test/', false],
  ] as const) {
    asked.length = 0
    await client.fetch(url).catch((error) => assert.match(String(error), /TypeError/))
    const sent = asked[0]?.headers.get('authorization') ?? undefined
    assert.equal(
      sent?.startsWith('Bearer ey') ?? false,
      given,
      String(url instanceof Request ? url.url : url),
    )
  }
  asked.length = 0
  await me(client, { headers: { authorization: 'Basic abc' } })
  assert.equal(asked[0]?.headers.get('authorization'), 'Basic abc')
})

test('renews in passing before the end, and waits for it after', async () => {
  const { client } = await signedInTab()
  pass(LIFE_MILLISECONDS * 0.76)
  assert.equal((await me(client)).status, 200)
  assert.deepEqual(paths(), ['/users/me'], 'fresh')
  pass(LIFE_MILLISECONDS * 0.2)
  const before = record().access
  asked.length = 0
  assert.equal((await me(client)).status, 200)
  assert.deepEqual(paths().sort(), ['/refresh', '/users/me'])
  while (record().access === before) await new Promise(setImmediate)
  pass(LIFE_MILLISECONDS + 1)
  asked.length = 0
  assert.equal((await me(client)).status, 200)
  assert.deepEqual(paths(), ['/refresh', '/users/me'])
})

test('the time of renewal varies by ± 10 %', async () => {
  const { recordOf } = await import('../../src/client/token-record.ts')
  const tokens = { access_token: 'a', token_type: 'Bearer', expires_in: 1000 }
  const at = (chance: number) => recordOf(tokens, { asked: 0, ahead: 0, chance }).renew / 1000
  assert.deepEqual([at(0), at(0.5), at(1)].map(Math.round), [765, 850, 935])
})

test('1.2: the key is stored beside the token before it is sent, and goes with it until an answer has come', async () => {
  const { client } = await signedInTab()
  const stored: string[] = []
  let lose = 3
  between = async (request, go) => {
    if (!request.url.endsWith('/refresh')) return go()
    stored.push(record().attempt)
    assert.equal(request.headers.get('idempotency-key'), record().attempt)
    const answer = await go()
    if (lose-- > 0) throw new TypeError('lost')
    return answer
  }
  pass(LIFE_MILLISECONDS + 1)
  const error = await clientError(me(client))
  assert.equal(error.code, 'REFRESH_LOST_RESPONSE')
  assert.equal(client.session.status, 'signed-in')
  // The page is closed, and opened the next morning.
  pass(12 * 3_600_000)
  const { client: later, farewells } = openTab()
  assert.equal((await me(later)).status, 200)
  assert.equal(new Set(stored).size, 1, 'one key for all tries')
  assert.equal(record().attempt, undefined)
  assert.deepEqual(farewells, [])
})

for (const locks of [true, false]) {
  test(`eight tabs that meet an expired token send one refresh, ${locks ? 'with' : 'without'} Web Locks`, async () => {
    await signedInTab({}, { locks })
    const tabs = Array.from({ length: 8 }, () => openTab({}, { locks }))
    await Promise.all(tabs.map(({ client }) => me(client)))
    for (let round = 0; round < 5; round++) {
      pass(LIFE_MILLISECONDS + 1)
      asked.length = 0
      const calls = tabs.flatMap(({ client }) => [me(client), me(client), me(client)])
      const answers = await Promise.all(calls)
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
      assert.equal(paths().filter((path) => path === '/refresh').length, 1)
    }
    assert.deepEqual(
      tabs.flatMap(({ farewells }) => farewells),
      [],
    )
  })
}

test('1.11: an answer that comes after a later token was stored is dropped', async () => {
  const slow = await signedInTab({}, { locks: false })
  const fast = openTab({}, { locks: false })
  await fast.client.ready()
  pass(LIFE_MILLISECONDS + 1)
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  let first = true
  between = async (request, go) => {
    const answer = await go()
    if (request.url.endsWith('/refresh') && first) {
      first = false
      await held
    }
    return answer
  }
  const waiting = me(slow.client)
  while (first) await new Promise(setImmediate)
  assert.equal((await me(fast.client)).status, 200, 'waited for the lease, then took over with the same key')
  pass(LIFE_MILLISECONDS + 1)
  assert.equal((await me(fast.client)).status, 200)
  const kept = browser.store.text
  release()
  assert.equal((await waiting).status, 200)
  assert.equal(browser.store.text, kept)
  assert.deepEqual([slow.farewells, fast.farewells], [[], []])
})

test('an expired token is refreshed once and the request sent once more; no other refusal is repeated', async () => {
  const { client } = await signedInTab()
  clock.advance(LIFE_MILLISECONDS + 60_000) // The device’s clock stands still: it does not know.
  assert.equal((await me(client)).status, 200)
  assert.deepEqual(paths(), ['/users/me', '/refresh', '/users/me'])

  for (const [status, code, error] of [
    [401, 'token_invalid', 'invalid_token'],
    [401, 'token_missing', ''],
    [401, 'reauthentication_required', 'insufficient_user_authentication'],
    [403, 'insufficient_scope', 'insufficient_scope'],
    [429, 'too_many_requests', ''],
    [503, 'try_again', ''],
  ] as const) {
    asked.length = 0
    const headers = {
      'content-type': 'application/problem+json',
      'www-authenticate': `Bearer error="${error}"`,
    }
    between = async () => new Response(JSON.stringify({ code }), { status, headers })
    const answer = await me(client)
    assert.equal(answer.status, status)
    assert.deepEqual(await answer.json(), { code }, 'the caller may read it')
    assert.deepEqual(paths(), ['/users/me'], code)
  }
})

test('an API that says token_expired for ever is asked twice', async () => {
  const { client, farewells } = await signedInTab()
  between = async (request, go) =>
    request.url.endsWith('/refresh')
      ? go()
      : new Response('{"code":"token_expired"}', {
          status: 401,
          headers: { 'content-type': 'application/json' },
        })
  assert.equal((await me(client)).status, 401)
  assert.deepEqual(paths(), ['/users/me', '/refresh', '/users/me'])
  assert.deepEqual(farewells, [])
})

test('what was sent is sent again whole: texts, forms and requests; a stream cannot be', async () => {
  const { client } = await signedInTab({ apis: ['https://api.example'] })
  const url = 'https://api.example/notes'
  let refused = 0
  const bodies: string[] = []
  between = async (request, go) => {
    if (request.url.endsWith('/refresh')) return go()
    bodies.push(await request.text())
    const expired = refused-- > 0
    const headers = { 'content-type': 'application/problem+json' }
    return expired ? new Response('{"code":"token_expired"}', { status: 401, headers }) : new Response('ok')
  }
  for (const send of [
    () => client.fetch(url, { method: 'POST', body: 'note' }),
    () => client.fetch(new Request(url, { method: 'POST', body: 'note' })),
    () => client.fetch(new Request(url, { method: 'POST', body: 'note' }), { headers: { 'x-a': '1' } }),
  ]) {
    refused = 1
    bodies.length = 0
    assert.equal((await send()).status, 200)
    assert.deepEqual(bodies, ['note', 'note'])
  }
  refused = 1
  const body = new Blob(['note']).stream()
  const answer = await client.fetch(url, { method: 'POST', body, duplex: 'half' } as RequestInit)
  assert.equal(answer.status, 401)
})

test('a caller that loses interest does not end the refresh of the others', async () => {
  const { client } = await signedInTab()
  pass(LIFE_MILLISECONDS + 1)
  const answered = Promise.withResolvers<void>()
  const passedOn = Promise.withResolvers<void>()
  between = async (request, go) => {
    const answer = await go()
    if (request.url.endsWith('/refresh')) {
      answered.resolve()
      await passedOn.promise
    }
    return answer
  }
  const controller = new AbortController()
  const leaving = me(client, { signal: controller.signal })
  const staying = me(client)
  await answered.promise
  controller.abort()
  await assert.rejects(leaving, { name: 'AbortError' })
  passedOn.resolve()
  assert.equal((await staying).status, 200)
  assert.equal(paths().filter((path) => path === '/refresh').length, 1)
})

test('waits on 429 and 503 as told, and passes on a wait that is too long', async () => {
  const { client, farewells } = await signedInTab()
  pass(LIFE_MILLISECONDS + 1)
  const answers = [429, 503]
  between = async (request, go) => {
    const status = request.url.endsWith('/refresh') ? answers.shift() : undefined
    if (status === undefined) return go()
    return new Response('{"error":"try_again","reference":"abc"}', {
      status,
      headers: { 'retry-after': '7' },
    })
  }
  const since = browser.tab(network).elapsed()
  assert.equal((await me(client)).status, 200)
  assert.equal(browser.tab(network).elapsed() - since, 14_000)

  pass(LIFE_MILLISECONDS + 1)
  asked.length = 0
  between = async () =>
    new Response('{"error":"too_many_requests"}', { status: 429, headers: { 'retry-after': '60' } })
  const error = await clientError(me(client))
  assert.equal(error.retryAfterSeconds, 60)
  assert.equal(error.clientCode, 'too_many_requests')
  await clientError(me(client))
  assert.deepEqual(paths(), ['/refresh'], 'nobody is asked before that time')
  pass(60_000)
  between = (_request, go) => go()
  assert.equal((await me(client)).status, 200)
  assert.deepEqual(farewells, [])
})

for (const [what, answer, code] of [
  [
    'a page of HTML',
    () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
    'DOCS_TOKEN_RESPONSE_SHAPE',
  ],
  ['HTML and 400', () => new Response('<h1>Bad Request', { status: 400 }), 'UNDECIDED'],
  ['HTML and 401', () => new Response('<h1>Sign in to the proxy', { status: 401 }), 'UNDECIDED'],
  ['HTML and 502', () => new Response('<h1>Bad Gateway', { status: 502 }), 'UNDECIDED'],
  ['JSON that breaks off', () => new Response('{"access_token":"ey'), 'DOCS_TOKEN_RESPONSE_SHAPE'],
  ['other JSON', () => Response.json({ token: 'x' }), 'DOCS_TOKEN_RESPONSE_SHAPE'],
  [
    'a life that is none',
    () => Response.json({ access_token: 'x', expires_in: '900' }),
    'DOCS_TOKEN_RESPONSE_SHAPE',
  ],
  [
    'a redirect',
    () => new Response(null, { status: 307, headers: { location: 'https://evil.test/' } }),
    'HDR_DROPPED_ON_REDIRECT',
  ],
  ['an answer that breaks off', () => new Response(broken()), 'REFRESH_LOST_RESPONSE'],
  ['no network', () => Promise.reject(new TypeError('fetch failed')), 'REFRESH_LOST_RESPONSE'],
  [
    '503 without a time',
    () => Response.json({ error: 'try_again', reference: 'r1' }, { status: 503 }),
    'UNDECIDED',
  ],
  [
    'a client it does not know',
    () => Response.json({ error: 'invalid_client', cause: 'CLIENT_UNKNOWN' }, { status: 401 }),
    'CLIENT_UNKNOWN',
  ],
] as const) {
  test(`bad input: ${what} is a clear error, and nothing is lost`, async () => {
    const { client, farewells } = await signedInTab()
    const { refresh } = record()
    pass(LIFE_MILLISECONDS + 1)
    between = async () => answer()
    const error = await clientError(me(client))
    assert.equal(error.code, code)
    assert.ok(asked.every(({ url }) => url.startsWith(ISSUER)))
    assert.equal(record().refresh, refresh)
    between = (_request, go) => go()
    pass(5000)
    assert.equal((await me(client)).status, 200)
    assert.deepEqual(farewells, [])
  })
}

function broken(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode('{"access_token"'))
      controller.error(new TypeError('terminated'))
    },
  })
}

test('bad input: an answer later than the deadline counts as lost, and is asked for again by the same key', async () => {
  const { client } = await signedInTab()
  pass(LIFE_MILLISECONDS + 1)
  let slow = true
  const keys = new Set<string | null>()
  between = async (request, go) => {
    keys.add(request.headers.get('idempotency-key'))
    const answer = await go()
    if (slow) pass(60_000) // The laptop slept.
    slow = false
    return answer
  }
  assert.equal((await me(client)).status, 200)
  keys.delete(null)
  assert.equal(keys.size, 1)
  assert.equal(paths().filter((path) => path === '/refresh').length, 2)
})

for (const days of [1, -1]) {
  test(`bad input: a clock that is wrong by ${days} day, and one that is set right, cost nothing but one refresh`, async () => {
    browser.step(days * 86_400_000)
    const dated: typeof between = async (_request, go) => {
      const answer = await go()
      const headers = new Headers(answer.headers)
      headers.set('date', new Date(clock.now()).toUTCString())
      return new Response(answer.body, { status: answer.status, headers })
    }
    between = dated
    const { client, farewells } = await signedInTab()
    for (let call = 0; call < 3; call++) {
      pass(60_000)
      assert.equal((await me(client)).status, 200)
    }
    assert.deepEqual(paths(), ['/users/me', '/users/me', '/users/me'])
    pass(LIFE_MILLISECONDS)
    assert.equal((await me(client)).status, 200)
    browser.step(-days * 86_400_000)
    asked.length = 0
    for (let call = 0; call < 3; call++) {
      pass(LIFE_MILLISECONDS / 2)
      assert.equal((await me(client)).status, 200)
    }
    assert.ok(paths().filter((path) => path === '/refresh').length <= 2, paths().join())
    assert.deepEqual(farewells, [])
  })
}

test('bad input: storage that is full, or gets so, loses nothing; a sign-in that could not be kept is not made', async () => {
  const full = () => Promise.reject(new DOMException('full', 'QuotaExceededError'))
  const { client, farewells } = await signedInTab()
  const { replace, read } = browser.store
  pass(LIFE_MILLISECONDS + 1)
  browser.store.replace = full
  const error = await clientError(me(client))
  assert.equal(error.code, 'REFRESH_NEW_TOKEN_UNUSED')
  assert.deepEqual(paths(), [], 'nothing was sent')

  browser.store.replace = replace
  between = async (request, go) => {
    if (request.url.endsWith('/refresh')) browser.store.replace = full
    return go()
  }
  assert.equal((await me(client)).status, 200, 'the page goes on with what it could not store')
  browser.store.replace = replace
  between = (_request, go) => go()
  pass(LIFE_MILLISECONDS + 1)
  const reloaded = openTab()
  assert.equal((await me(reloaded.client)).status, 200, 'and the next one asks for it again')

  browser.store.read = () => Promise.reject(new DOMException('forbidden', 'SecurityError'))
  asked.length = 0
  const forbidden = openTab()
  assert.equal((await clientError(forbidden.client.ready())).code, 'REFRESH_NEW_TOKEN_UNUSED')
  await clientError(me(forbidden.client))
  await clientError(forbidden.client.signInWithPassword({ username: 'ann', password: PASSWORD }))
  assert.deepEqual(paths(), [])
  browser.store.read = read
  assert.equal((await me(forbidden.client)).status, 200)
  assert.deepEqual([farewells, reloaded.farewells, forbidden.farewells], [[], [], []])
})

test('a session that has ended is said once in every tab, with the way back', async () => {
  const { client, farewells } = await signedInTab()
  const other = openTab()
  await other.client.ready()
  const { access } = record()
  await issuer.call('DELETE', '/users/me/sessions', { token: access })
  pass(LIFE_MILLISECONDS + 1)
  assert.equal((await me(client)).status, 401)
  assert.equal((await me(client)).status, 401)
  await untilOut(other.client)
  for (const heard of [farewells, other.farewells]) {
    assert.equal(heard.length, 1)
    assert.equal(heard[0]?.why, 'ended')
    assert.equal(heard[0]?.returnTo, 'https://app.example/list')
    assert.match(heard[0]?.reference ?? '', /^[0-9a-f]{24}$/)
  }
  assert.equal(browser.store.text, undefined)
})

test('a sign-in that was given no refresh token ends with its access token', async () => {
  const { client, farewells } = openTab()
  between = async (request, go) => {
    const answer = await go()
    if (!request.url.endsWith('/token')) return answer
    const { refresh_token: _, ...tokens } = (await answer.json()) as Record<string, unknown>
    return Response.json(tokens)
  }
  await client.signInWithPassword({ username: 'ann', password: PASSWORD })
  assert.equal((await me(client)).status, 200)
  pass(LIFE_MILLISECONDS + 1)
  asked.length = 0
  await me(client)
  assert.deepEqual(paths(), ['/users/me'], 'nothing to refresh with is nothing to ask with')
  assert.deepEqual(
    farewells.map(({ why }) => why),
    ['ended'],
  )
})

test('a page that comes back by the back button sees the sign-out of which it heard nothing', async () => {
  const { client, farewells } = await signedInTab()
  // By a page that could tell nobody.
  browser.store.text = undefined
  assert.deepEqual(farewells, [])
  browser.comeBack()
  await untilOut(client)
  assert.equal(farewells.length, 1)
})

test('a listener that throws is reported, and keeps the news from nobody: listeners, other tabs, the caller', async (t) => {
  const reported: unknown[] = []
  const { queueMicrotask } = globalThis
  t.mock.method(globalThis, 'queueMicrotask', (work: () => void) =>
    queueMicrotask(() => {
      try {
        work()
      } catch (error) {
        reported.push(error)
      }
    }),
  )
  const fail = () => {
    throw new Error('of the application')
  }
  const { client } = await signedInTab({ onSignedOut: fail })
  const other = openTab()
  await other.client.ready()
  let told = 0
  client.subscribe(fail)
  client.subscribe(() => {
    told++
  })
  await client.signOut()
  await untilOut(other.client)
  assert.equal(told, 1)
  assert.deepEqual(reported.map(String), ['Error: of the application', 'Error: of the application'])
})

test('sign-out: here is seen by the other tabs and ends the session; everywhere ends all', async () => {
  const { client, farewells } = await signedInTab()
  const other = openTab()
  await other.client.ready()
  const { access, refresh } = record()
  await client.signOut()
  await untilOut(other.client)
  assert.deepEqual(client.session, { status: 'signed-out' })
  assert.deepEqual(other.client.session, { status: 'signed-out' })
  assert.deepEqual([farewells.length, other.farewells.length], [1, 1])
  assert.equal(farewells[0]?.why, 'sign-out')
  assert.equal((await issuer.me(access)).status, 401)
  assert.equal((await issuer.refresh(refresh)).status, 400)

  const elsewhere = await issuer.signIn('ann')
  await client.signInWithPassword({ username: 'ann', password: PASSWORD })
  await client.signOut({ everywhere: true })
  assert.equal((await issuer.me(String(elsewhere.body.access_token))).status, 401)
})

test('sign-out without network: gone from here, and said that the issuer does not know', async () => {
  const { client, farewells } = await signedInTab()
  between = () => Promise.reject(new TypeError('offline'))
  await assert.rejects(client.signOut({ everywhere: true }), { message: 'offline' })
  assert.equal(client.session.status, 'signed-in', 'everywhere is not done by halves')
  const error = await clientError(client.signOut())
  assert.match(error.message, /lives there until it times out/)
  assert.equal(browser.store.text, undefined)
  assert.equal(farewells.length, 1)
})

test('a sign-in in the place of another ends that one', async () => {
  const { client, farewells } = await signedInTab()
  const { refresh } = record()
  await client.signInWithPassword({ username: 'ann', password: PASSWORD })
  while (!paths().includes('/logout')) await new Promise(setImmediate)
  while ((await issuer.refresh(refresh)).status !== 400) await new Promise(setImmediate)
  assert.equal((await me(client)).status, 200)
  assert.deepEqual(farewells, [])
})

test('a second factor is asked for, and the sign-in goes on with it', async () => {
  const user = await signUpWithApp(issuer, 'bob', clock.now)
  const { client } = openTab()
  const error = await clientError(client.signInWithPassword({ username: 'bob', password: PASSWORD }))
  assert.equal(error.clientCode, 'mfa_required')
  const { challenge = '' } = error
  assert.ok(!JSON.stringify(error).includes(challenge), 'no secret for logs')
  const wrong = await clientError(answerChallenge(client, { challenge, code: '000000' }))
  assert.equal(wrong.status, 400)
  assert.equal(client.session.status, 'signed-out')
  const [code = ''] = user.recoveryCodes
  assert.equal((await answerChallenge(client, { challenge, code })).status, 'signed-in')
  assert.equal((await me(client)).status, 200)
})

test('what an API asks for in the way of a fresher sign-in is read from its challenge', () => {
  const stepUp = (status: number, challenge?: string) =>
    stepUpOf(new Response(null, { status, headers: challenge ? { 'www-authenticate': challenge } : {} }))
  const asks = 'Bearer error="insufficient_user_authentication", error_description="x"'
  assert.deepEqual(stepUp(401, `${asks}, max_age="300"`), { maxAge: 300 })
  assert.deepEqual(stepUp(401, `${asks}, acr_values="mfa hwk"`), { acrValues: ['mfa', 'hwk'] })
  assert.deepEqual(stepUp(401, asks), {})
  assert.deepEqual(stepUp(401, `${asks}, max_age="soon"`), {})
  assert.equal(stepUp(401, 'Bearer error="invalid_token"'), undefined)
  assert.equal(stepUp(403, asks), undefined)
  assert.equal(stepUp(401), undefined)
})

test('memory: each tab has its own session, and signs out with the others', async () => {
  const one = await signedInTab({ storage: 'memory' })
  const two = await signedInTab({ storage: 'memory' })
  await one.client.signOut()
  while (two.client.session.status !== 'signed-out') await new Promise(setImmediate)
  await one.client.signInWithPassword({ username: 'ann', password: PASSWORD })
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  assert.equal(one.client.session.status, 'signed-in', 'no echo signs out whoever has come back')
})
