import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import {
  type Answer,
  bench,
  first,
  ISSUER,
  METADATA,
  SET,
  second,
  whyNot,
} from '../../test/keys/followed-issuer.ts'
import { settle } from '../../test/revocation/hand-clock.ts'
import { silentLogger } from '../base/logger.ts'
import { AuthError } from '../errors/auth-error.ts'

test('A12: of an answer that is no key set, nothing is taken', async () => {
  const long = JSON.stringify({ keys: [first.publicJwk], padding: 'x'.repeat(1024 * 1024) })
  const twice = JSON.stringify({ keys: [first.publicJwk] }).replace('{', '{"keys":[],')
  const cases: [Answer, RegExp][] = [
    [new Error('no route to host'), /no answer$/],
    [
      new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) }),
      /no answer \(ECONNREFUSED\)$/,
    ],
    [new TypeError('fetch failed', { cause: 'x' }), /no answer$/],
    [new Response('', { status: 500 }), /status 500/],
    [new Response(null, { status: 204 }), /status 204/],
    [new Response(long), /longer than 1048576 bytes/],
    [new Response('<html>'), /not_json/],
    [new Response('[]'), /not_json/],
    [new Response(twice), /member_twice/],
    [new Response(`{"keys":[],"deep":${'['.repeat(40)}${']'.repeat(40)}}`), /too_deep/],
    [{}, /^it is no key set$/],
    [{ keys: {} }, /^it is no key set$/],
    [{ keys: [] }, /no key of the set/],
    [{ keys: [{ kty: 'oct', k: 'c2VjcmV0', alg: 'HS256', kid: 'secret' }] }, /no key of the set/],
    [{ keys: [first.privateJwk()] }, /no key of the set/],
    [{ keys: [{ ...first.publicJwk, alg: undefined }] }, /no key of the set/],
    [
      { keys: Array.from({ length: 257 }, (_, kid) => ({ ...first.publicJwk, kid: `${kid}` })) },
      /more than 256/,
    ],
  ]
  for (const [answer, why] of cases) {
    const { jwks, pages } = bench({ jwksUri: SET })
    pages[SET] = () => answer
    const error: unknown = await jwks.start().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof AuthError, String(why))
    assert.match(String(error.refusal.details.why), why)
    assert.ok(!jwks.isUsable())
    assert.equal(jwks.find(first.kid), undefined)
  }
})

test('an issuer that does not answer in time is given up', async () => {
  const { jwks } = bench({
    jwksUri: SET,
    timeLimitMilliseconds: 5,
    fetch: (_input, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      }),
  })
  // The time limit lets the process end, so something else has to hold it.
  const hold = setInterval(() => undefined, 1000)
  assert.match(await whyNot(jwks), /took too long/)
  clearInterval(hold)
})

test('an issuer that begins its answer and does not end it is given up too', async () => {
  const server = createServer((_request, response) => void response.write('{"keys":['))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const { jwks } = bench({ jwksUri: `http://127.0.0.1:${port}/keys`, timeLimitMilliseconds: 50, fetch })
  assert.match(await whyNot(jwks), /took too long/)
  jwks.stop()
  server.closeAllConnections()
  server.close()
})

test('the set is fetched again at half its life, whatever the traffic', async () => {
  for (const [cacheControl, halfSeconds] of [
    [undefined, 150],
    ['public, max-age=300', 150],
    ['max-age=1200, must-revalidate', 600],
    ['max-age=0', 30],
    ['public,max-age=15', 30],
    ['max-age=31536000', 1800],
    ['no-transform Max-Age=1200', 600],
    ['s-maxage=9', 150],
    ['x-max-age=1200', 150],
    ['max-age=1200s', 150],
  ] as const) {
    const { jwks, hand, pages, countOf } = bench()
    pages[SET] = () =>
      Response.json(
        { keys: [first.publicJwk] },
        { headers: cacheControl === undefined ? {} : { 'cache-control': cacheControl } },
      )
    await jwks.start()
    await hand.pass(halfSeconds * 1000 - 1)
    assert.equal(countOf(SET), 1, cacheControl)
    await hand.pass(1)
    assert.equal(countOf(SET), 2, cacheControl)
    await hand.pass(halfSeconds * 1000)
    assert.equal(countOf(SET), 3, cacheControl)
    jwks.stop()
    assert.equal(hand.timers, 0)
  }
})

