import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { createFeedBench, sessionEntry, tokenOf } from '../../test/revocation/feed-bench.ts'
import { createHandClock, type HandClock, settle } from '../../test/revocation/hand-clock.ts'
import { silentLogger } from '../base/logger.ts'
import { systemRandom } from '../base/random.ts'
import type { HintVerbs } from '../store/hints.ts'
import { coalesce, listenToHints } from './hints.ts'
import { type RedisConnection, redisHints } from './redis-hints.ts'
import { createSingleFlight } from './single-flight.ts'

test('PROTOCOL 2.3: a storm becomes one action in 20 ms, and its last call is never left out', async () => {
  const hand = createHandClock()
  const seen: number[] = []
  let calls = 0
  const act = coalesce(() => seen.push(calls), hand.clock, hand.schedule)
  for (let moment = 0; moment < 100; moment++) {
    for (let count = 0; count < 50; count++) {
      calls++
      act()
    }
    await hand.pass(1)
  }
  await hand.pass(20)
  assert.ok(seen.length <= 6, `${seen.length} actions`)
  assert.equal(seen[0], 1, 'the first call acts at once')
  assert.equal(seen.at(-1), calls)
  assert.equal(hand.timers, 0)
})

test('of many who ask at once, the first runs and all others share the run after it', async () => {
  let runs = 0
  const releases: (() => void)[] = []
  const ask = createSingleFlight(async () => {
    const number = ++runs
    await new Promise<void>((resolve) => releases.push(resolve))
    return number
  })
  const first = ask()
  const others = Array.from({ length: 100 }, () => ask())
  await settle()
  assert.equal(runs, 1)
  releases.shift()?.()
  assert.equal(await first, 1)
  await settle()
  const last = ask()
  releases.shift()?.()
  assert.deepEqual(
    await Promise.all(others),
    Array.from({ length: 100 }, () => 2),
  )
  await settle()
  releases.shift()?.()
  assert.equal(await last, 3)
})

test('a run that fails fails those who asked for it, not those who come after', async () => {
  let runs = 0
  const ask = createSingleFlight(async () => {
    if (++runs === 1) throw new Error('first')
    return runs
  })
  const first = ask()
  const second = ask()
  await assert.rejects(first)
  assert.equal(await second, 2)
})

/** Hints between processes on one bench. */
function createChannel(): {
  join(): HintVerbs
  readonly sent: number
  deliver(): void
  lossy: boolean
} {
  const listeners = new Set<() => void>()
  const channel = {
    sent: 0,
    lossy: false,
    deliver: () => {
      for (const listener of listeners) listener()
    },
    join: (): HintVerbs => ({
      working: true,
      async subscribe(listener) {
        listeners.add(listener)
        return async () => void listeners.delete(listener)
      },
      send() {
        channel.sent++
        if (!channel.lossy) channel.deliver()
      },
    }),
  }
  return channel
}

test('B8: with hints another process knows within 100 ms; without them, within 2.2 s', async () => {
  for (const lossy of [false, true]) {
    const channel = createChannel()
    channel.lossy = lossy
    const { feed, database, hand, another } = createFeedBench()
    const first = another({ hints: [channel.join()] })
    const second = another({ hints: [channel.join()] })
    for (const one of [feed, first.feed, second.feed]) await one.start()
    await hand.pass(100)
    database.write(sessionEntry(1))
    await first.feed.changed()
    assert.equal(first.feed.refuses(tokenOf(1)), 'SESSION_ENDED')
    await hand.pass(100)
    assert.equal(second.feed.refuses(tokenOf(1)), lossy ? undefined : 'SESSION_ENDED')
    await hand.pass(2100)
    assert.equal(second.feed.refuses(tokenOf(1)), 'SESSION_ENDED')
    assert.equal(second.feed.pushWorks(), true)
    assert.equal(feed.pushWorks(), false)
  }
})

test('PROTOCOL 2.3: whoever lies on the channel causes questions, at most one in 20 ms, and nothing else', async () => {
  const channel = createChannel()
  const { another, database, hand } = createFeedBench()
  const { feed } = another({ hints: [channel.join()] })
  await feed.start()
  for (let moment = 0; moment < 1000; moment++) {
    for (let count = 0; count < 20; count++) channel.deliver()
    await hand.pass(1)
  }
  assert.ok(database.questions.length <= 52, `${database.questions.length} questions in a second`)
  assert.equal(feed.refuses(tokenOf(1)), undefined)
  await feed.stop()
  const asked = database.questions.length
  channel.deliver()
  await hand.pass(100)
  assert.equal(database.questions.length, asked)
})

