import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFeedBench, sessionEntry, tokenOf } from '../../test/revocation/feed-bench.ts'
import { createVerifier, lose } from '../../test/revocation/verifier-bench.ts'

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
