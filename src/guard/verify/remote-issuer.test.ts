import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock } from '../../../test/revocation/hand-clock.ts'
import { silentLogger } from '../../base/logger.ts'
import { systemRandom } from '../../base/random.ts'
import { generateSigningKey } from '../../keys/signing-key.ts'
import type { IssuerOptions } from './issuer-options.ts'
import { createRemoteIssuer } from './remote-issuer.ts'

const ISSUER = 'https://issuer.example'
const KEYS = `${ISSUER}/keys`
const first = generateSigningKey('ES256')
const second = generateSigningKey('ES256')

/** An issuer of which a test says what it publishes, and whoever follows it. */
function bench(options: Partial<IssuerOptions> = {}) {
  const hand = createHandClock()
  const published = { keys: [first.publicJwk], ringVersion: 1, feedAnswers: true }
  const asked: Request[] = []
  const followed = createRemoteIssuer(
    {
      issuer: ISSUER,
      audience: 'api',
      revocations: { clientId: 'orders', clientSecret: 'p+:%é' },
      ...options,
    },
    {
      clock: hand.clock,
      schedule: hand.schedule,
      random: systemRandom,
      logger: silentLogger,
      async fetch(input, init) {
        const request = new Request(input, init)
        asked.push(request)
        const { pathname, searchParams } = new URL(request.url)
        if (pathname === '/.well-known/oauth-authorization-server')
          return Response.json({ issuer: ISSUER, jwks_uri: KEYS })
        if (pathname === '/keys') return Response.json({ keys: published.keys })
        if (!published.feedAnswers) return new Response('', { status: 503 })
        return Response.json({
          nonce: searchParams.get('nonce'),
          complete: !searchParams.has('cursor'),
          cursor: 'c',
          identity: 'i',
          age: 0,
          store_time: new Date(hand.clock.now()).toISOString(),
          covered_life: 900,
          store_epoch: 0,
          ring_version: published.ringVersion,
          entries: [],
          census: { from: 0, count: 0, sum: 0 },
        })
      },
    },
  )
  const countOf = (path: string): number =>
    asked.filter(({ url }) => new URL(url).pathname.endsWith(path)).length
  const now = hand.clock.now() / 1000
  const token = {
    claims: { iss: ISSUER, aud: 'api', sub: 'u', client_id: 'web', jti: 'j', iat: now, exp: now + 900 },
    counters: undefined,
  } as never
  return { hand, published, asked, followed, countOf, verdict: () => followed.trusted.revocation?.(token) }
}

test('PROTOCOL 3.1: keys are fetched when the feed says that they are others, and not before', async () => {
  const { hand, published, followed, countOf } = bench()
  await followed.start()
  await hand.pass(10_000)
  assert.ok(countOf('/revocations') > 4)
  assert.equal(countOf('/keys'), 1, 'the first answer tells of no change, nor do those that say the same')
  published.keys = [first.publicJwk, second.publicJwk]
  published.ringVersion = 2
  await hand.pass(2000)
  assert.ok(followed.trusted.keys(second.kid))
  await hand.pass(10_000)
  assert.equal(countOf('/keys'), 2)
  await followed.stop()
})

test('a feed that has not answered yet is asked again every second, and refuses until it has', async () => {
  const { hand, published, followed, countOf, verdict } = bench()
  published.feedAnswers = false
  await assert.rejects(followed.start(), { code: 'DENYLIST_DOWN' })
  assert.equal(verdict(), 'REVOCATION_STALE')
  await hand.pass(3000)
  assert.equal(countOf('/revocations'), 4)
  published.feedAnswers = true
  await hand.pass(1000)
  assert.equal(verdict(), undefined)
  await followed.stop()
  assert.equal(hand.timers, 0)
})

test('a stop ends the asking, also while there was no answer yet', async () => {
  for (const [feedAnswers, isAwaited] of [
    [true, true],
    [false, true],
    [false, false],
  ]) {
    const { hand, published, asked, followed } = bench()
    published.feedAnswers = feedAnswers === true
    const starting = followed.start().catch(() => undefined)
    if (isAwaited) await starting
    await followed.stop()
    await starting
    const before = asked.length
    await hand.pass(600_000)
    assert.deepEqual([asked.length - before, hand.timers], [0, 0])
  }
})

test('whoever starts it again while it is tried again in the background does not make it be tried twice', async () => {
  const { hand, published, followed, countOf } = bench()
  published.feedAnswers = false
  for (let time = 0; time < 3; time++) await assert.rejects(followed.start(), { code: 'DENYLIST_DOWN' })
  const before = countOf('/revocations')
  await hand.pass(1000)
  assert.equal(countOf('/revocations'), before + 1)
  await followed.stop()
})

test('keys that nobody has confirmed for too long refuse everything, by the bound that was set', async () => {
  const { hand, followed, verdict } = bench({ revocations: 'stateless', maxKeyAgeSeconds: 600 })
  assert.equal(verdict(), 'JWKS_UNREACHABLE')
  await followed.start()
  assert.equal(verdict(), undefined)
  hand.sleep(600_001)
  assert.equal(verdict(), 'JWKS_UNREACHABLE')
  await followed.stop()
})

test('PROTOCOL 2.2: what the feed has said counts for five seconds, or as long as was set; relaxed it goes on', async () => {
  const client = { clientId: 'orders', clientSecret: 'x' }
  for (const [more, seconds, then] of [
    [{}, 5, 'REVOCATION_STALE'],
    [{ maxStalenessSeconds: 20 }, 20, 'REVOCATION_STALE'],
    [{ staleness: 'strict' }, 5, 'REVOCATION_STALE'],
    [{ staleness: 'relaxed' }, 5, undefined],
  ] as const) {
    const { hand, published, followed, verdict } = bench({ revocations: { ...client, ...more } })
    await followed.start()
    published.feedAnswers = false
    hand.sleep(seconds * 1000)
    assert.equal(verdict(), undefined)
    hand.sleep(1)
    assert.equal(verdict(), then)
    await followed.stop()
  }
})

test('RFC 6749 2.3.1: the client shows its secret form-encoded, to the place that was named, else beside the issuer', async () => {
  const credentials = `Basic ${Buffer.from('orders:p%2B%3A%25%C3%A9').toString('base64')}`
  const revocations = { clientId: 'orders', clientSecret: 'p+:%é' }
  for (const [options, address] of [
    [{}, `${ISSUER}/revocations`],
    [{ issuer: `${ISSUER}/`, jwksUri: KEYS }, `${ISSUER}/revocations`],
    [{ revocations: { ...revocations, url: 'https://feed.example/r' } }, 'https://feed.example/r'],
  ] as const) {
    const { asked, followed } = bench(options)
    await followed.start()
    const [question, ...others] = asked.filter(({ url }) => url.startsWith(address))
    assert.equal(question?.headers.get('authorization'), credentials)
    assert.ok(
      asked.every((one) => others.includes(one) || one === question || !one.headers.has('authorization')),
    )
    await followed.stop()
  }
})
