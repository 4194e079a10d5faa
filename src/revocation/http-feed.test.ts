import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { createFeedBench, type FeedBench, sessionEntry, tokenOf } from '../../test/revocation/feed-bench.ts'
import { settle } from '../../test/revocation/hand-clock.ts'
import { guardedClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import type { RevocationFeed } from './feed.ts'
import { createFeedAnswers } from './feed-answers.ts'
import { readFeedQuestion } from './feed-document.ts'
import { createHttpRevocationFeed, type HttpFeedOptions } from './http-feed.ts'
import { createRevocationState } from './state.ts'

type Handler = (request: Request) => Promise<Response>

interface Verifier {
  readonly feed: RevocationFeed
  /** The requests as they left the verifier. */
  readonly requests: Request[]
  /** What lies between verifier and node; passes everything on unless a test puts something else here. */
  between: (request: Request, node: Handler) => Promise<Response>
}

/** A verifier that asks the node of a bench over a wire that a test can cut, slow down and falsify. */
function createVerifier(bench: FeedBench, options: Partial<HttpFeedOptions> = {}): Verifier {
  const { clock, schedule } = bench.hand
  const answers = createFeedAnswers({ revocations: bench.database, feed: bench.feed, clock, schedule })
  const node: Handler = async (request) => {
    const question = readFeedQuestion(new URL(request.url).searchParams)
    if (question === undefined) return new Response('', { status: 400 })
    if (request.headers.get('authorization') !== 'Basic dmVyaWZpZXI6c2VjcmV0')
      return new Response('', { status: 401 })
    try {
      return Response.json(await answers.answer(question, request.signal))
    } catch {
      return new Response('', { status: 503 })
    }
  }
  const requests: Request[] = []
  const verifier: Verifier = {
    requests,
    between: (request, node) => node(request),
    feed: createHttpRevocationFeed({
      url: 'https://issuer.example/revocations',
      fetch: (input, init) => {
        const request = new Request(input, init)
        requests.push(request)
        return verifier.between(request, node)
      },
      authorization: () => 'Basic dmVyaWZpZXI6c2VjcmV0',
      random: systemRandom,
      state: createRevocationState({ clock, random: systemRandom }),
      clock,
      schedule,
      ...options,
    }),
  }
  return verifier
}

test('a verifier learns everything, then news at once, by one waiting question after another', async () => {
  const bench = createFeedBench()
  bench.database.write(sessionEntry(1))
  await bench.feed.start()
  const { feed, requests } = createVerifier(bench)
  assert.equal(feed.refuses(tokenOf(2)), 'REVOCATION_STALE')
  await feed.start()
  assert.equal(feed.refuses(tokenOf(1)), 'SESSION_ENDED')
  assert.equal(feed.refuses(tokenOf(2)), undefined)
  await bench.hand.pass(30_000)
  assert.ok(requests.length <= 20, `${requests.length} questions in 30 s`)
  bench.database.write(sessionEntry(2))
  await bench.feed.changed()
  await settle()
  assert.equal(feed.refuses(tokenOf(2)), 'SESSION_ENDED')
  await feed.stop()
})

test('a question waits no longer than the bound leaves time for, and two seconds at most; after news the next one comes soon', async () => {
  for (const [maxStalenessMilliseconds, wait] of [
    [1000, '0.320'],
    [5000, '1.600'],
    [60_000, '2.000'],
  ] as const) {
    const bench = createFeedBench()
    await bench.feed.start()
    const { feed, requests } = createVerifier(bench, { maxStalenessMilliseconds })
    await feed.start()
    await bench.hand.pass(10_000)
    assert.equal(new URL(requests.at(-1)?.url ?? '').searchParams.get('wait'), wait)
    bench.database.write(sessionEntry(1))
    const before = requests.length
    await bench.feed.changed()
    await bench.hand.pass(100)
    assert.ok(requests.length > before)
    await feed.stop()
  }
})

test('PROTOCOL 2.2: at rest the knowledge never looks older than it may be, with an answer time of 0.4 s', async () => {
  const bench = createFeedBench()
  await bench.feed.start()
  const verifier = createVerifier(bench)
  verifier.between = async (request, node) => {
    const response = await node(request)
    await new Promise<void>((resolve) => bench.hand.schedule(resolve, 400))
    return response
  }
  const started = verifier.feed.start()
  await bench.hand.pass(400)
  await started
  for (let count = 0; count < 600; count++) {
    await bench.hand.pass(100)
    assert.equal(
      verifier.feed.refuses(tokenOf(1)),
      undefined,
      `after ${count / 10} s: ${verifier.feed.age()}`,
    )
  }
})

test('PROTOCOL 2.2: a proxy that holds every answer for 30 s makes nothing fresh', async () => {
  for (const strict of [true, false]) {
    const bench = createFeedBench()
    await bench.feed.start()
    const verifier = createVerifier(bench, { strict })
    await verifier.feed.start()
    verifier.between = async (request, node) => {
      const response = await node(request)
      await new Promise<void>((resolve) => bench.hand.schedule(resolve, 30_000))
      return response
    }
    bench.database.write(sessionEntry(1))
    await bench.hand.pass(10_000)
    assert.equal(verifier.feed.refuses(tokenOf(1)), strict ? 'REVOCATION_STALE' : undefined)
    assert.ok(verifier.feed.age() > 5000)
    await bench.hand.pass(100_000)
    assert.equal(verifier.feed.refuses(tokenOf(2)), strict ? 'REVOCATION_STALE' : undefined)
    verifier.between = (request, node) => node(request)
    await bench.hand.pass(40_000)
    assert.equal(verifier.feed.refuses(tokenOf(1)), 'SESSION_ENDED')
    assert.equal(verifier.feed.refuses(tokenOf(2)), undefined)
  }
})

/** The wire loses what is sent, as a network does that drops packets: no answer, and no error. */
const lose = (request: Request): Promise<Response> =>
  new Promise((_, reject) => {
    request.signal.addEventListener('abort', () => reject(request.signal.reason))
  })

test('PROTOCOL 2.2: one lost answer closes nothing, and two for less than two seconds, not for ten', async () => {
  for (const lost of [1, 2]) {
    const bench = createFeedBench()
    await bench.feed.start()
    const verifier = createVerifier(bench)
    await verifier.feed.start()
    await bench.hand.pass(10_000)
    let left = lost
    verifier.between = (request, node) => (left-- > 0 ? lose(request) : node(request))
    let closed = 0
    for (let step = 0; step < 300; step++) {
      await bench.hand.pass(100)
      if (verifier.feed.refuses(tokenOf(1)) !== undefined) closed += 100
    }
    assert.ok(left < 0)
    assert.ok(lost === 1 ? closed === 0 : closed < 2000, `${lost} lost: closed for ${closed} ms`)
    await verifier.feed.stop()
  }
})

test('everything at once may take its time: after each silence the next answer has twice as long to begin', async () => {
  const bench = createFeedBench()
  await bench.feed.start()
  const verifier = createVerifier(bench)
  verifier.between = async (request, node) => {
    await Promise.race([new Promise<void>((resolve) => bench.hand.schedule(resolve, 6000)), lose(request)])
    return node(request)
  }
  let isKnown = false
  for (let tries = 0; tries < 4 && !isKnown; tries++) {
    const started = verifier.feed.start().then(
      () => (isKnown = true),
      () => undefined,
    )
    await bench.hand.pass(11_000)
    await started
  }
  assert.equal(isKnown, true)
})

test("PROTOCOL 2.2: the node's own age is added to ours", async () => {
  const bench = createFeedBench()
  await bench.feed.start()
  const verifier = createVerifier(bench)
  verifier.between = async (request, node) => {
    const document = (await (await node(request)).json()) as Record<string, unknown>
    return Response.json({ ...document, age: 4.5 })
  }
  await verifier.feed.start()
  assert.equal(verifier.feed.age(), 4500)
  assert.equal(verifier.feed.refuses(tokenOf(1)), undefined)
  verifier.between = async () => new Response('', { status: 502 })
  await bench.hand.pass(501)
  assert.equal(verifier.feed.refuses(tokenOf(1)), 'REVOCATION_STALE')
})

test('an answer that is stored, cut off, too large, of another kind or redirected proves nothing', async () => {
  const stored: Response[] = []
  const falsehoods: Record<string, Verifier['between']> = {
    'stored by a cache': async (request, node) => {
      if (stored.length === 0) stored.push(await node(request))
      return stored[0]?.clone() ?? Response.error()
    },
    'cut off': async (request, node) => new Response((await (await node(request)).text()).slice(0, -1)),
    'an error page': async () => new Response('<html>Bad gateway</html>', { status: 200 }),
    'of another status': async (request, node) => new Response((await node(request)).body, { status: 203 }),
    'no content': async () => new Response(null, { status: 204 }),
    'too large': async (request, node) =>
      new Response((await (await node(request)).text()) + ' '.repeat(4000)),
    redirected: async (request) => {
      assert.equal(request.redirect, 'manual')
      return new Response(null, { status: 307, headers: { location: 'https://elsewhere.example/' } })
    },
    broken: async () => {
      throw new TypeError('fetch failed')
    },
  }
  for (const [name, between] of Object.entries(falsehoods)) {
    const bench = createFeedBench()
    await bench.feed.start()
    const verifier = createVerifier(bench, { mostBytes: 4000 })
    await verifier.feed.start()
    verifier.between = between
    if (name === 'stored by a cache') {
      // The first answer is genuine and is what the cache then gives to everybody.
      await bench.hand.pass(2000)
    }
    await bench.hand.pass(5100)
    assert.equal(verifier.feed.refuses(tokenOf(1)), 'REVOCATION_STALE', name)
    assert.ok(verifier.requests.length < 20, `${name}: ${verifier.requests.length} questions`)
    const newcomer = createVerifier(bench, { mostBytes: 4000 })
    newcomer.between = between
    await assert.rejects(newcomer.feed.start(), name)
  }
})

test('PROTOCOL 2.1: a census over HTTP agrees at rest and under changes, and finds what slipped through', async () => {
  const bench = createFeedBench()
  await bench.feed.start()
  const verifier = createVerifier(bench)
  await verifier.feed.start()
  const completes = (): number =>
    verifier.requests.filter((request) => !new URL(request.url).searchParams.has('cursor')).length
  for (let number = 0; number < 200; number++) {
    bench.database.write(sessionEntry(number), 20_017 + 1009 * (number % 300))
    await bench.hand.pass(701)
  }
  assert.equal(completes(), 1)
  assert.ok(verifier.requests.some((request) => new URL(request.url).searchParams.get('census') === 'true'))
  bench.database.writeUnseen(sessionEntry(1000))
  await bench.hand.pass(62_000)
  assert.equal(verifier.feed.refuses(tokenOf(1000)), 'SESSION_ENDED')
  assert.equal(completes(), 2)
})

test('PROTOCOL 2.4: a verifier takes no part in writing back, and keeps what a fail-over lost', async () => {
  const bench = createFeedBench()
  bench.database.write(sessionEntry(1))
  await bench.feed.start()
  const verifier = createVerifier(bench)
  await verifier.feed.start()
  await bench.feed.stop()
  bench.database.failOver(1)
  await bench.hand.pass(5000)
  assert.equal(verifier.feed.refuses(tokenOf(1)), 'SESSION_ENDED')
  assert.equal(verifier.feed.refuses(tokenOf(2)), undefined)
  assert.deepEqual(bench.database.restored, [])
})

test('the authorization of each question is made anew, and no credential is in its address', async () => {
  const bench = createFeedBench()
  await bench.feed.start()
  const { feed, requests } = createVerifier(bench)
  await feed.start()
  const [request] = requests
  assert.equal(request?.headers.get('authorization'), 'Basic dmVyaWZpZXI6c2VjcmV0')
  assert.equal(request?.cache, 'no-store')
  assert.deepEqual([...new URL(request?.url ?? '').searchParams.keys()].sort(), ['nonce', 'wait'])
  await bench.hand.pass(5000)
  const nonces = requests.map(({ url }) => new URL(url).searchParams.get('nonce'))
  assert.equal(new Set(nonces).size, requests.length)
})

test('over a real socket', async (t) => {
  const bench = createFeedBench()
  bench.database.write(sessionEntry(1))
  await bench.feed.start()
  const clock = guardedClock()
  const answers = createFeedAnswers({ revocations: bench.database, feed: bench.feed, clock })
  const server = createServer((request, response) => {
    const question = readFeedQuestion(new URL(request.url ?? '', 'http://localhost').searchParams)
    assert.ok(question)
    void answers.answer(question).then((document) => response.end(JSON.stringify(document)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const feed = createHttpRevocationFeed({
    url: `http://127.0.0.1:${address.port}/revocations`,
    fetch,
    authorization: () => 'Basic eA==',
    random: systemRandom,
    state: createRevocationState({ clock, random: systemRandom }),
    clock,
  })
  await feed.start()
  assert.equal(feed.refuses(tokenOf(1)), 'SESSION_ENDED')
  assert.equal(feed.refuses(tokenOf(2)), undefined)
  await feed.stop()
  server.closeAllConnections()
})

test('whoever gives the wrong secret, or lacks the scope, reads that in the log, and nothing of the secret', async () => {
  for (const status of [401, 403, 404]) {
    const said: string[] = []
    const note = (facts: object): void => void said.push(inspect(facts, { depth: 5 }))
    const logger = { debug: note, info: note, warn: note, error: note }
    const verifier = createVerifier(createFeedBench(), { authorization: () => 'Basic wrong', logger })
    if (status !== 401) verifier.between = async () => new Response('', { status })
    await Promise.allSettled([verifier.feed.start()])
    const log = said.join('\n')
    assert.ok(log.includes(`the issuer answered ${status}`), log)
    const isOfClient = /clientId and clientSecret are not those of a client with the scope revocations:read/
    assert.equal(isOfClient.test(log), status !== 404)
    assert.doesNotMatch(log, /Basic|wrong/)
    await verifier.feed.stop()
  }
})

test('a question is given up after five seconds, however stale the knowledge may get', async () => {
  const bench = createFeedBench()
  await bench.feed.start()
  const verifier = createVerifier(bench, { maxStalenessMilliseconds: 60_000 })
  await verifier.feed.start()
  const given = Promise.withResolvers<void>()
  verifier.between = (request) => {
    request.signal.addEventListener('abort', () => given.resolve())
    return lose(request)
  }
  let isGivenUp = false
  void given.promise.then(() => (isGivenUp = true))
  await bench.hand.pass(2000)
  const asked = verifier.requests.length
  await bench.hand.pass(4999)
  assert.deepEqual([isGivenUp, verifier.requests.length], [false, asked])
  await bench.hand.pass(1)
  assert.equal(isGivenUp, true)
  await verifier.feed.stop()
})