test('PROTOCOL 2.3: hints that cannot be subscribed to are tried again, and the feed starts without them', async () => {
  const hand = createHandClock()
  let tries = 0
  let heard = 0
  let tell = (): void => undefined
  const stubborn: HintVerbs = {
    working: false,
    send: () => undefined,
    async subscribe(listener) {
      if (++tries < 3) throw new Error('no connection')
      tell = listener
      return async () => {
        tell = () => undefined
      }
    },
  }
  const stop = listenToHints([stubborn], () => heard++, { logger: silentLogger, schedule: hand.schedule })
  await hand.pass(61_000)
  assert.equal(tries, 3)
  tell()
  assert.equal(heard, 1)
  await stop()
  tell()
  assert.equal(heard, 1)
  assert.equal(hand.timers, 0)
})

/** A Redis of one process: connections that carry messages to one another, unless it is away. */
function createFakeRedis(hand: HandClock) {
  const subscribers = new Set<{ channels: Set<string>; emitter: EventEmitter }>()
  const redis = {
    away: false,
    deaf: false,
    published: [] as string[],
    stuck: [] as (() => void)[],
    connect(): RedisConnection {
      const emitter = new EventEmitter()
      const own = { channels: new Set<string>(), emitter }
      return {
        async publish(channel) {
          if (redis.away) await new Promise<void>((resolve) => redis.stuck.push(resolve))
          redis.published.push(channel)
          if (redis.deaf) return 0
          for (const { channels, emitter } of subscribers)
            if (channels.has(channel)) emitter.emit('message', channel)
          return 1
        },
        async subscribe(...channels) {
          if (redis.away) throw new Error('no connection')
          for (const channel of channels) own.channels.add(channel)
          subscribers.add(own)
          return channels.length
        },
        on: (event: string, listener: (channel: string) => void) => emitter.on(event, listener),
        duplicate: () => redis.connect(),
        disconnect: () => void subscribers.delete(own),
      }
    },
    emit(event: string): void {
      for (const { emitter } of subscribers) emitter.emit(event)
    },
    hints(): HintVerbs {
      const { clock, schedule } = hand
      const connection = redis.connect()
      return redisHints({
        connect: async () => connection,
        channel: 'hints',
        clock,
        schedule,
        random: systemRandom,
      })
    },
    subscribers,
  }
  return redis
}

test('PROTOCOL 2.3: Redis: our own message coming back shows that it works; silence shows that it does not', async () => {
  const hand = createHandClock()
  const redis = createFakeRedis(hand)
  const hints = redis.hints()
  assert.equal(hints.working, false)
  const end = await hints.subscribe(() => undefined)
  await hand.pass(1)
  assert.equal(hints.working, true)
  redis.deaf = true
  await hand.pass(20_001)
  assert.equal(hints.working, false)
  redis.deaf = false
  await hand.pass(1001)
  assert.equal(hints.working, true)
  redis.emit('close')
  assert.equal(hints.working, false)
  redis.emit('ready')
  await hand.pass(1)
  assert.equal(hints.working, true)
  await end()
  assert.equal(hints.working, false)
  assert.equal(hand.timers, 0)
  assert.equal(redis.subscribers.size, 0)
})

test('Redis: a hint reaches the others, and a connection made again counts as one', async () => {
  const hand = createHandClock()
  const redis = createFakeRedis(hand)
  const [one, two] = [redis.hints(), redis.hints()]
  let heard = 0
  const end = await two.subscribe(() => heard++)
  await hand.pass(1)
  assert.equal(heard, 0, 'the message to itself is no hint')
  one.send()
  await hand.pass(1)
  assert.equal(heard, 1)
  redis.emit('ready')
  assert.equal(heard, 2)
  await end()
})

test('Redis: while it is away nothing piles up, and the last hint goes out afterwards', async () => {
  const hand = createHandClock()
  const redis = createFakeRedis(hand)
  const hints = redis.hints()
  redis.away = true
  for (let count = 0; count < 1000; count++) {
    hints.send()
    await hand.pass(21)
  }
  assert.equal(redis.stuck.length, 1)
  redis.away = false
  for (const release of redis.stuck.splice(0)) release()
  await hand.pass(100)
  assert.deepEqual(redis.published, ['hints', 'hints'])
})

test('Redis: a subscription that fails leaves nothing behind', async () => {
  const hand = createHandClock()
  const redis = createFakeRedis(hand)
  redis.away = true
  await assert.rejects(redis.hints().subscribe(() => undefined))
  assert.equal(redis.subscribers.size, 0)
  assert.equal(hand.timers, 0)
})
