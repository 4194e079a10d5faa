import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { createFeedBench, sessionEntry, tokenOf } from '../../test/revocation/feed-bench.ts'
import { settle } from '../../test/revocation/hand-clock.ts'
import { createVerifier, type Verifier } from '../../test/revocation/verifier-bench.ts'
import { guardedClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { createFeedAnswers } from './feed-answers.ts'
import { readFeedQuestion } from './feed-document.ts'
import { createHttpRevocationFeed } from './http-feed.ts'
import { createRevocationState } from './state.ts'

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
