import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Redis } from 'ioredis'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { Limit } from '../../src/model/rate.ts'
import { memoryLimiter } from '../../src/store/hot/memory.ts'
import { createRedisLink, type RedisLink } from '../../src/store/hot/redis.ts'
import { redisLimiter } from '../../src/store/hot/redis-limiter.ts'
import { handClock } from '../flows/issuer.ts'
import { type PrivateRedis, startRedis } from '../servers/redis.ts'

let server: PrivateRedis
let link: RedisLink
before(async () => {
  server = await startRedis()
  link = createRedisLink(server.url, silentLogger)
})
after(async () => {
  link.close()
  await server.stop()
})

const clock = { elapsed: () => performance.now() }
const limit = (subject: string, count: number, name = 'tries'): Limit => ({
  name,
  subject,
  rate: { count, periodMilliseconds: 3_600_000 },
})

/** One node; its own counter stands still at nothing, so that what it lets through was counted in Redis. */
function node() {
  const meanwhile = memoryLimiter({ clock, random: systemRandom, shares: () => 3 })
  return redisLimiter({
    connect: () => link.connection(),
    prefix: 'test',
    meanwhile,
    clock,
    // What is counted here is counted exactly, however busy the machine is.
    patienceMilliseconds: 60_000,
  })
}

test('nodes count together: of 200 tries at once through three nodes exactly the limit passes', async () => {
  const nodes = [node(), node(), node()]
  const tries = Array.from({ length: 200 }, (_, index) => nodes[index % 3]?.take([limit('crowd', 7)]))
  const passed = (await Promise.all(tries)).filter((taken) => taken?.refusedBy === undefined)
  assert.equal(passed.length, 7)
})

test('one limit reached counts against none, and what is given back may be taken again', async () => {
  const limiter = node()
  const [narrow, wide] = [limit('b', 1, 'narrow'), limit('b', 3, 'wide')]
  assert.equal((await limiter.take([narrow, wide])).refusedBy, undefined)
  const refused = await limiter.take([narrow, wide])
  assert.equal(refused.refusedBy?.name, 'narrow')
  assert.ok(refused.waitMilliseconds > 3_500_000 && refused.waitMilliseconds <= 3_600_000)
  assert.equal((await limiter.take([wide])).tightest.left, 1)
  await limiter.giveBack([narrow])
  await limiter.giveBack([narrow])
  assert.equal((await limiter.take([narrow])).refusedBy, undefined)
  assert.notEqual((await limiter.take([narrow])).refusedBy, undefined)
})

test('keys say nothing about who tries what, and end by themselves', async () => {
  await node().take([limit('alice@example.com', 3)])
  const connection = await link.connection()
  const keys = await connection.keys('*')
  assert.ok(keys.length > 0)
  for (const key of keys) {
    assert.doesNotMatch(key, /alice/)
    assert.ok((await connection.pttl(key)) > 0)
  }
})

test('a bucket that Redis has as fuller than full is full: its clock was set back, or somebody else wrote there', async () => {
  const limiter = node()
  const connection = await link.connection()
  const inAnHour = String((Date.now() + 7_200_000) * 1000)
  for (const stored of [inAnHour, 'inf', '1e300']) {
    await connection.flushall()
    await limiter.take([limit('ahead', 9)])
    const [key = ''] = await connection.keys('*')
    await connection.set(key, stored)
    const refused = await limiter.take([limit('ahead', 9)])
    assert.equal(refused.refusedBy?.name, 'tries', stored)
    assert.ok(refused.waitMilliseconds <= 3_600_000 / 9, stored)
    const rest = await connection.pttl(key)
    assert.ok(rest > 0 && rest <= 3_600_000, stored)
    assert.equal(limiter.isApart, false)
  }
})

test('a Redis that refuses to count is said to, once a minute, with its own reason', async () => {
  const connection = await link.connection()
  const told: string[] = []
  const hand = handClock(0)
  const limiter = redisLimiter({
    connect: () => link.connection(),
    prefix: 'test',
    meanwhile: memoryLimiter({ clock, random: systemRandom }),
    clock: hand,
    refused: (reason) => void told.push(reason),
    patienceMilliseconds: 60_000,
  })
  await connection.config('SET', 'maxmemory', '1')
  for (let tries = 0; tries < 3; tries++) await limiter.take([limit('e', 5)])
  assert.deepEqual([limiter.isApart, told.length], [true, 1])
  assert.match(told[0] ?? '', /^OOM /)
  hand.advance(60_000)
  await limiter.take([limit('e', 5)])
  await connection.config('SET', 'maxmemory', '0')
  await limiter.take([limit('e', 5)])
  assert.deepEqual([limiter.isApart, told.length], [false, 2])
})