test('a new key is found by one fetch that all who wait share', async () => {
  const { jwks, hand, pages, countOf } = bench()
  await jwks.start()
  pages[SET] = () => ({ keys: [first.publicJwk, second.publicJwk] })
  await hand.pass(30_000)
  const answers = await Promise.all(Array.from({ length: 100 }, () => jwks.refetch()))
  assert.deepEqual(new Set(answers), new Set([true]))
  assert.equal(countOf(SET), 2)
  assert.ok(jwks.find(second.kid))
})

test('PROTOCOL 3.2: made-up key ids cannot make us ask more often than every 30 seconds', async () => {
  const { jwks, hand, countOf } = bench()
  await jwks.start()
  let fetches = 0
  for (let second = 0; second < 120; second++) {
    for (let count = 0; count < 100; count++) if ((await jwks.refetch()) !== undefined) fetches++
    await hand.pass(1000)
  }
  assert.equal(fetches, 3)
  assert.equal(countOf(SET), 4)
})

test('while the issuer does not answer, its keys count for a day and no longer', async () => {
  const { jwks, hand, pages } = bench()
  await jwks.start()
  pages[METADATA] = pages[SET] = () => new Error('down')
  await hand.pass(3600 * 1000)
  hand.sleep(23 * 3600 * 1000)
  assert.ok(jwks.isUsable() && jwks.isFailing())
  assert.ok(jwks.find(first.kid)?.usable)
  await hand.pass(1)
  assert.ok(!jwks.isUsable())
  pages[METADATA] = () => ({ issuer: ISSUER, jwks_uri: SET })
  pages[SET] = () => ({ keys: [first.publicJwk] })
  await hand.pass(60_000)
  assert.ok(jwks.isUsable() && !jwks.isFailing())
})

test('how old keys are is counted from the question, for the answer may be older than its coming', async () => {
  const { jwks, hand, pages } = bench({ maxStaleSeconds: 600 })
  pages[SET] = async () => {
    hand.sleep(4000)
    return { keys: [first.publicJwk] }
  }
  await jwks.start()
  hand.sleep(596_000)
  assert.ok(jwks.isUsable())
  hand.sleep(1)
  assert.ok(!jwks.isUsable())
})

test('a machine that slept does not trust old keys longer', async () => {
  const { jwks, hand } = bench()
  await jwks.start()
  hand.sleep(24 * 3600 * 1000 + 1)
  assert.ok(!jwks.isUsable())
})

test('after a failure the issuer is asked again at growing intervals, and its metadata too', async () => {
  const { jwks, hand, pages, asked } = bench()
  pages[SET] = () => new Error('down')
  await assert.rejects(jwks.start())
  for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
    const before = asked.length
    await hand.pass(seconds * 1000 - 1)
    assert.equal(asked.length, before, `${seconds} s`)
    await hand.pass(1)
    assert.deepEqual(asked.slice(before), [METADATA, SET], `${seconds} s`)
  }
  const before = asked.length
  pages[METADATA] = () => ({ issuer: ISSUER, jwks_uri: `${SET}/moved` })
  pages[`${SET}/moved`] = () => ({ keys: [second.publicJwk] })
  await hand.pass(60_000)
  assert.deepEqual(asked.slice(before), [METADATA, `${SET}/moved`])
  assert.ok(jwks.find(second.kid))
})

