import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock } from '../../test/revocation/hand-clock.ts'
import { systemRandom } from '../base/random.ts'
import { type HttpSourceOptions, httpRevocations } from './http-feed.ts'

const DOCUMENT = {
  complete: true,
  cursor: 'c',
  identity: 'i',
  age: 0,
  store_time: '2026-11-26T08:00:00.000Z',
  covered_life: 900,
  store_epoch: 0,
  ring_version: 1,
  entries: [],
}
const DOWN = { code: 'DENYLIST_DOWN' }

/** A source whose questions a test answers. */
function bench(
  answer: (document: string, request: Request) => Response | Promise<Response>,
  more: Partial<HttpSourceOptions> = {},
) {
  const hand = createHandClock()
  const asked: URLSearchParams[] = []
  const source = httpRevocations({
    url: 'https://issuer.example/revocations?of=us',
    authorization: () => 'Basic eA==',
    random: systemRandom,
    waitMilliseconds: 1600,
    schedule: hand.schedule,
    async fetch(input, init) {
      const request = new Request(input, init)
      const { searchParams } = new URL(request.url)
      asked.push(searchParams)
      return answer(JSON.stringify({ ...DOCUMENT, nonce: searchParams.get('nonce') }), request)
    },
    ...more,
  })
  return { hand, asked, source }
}

test('a question waits for news only where it has a cursor and takes no census', async () => {
  const { source, asked } = bench((document) => new Response(document))
  for (const [ask, wait, census] of [
    [() => source.pull(), '0.000', null],
    [() => source.pull(undefined, { census: true }), '0.000', 'true'],
    [() => source.pull('c'), '1.600', null],
    [() => source.pull('c', { census: false }), '1.600', null],
    [() => source.pull('c', { census: true }), '0.000', 'true'],
  ] as const) {
    await ask()
    const question = asked.at(-1)
    assert.deepEqual([question?.get('wait'), question?.get('census')], [wait, census])
  }
})

test('an answer may be as large as was said and not a byte larger', async () => {
  for (const [more, isTaken] of [
    [0, true],
    [1, false],
  ] as const) {
    const mostBytes = 1000
    const { source } = bench((document) => new Response(document.padEnd(mostBytes + more)), { mostBytes })
    const answer = source.pull()
    if (isTaken) assert.equal((await answer).cursor, 'c')
    else await assert.rejects(answer, DOWN)
  }
})

test('what is no answer of a feed is let go of, and said to be none', async () => {
  let cancelled = 0
  const body = () => new ReadableStream({ cancel: () => void cancelled++ })
  for (const status of [203, 302, 401, 500]) {
    const { source } = bench(() => new Response(body(), { status }))
    await assert.rejects(source.pull('c'), DOWN)
  }
  assert.equal(cancelled, 4)
  for (const text of ['', '<html>', 'null', '[]', '{}', JSON.stringify(DOCUMENT)]) {
    const { source } = bench(() => new Response(text))
    await assert.rejects(source.pull('c'), DOWN, text)
  }
})

test('PROTOCOL 2.8: whoever has asked for everything takes nothing less; news may also be everything', async () => {
  for (const [complete, cursor, isTaken] of [
    [false, undefined, false],
    [true, undefined, true],
    [false, 'c', true],
    [true, 'c', true],
  ] as const) {
    const { source } = bench((document) => Response.json({ ...JSON.parse(document), complete }))
    if (isTaken) assert.equal((await source.pull(cursor)).complete, complete)
    else await assert.rejects(source.pull(cursor), DOWN)
  }
})

test('whoever gives up a question ends it at the issuer too, whatever was asked', async () => {
  for (const cursor of [undefined, 'c']) {
    const { source } = bench(
      (_document, request) =>
        new Promise((_resolve, reject) => {
          request.signal.addEventListener('abort', () => reject(request.signal.reason))
        }),
      { silenceMilliseconds: 1000 },
    )
    const leave = new AbortController()
    const answer = source.pull(cursor, { signal: leave.signal })
    await new Promise(setImmediate)
    leave.abort(new Error('left'))
    await assert.rejects(answer, { message: 'left' })
  }
})

test('a silence makes the next answer with everything twice as patient, until one begins', async () => {
  let isSilent = true
  const { hand, source } = bench(
    (document, { signal }) =>
      isSilent
        ? new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        : new Response(document),
    { silenceMilliseconds: 1000 },
  )
  const isGivenUpAfter = async (milliseconds: number) => {
    let isOver = false
    const answer = source.pull().catch(() => (isOver = true))
    await hand.pass(milliseconds - 1)
    assert.equal(isOver, false)
    await hand.pass(1)
    await answer
    assert.equal(isOver, true)
  }
  for (const milliseconds of [1000, 2000, 4000]) await isGivenUpAfter(milliseconds)
  isSilent = false
  await source.pull()
  isSilent = true
  await isGivenUpAfter(1000)
  assert.equal(hand.timers, 0)
})

test('the limit is for the beginning of a whole answer, not for the rest of it, nor for what waits for news', async () => {
  let go = Promise.withResolvers<void>()
  const slowly = (document: string) => {
    const body = new ReadableStream({
      async pull(controller) {
        await go.promise
        controller.enqueue(new TextEncoder().encode(document))
        controller.close()
      },
    })
    return new Response(body)
  }
  const { hand, source } = bench(slowly, { silenceMilliseconds: 1000 })
  for (const cursor of [undefined, 'c']) {
    const answer = source.pull(cursor)
    await new Promise(setImmediate)
    assert.equal(hand.timers, 0)
    await hand.pass(5000)
    go.resolve()
    assert.equal((await answer).cursor, 'c')
    go = Promise.withResolvers()
  }
  const { source: unlimited, hand: other } = bench((document) => new Response(document), {
    schedule: (_action, delay) => assert.fail(`nothing is timed: ${delay}`),
  })
  await unlimited.pull()
  await unlimited.pull('c')
  assert.equal(other.timers, 0)
})