test('an answer that is not ours, or none: the node counts its share by itself', async () => {
  for (const answer of [async () => 'OK', async () => [1], async () => Promise.reject(new Error('away'))]) {
    const meanwhile = memoryLimiter({ clock, random: systemRandom, shares: () => 3 })
    const limiter = redisLimiter({
      connect: async () => ({ evalsha: answer, eval: answer, ping: async () => 'PONG' as const }),
      prefix: 'test',
      meanwhile,
      clock,
    })
    const passed = []
    for (let index = 0; index < 20; index++) {
      const taken = await limiter.take([limit('c', 9)])
      if (taken.refusedBy === undefined) passed.push(taken)
    }
    assert.equal(passed.length, 3)
  }
})

test('a try that was counted here while Redis was away is given back here', async () => {
  const meanwhile = memoryLimiter({ clock, random: systemRandom })
  const away = async () => Promise.reject(new Error('away'))
  const limiter = redisLimiter({
    connect: async () => ({ evalsha: away, eval: away, ping: away }),
    prefix: 'test',
    meanwhile,
    clock,
  })
  for (let index = 0; index < 10; index++) {
    assert.equal((await limiter.take([limit('d', 1)])).refusedBy, undefined)
    await limiter.giveBack([limit('d', 1)])
  }
})

test('with Redis stopped each node grants its share of a limit, and with Redis back they count together again', async () => {
  const nodes = [node(), node(), node()]
  const passedOf = async (subject: string) => {
    const passed = nodes.map(() => 0)
    for (let round = 0; round < 10; round++) {
      for (const [index, one] of nodes.entries()) {
        if ((await one.take([limit(subject, 9)])).refusedBy === undefined)
          passed[index] = (passed[index] ?? 0) + 1
      }
    }
    return passed
  }
  const sum = (counts: readonly number[]) => counts.reduce((all, one) => all + one, 0)
  assert.equal(sum(await passedOf('before')), 9)
  const connection = await link.connection()
  const away = heard(connection, 'close')
  await server.kill()
  await away
  assert.deepEqual(await passedOf('meanwhile'), [3, 3, 3])
  const back = heard(connection, 'ready')
  await server.start()
  await back
  assert.equal(sum(await passedOf('after')), 9)
})

test('a Redis that was demoted is left, so that the way by its name is taken anew, and not held on to', async () => {
  const connection = await link.connection()
  const one = node()
  await connection.call('REPLICAOF', '127.0.0.1', '1')
  const [left, back] = [heard(connection, 'close'), heard(connection, 'ready')]
  assert.equal((await one.take([limit('demoted', 5)])).refusedBy, undefined)
  assert.equal(one.isApart, true)
  await left
  await back
  await connection.call('REPLICAOF', 'NO', 'ONE')
  assert.equal((await one.take([limit('demoted', 5)])).refusedBy, undefined)
  assert.equal(one.isApart, false)
})

test('a Redis that hangs keeps one moment of requests waiting and no other; once it answers they count together again', async () => {
  const own = await startRedis()
  const slow = createRedisLink(own.url, silentLogger)
  const clocked = handClock()
  const told: boolean[] = []
  const limiter = redisLimiter({
    connect: () => slow.connection(),
    prefix: 'test',
    meanwhile: memoryLimiter({ clock: clocked, random: systemRandom, shares: () => 3 }),
    clock: clocked,
    late: (isLate) => told.push(isLate),
  })
  const passes = async (subject: string, tries = 12) => {
    let passed = 0
    for (let count = 0; count < tries; count++) {
      if ((await limiter.take([limit(subject, 9)])).refusedBy === undefined) passed += 1
    }
    return passed
  }
  assert.equal(await passes('a'), 9)
  own.pause()
  const sent = spyOn(await slow.connection())
  await Promise.all(Array.from({ length: 20 }, () => limiter.take([limit('b', 9)])))
  assert.deepEqual([told, limiter.isApart, sent.commands], [[true], true, 20], 'those of one moment waited')
  // The clock stands: nothing more is sent, so that nothing can be waited for.
  assert.equal(await passes('c', 1000), 3)
  await limiter.giveBack([limit('c', 9)])
  assert.equal(await passes('c', 10), 1)
  assert.equal(sent.commands, 20)
  clocked.advance(1000)
  assert.equal(await passes('d'), 3)
  assert.equal(sent.commands, 21, 'one probe, beside the requests')
  own.resume()
  while (limiter.isApart) {
    clocked.advance(1000)
    await limiter.take([limit('e', 1_000_000)])
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.deepEqual(told, [true, false])
  assert.equal(await passes('f'), 9)
  slow.close()
  await own.stop()
})

/** Not `once` of Node: it rejects for any error meanwhile, and a connection that is tried anew has some. */
function heard(connection: Redis, event: 'close' | 'ready'): Promise<void> {
  return new Promise((resolve) => void connection.once(event, () => resolve()))
}

/** How many commands were sent since. */
function spyOn(connection: Redis) {
  const spied = { commands: 0 }
  const send = connection.sendCommand.bind(connection)
  connection.sendCommand = (...command) => {
    spied.commands += 1
    return send(...command)
  }
  return spied
}
