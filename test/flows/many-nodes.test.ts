import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { Redis } from 'ioredis'
import pg from 'pg'
import { guardedClock } from '../../src/base/clock.ts'
import type { AuthOptions } from '../../src/index.ts'
import { type PrivatePostgres, startPostgres } from '../servers/postgres.ts'
import { type PrivateRedis, startRedis } from '../servers/redis.ts'
import { patient, run } from '../store/postgres-place.ts'
import { ISSUER, PASSWORD, startIssuer, type TestIssuer, tokensOf } from './issuer.ts'
import { signInFor } from './test-clients.ts'

let postgres: PrivatePostgres
let redis: PrivateRedis
const nodes: TestIssuer[] = []
let databases = 0

before(async () => {
  ;[postgres, redis] = await Promise.all([startPostgres(), startRedis()])
})
after(async () => {
  for (const node of nodes) await node.close()
  await Promise.all([postgres.stop(), redis.stop()])
})

async function newDatabase(): Promise<string> {
  databases += 1
  await run(postgres.url, `CREATE DATABASE nodes_${databases}`)
  return postgres.urlOf(`nodes_${databases}`)
}

async function startNode(options: AuthOptions): Promise<TestIssuer> {
  const node = await startIssuer(options)
  nodes.push(node)
  return node
}

test('two nodes on one PostgreSQL are one issuer: keys, sessions and sign-outs are shared', async () => {
  const url = await newDatabase()
  const one = await startNode({ store: patient({ url }) })
  const two = await startNode({ store: patient({ url }) })
  const { access, refresh } = await one.signUp('alice')
  assert.equal((await two.me(access)).status, 200)
  const refreshed = await two.refresh(refresh)
  assert.equal(refreshed.status, 200)
  assert.equal((await one.me(String(refreshed.body.access_token))).status, 200)

  assert.equal((await one.call('POST', '/logout', { token: access })).status, 204)
  assert.equal((await one.me(access)).status, 401, 'here at the very next request')
  await refusedSoon(two, access)
  assert.equal((await two.refresh(String(refreshed.body.refresh_token))).status, 400)
})

test('PROTOCOL 2.10: a sign-out on one node meets a refresh on the other, and whoever is first, nothing lives', async () => {
  const url = await newDatabase()
  const [one, two] = [
    await startNode({ store: patient({ url }) }),
    await startNode({ store: patient({ url }) }),
  ]
  const { id: userId } = await one.auth.users.create({ email: 'dave@example.com', password: PASSWORD })
  const held = await Promise.all(Array.from({ length: 10 }, () => signInFor(one, userId)))
  const answers = await Promise.all(
    held.map(async ({ access, refresh }) => {
      const [refreshed, signedOut] = await Promise.all([
        two.refresh(refresh),
        one.call('POST', '/logout', { token: access }),
      ])
      assert.equal(signedOut.status, 204)
      return refreshed
    }),
  )
  for (const { access, refresh } of held) {
    assert.notEqual((await one.me(access)).status, 200)
    assert.notEqual((await two.refresh(refresh)).status, 200)
  }
  for (const { status, body } of answers) {
    if (status !== 200) continue
    // The answer was on its way already: the entry of the session is what it meets.
    assert.notEqual((await one.me(String(body.access_token))).status, 200)
    assert.notEqual((await one.refresh(String(body.refresh_token))).status, 200)
    await refusedSoon(two, String(body.access_token))
  }
})

test('Redis carries the hint where PostgreSQL cannot: through a pool of the application there is no NOTIFY', async () => {
  const url = await newDatabase()
  const pools = [1, 2].map(() => new pg.Pool({ connectionString: url }))
  const [one, two] = await Promise.all(
    pools.map((pool) => startNode({ store: patient({ pool }), redisUrl: redis.url })),
  )
  assert.ok(one !== undefined && two !== undefined)
  const listener = new Redis(redis.url)
  await listener.subscribe(`countersign ${ISSUER}`)
  const { access } = await one.signUp('bob')
  assert.equal((await two.me(access)).status, 200)
  const hint = once(listener, 'message')
  await one.call('POST', '/logout', { token: access })
  assert.deepEqual(await hint, [`countersign ${ISSUER}`, ''], 'a hint says nothing but: ask')
  await refusedSoon(two, access)
  listener.disconnect()
  for (const node of nodes.splice(-2)) await node.close()
  for (const pool of pools) await pool.end()
})

test('without Redis the issuer starts and works: it is asked for hints only', async () => {
  const lines: unknown[] = []
  const logger = { debug() {}, info() {}, error() {}, warn: (facts: unknown) => void lines.push(facts) }
  const node = await startNode({
    store: patient({ url: await newDatabase() }),
    redisUrl: 'redis://:canary@127.0.0.1:1',
    logger,
  })
  const { access } = await node.signUp('carol')
  assert.equal((await node.me(access)).status, 200)
  assert.ok(lines.length > 0, 'it says that Redis does not answer')
  assert.doesNotMatch(JSON.stringify(lines), /canary/)
})

test('PROTOCOL 3.6: a node whose wall clock is set an hour ahead, back, and right again takes the tokens of the others', async () => {
  const HOUR = 3_600_000
  let offset = 0
  const url = await newDatabase()
  const one = await startNode({ store: patient({ url }) })
  const two = await startNode({ store: patient({ url }), clock: guardedClock(() => Date.now() + offset) })
  let tokens = await one.signUp('dora')
  for (const next of [HOUR, 0, -HOUR, 0]) {
    offset = next
    tokens = tokensOf(await one.refresh(tokens.refresh))
    // What it knows is stale by one of its clocks: it asks anew, and says so until it has heard.
    const asked = AbortSignal.timeout(60_000)
    while ((await two.me(tokens.access)).status === 503 && !asked.aborted)
      await once(AbortSignal.timeout(20), 'abort')
    const { status, text } = await two.me(tokens.access)
    assert.equal(status, 200, `${next / HOUR} h off: ${text}`)
    tokens = tokensOf(await two.refresh(tokens.refresh))
    assert.equal((await one.me(tokens.access)).status, 200)
  }
})

/** A hint makes it a matter of milliseconds; without one the next regular question comes within two seconds. */
async function refusedSoon(node: TestIssuer, access: string): Promise<void> {
  const news = AbortSignal.timeout(60_000)
  while ((await node.me(access)).status !== 401) {
    if (news.aborted) assert.fail('the other node does not refuse the token')
    await once(AbortSignal.timeout(20), 'abort')
  }
}