test('A20: a key that leaves the set is withdrawn, one that stays is the same as before', async () => {
  const { jwks, hand, pages } = bench()
  pages[SET] = () => ({ keys: [first.publicJwk, second.publicJwk] })
  await jwks.start()
  const [stays, leaves] = [jwks.find(first.kid), jwks.find(second.kid)]
  pages[SET] = () => ({ keys: [first.publicJwk] })
  await hand.pass(150_000)
  assert.equal(jwks.find(first.kid), stays)
  assert.equal(jwks.find(second.kid), undefined)
  assert.ok(stays?.usable && !leaves?.usable)
})

test('A20: other material under a kid in use is another key, and the first one counts no more', async () => {
  const { jwks, hand, pages } = bench()
  await jwks.start()
  const before = jwks.find(first.kid)
  pages[SET] = () => ({ keys: [{ ...second.publicJwk, kid: first.kid }] })
  await hand.pass(150_000)
  const after = jwks.find(first.kid)
  assert.ok(after !== before && after?.usable && !before?.usable)
  assert.equal(after?.algorithm, 'EdDSA')
})

test('a set without a usable key is a mistake of the issuer: what was known goes on counting', async () => {
  const { jwks, hand, pages } = bench()
  await jwks.start()
  pages[SET] = () => ({ keys: [] })
  await hand.pass(150_000)
  assert.ok(jwks.isUsable() && jwks.isFailing() && jwks.find(first.kid)?.usable)
})

test('A6: a kid is only ever a key of a Map', async () => {
  const { jwks } = bench()
  await jwks.start()
  for (const kid of [
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    '../keys',
    "' OR 1=1 --",
    '',
  ]) {
    assert.equal(jwks.find(kid), undefined)
  }
})

test('PROTOCOL 3.1: what the issuer says to have changed is fetched though it was fetched a moment ago', async () => {
  const { jwks, pages } = bench()
  await jwks.start()
  pages[SET] = () => ({ keys: [first.publicJwk, second.publicJwk] })
  jwks.noteChange()
  await settle()
  assert.ok(jwks.find(second.kid))
})

test('PROTOCOL 3.1: an answer that was under way when the keys changed may be older, so they are asked for once more', async () => {
  for (const late of [{ keys: [first.publicJwk] }, new Error('down')]) {
    const { jwks, pages, countOf } = bench()
    const answer = Promise.withResolvers<unknown>()
    pages[SET] = () => answer.promise
    const asking = jwks.start().catch(() => undefined)
    await settle()
    jwks.noteChange()
    jwks.noteChange()
    pages[SET] = () => ({ keys: [first.publicJwk, second.publicJwk] })
    answer.resolve(late)
    await asking
    await settle()
    assert.ok(jwks.find(second.kid))
    assert.equal(countOf(SET), 2)
  }
})

test('a question out of turn moves the next regular one; without a start, and after a stop, nobody asks', async () => {
  const { jwks, hand, countOf } = bench()
  assert.equal(await jwks.refetch(), true)
  assert.equal(hand.timers, 0)
  await jwks.start()
  await hand.pass(100_000)
  await jwks.refetch()
  await hand.pass(149_999)
  assert.deepEqual([countOf(SET), hand.timers], [3, 1])
  await hand.pass(1)
  assert.deepEqual([countOf(SET), hand.timers], [4, 1])
  jwks.noteChange()
  jwks.stop()
  await settle()
  assert.deepEqual([countOf(SET), hand.timers], [5, 0])
})

test('the log says once that an issuer does not give its keys, and once that it does again', async () => {
  const said: string[] = []
  const say = (_facts: object, message: string) => void said.push(message)
  const { jwks, hand, pages } = bench({ logger: { ...silentLogger, warn: say, info: say } })
  await jwks.start()
  await hand.pass(150_000)
  assert.deepEqual(said, [])
  pages[METADATA] = pages[SET] = () => new Error('down')
  await hand.pass(600_000)
  assert.deepEqual(said, ['the issuer does not give its keys'])
  pages[METADATA] = () => ({ issuer: ISSUER, jwks_uri: SET })
  pages[SET] = () => ({ keys: [first.publicJwk] })
  await hand.pass(600_000)
  assert.deepEqual(said.slice(1), ['the issuer gives its keys again'])
  jwks.stop()
})
