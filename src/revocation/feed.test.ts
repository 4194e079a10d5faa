import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFeedBench, sessionEntry, tokenOf } from '../../test/revocation/feed-bench.ts'
import { settle } from '../../test/revocation/hand-clock.ts'
import { momentOf } from '../base/clock.ts'

test('PROTOCOL 2.8: before the first snapshot nothing is let through, not even in relaxed mode', async () => {
  for (const strict of [true, false]) {
    const { feed, hand } = createFeedBench({ strict })
    assert.equal(feed.refuses(tokenOf(1)), 'REVOCATION_STALE')
    assert.equal(feed.isStale(), true)
    await feed.start()
    assert.equal(feed.refuses(tokenOf(1)), undefined)
    assert.equal(feed.isStale(), false)
    await feed.stop()
    assert.equal(hand.timers, 0)
  }
})

test('PROTOCOL 2.8: a start without a database rejects, and may be tried again', async () => {
  const { feed, database } = createFeedBench({ strict: false })
  database.mood = 'down'
  await assert.rejects(feed.start())
  assert.equal(feed.refuses(tokenOf(1)), 'REVOCATION_STALE')
  database.mood = 'well'
  database.write(sessionEntry(1))
  await feed.start()
  assert.equal(feed.refuses(tokenOf(1)), 'SESSION_ENDED')
  assert.equal(feed.refuses(tokenOf(2)), undefined)
})

test('B8: polling alone brings a revocation within 2.2 s', async () => {
  const { feed, database, hand } = createFeedBench()
  await feed.start()
  await hand.pass(100)
  database.write(sessionEntry(1))
  assert.equal(feed.refuses(tokenOf(1)), undefined)
  await hand.pass(2200)
  assert.equal(feed.refuses(tokenOf(1)), 'SESSION_ENDED')
})

test('B8: in the process that made the change, the very next request is refused', async () => {
  const { feed, database } = createFeedBench()
  await feed.start()
  database.write(sessionEntry(1))
  await feed.changed()
  assert.equal(feed.refuses(tokenOf(1)), 'SESSION_ENDED')
})

test('B8: a change while a question is under way waits for a later question', async () => {
  const { feed, database } = createFeedBench()
  await feed.start()
  database.mood = 'hanging'
  const early = feed.pullNow()
  await settle()
  database.mood = 'well'
  const { pull } = database
  // The hanging question looked before the change: its answer says nothing of it.
  database.pull = async (cursor, options) => pull(cursor, options)
  database.write(sessionEntry(1))
  const known = feed.changed()
  database.wake()
  await Promise.all([early, known])
  assert.equal(database.questions.length, 3)
  assert.equal(feed.refuses(tokenOf(1)), 'SESSION_ENDED')
})

test('B8: a change that cannot be asked about closes strict mode at once, relaxed mode runs on', async () => {
  const { feed, database, hand, another } = createFeedBench()
  const relaxed = another({ strict: false })
  await feed.start()
  await relaxed.feed.start()
  database.write(sessionEntry(1))
  database.mood = 'down'
  await Promise.all([feed.changed(), relaxed.feed.changed()])
  assert.equal(feed.refuses(tokenOf(1)), 'REVOCATION_STALE')
  assert.equal(feed.refuses(tokenOf(2)), 'REVOCATION_STALE')
  assert.equal(relaxed.feed.refuses(tokenOf(1)), undefined)
  database.mood = 'well'
  await hand.pass(100)
  assert.equal(feed.refuses(tokenOf(1)), 'SESSION_ENDED', 'tried again after 100 ms, not after 2 s')
  assert.equal(feed.refuses(tokenOf(2)), undefined)
})

test('B8: a database that stops answering: strict refuses after 5 s, relaxed runs on, both know what they knew', async () => {
  for (const mood of ['down', 'hanging'] as const) {
    const { feed, database, hand, another } = createFeedBench()
    const relaxed = another({ strict: false })
    database.write(sessionEntry(1))
    await feed.start()
    await relaxed.feed.start()
    database.mood = mood
    database.write(sessionEntry(2))
    await hand.pass(4900)
    assert.equal(feed.refuses(tokenOf(3)), undefined)
    await hand.pass(200)
    assert.equal(feed.refuses(tokenOf(3)), 'REVOCATION_STALE')
    assert.equal(feed.refuses(tokenOf(1)), 'SESSION_ENDED', 'what is known is said')
    assert.equal(relaxed.feed.refuses(tokenOf(3)), undefined)
    assert.equal(relaxed.feed.refuses(tokenOf(1)), 'SESSION_ENDED')
    assert.equal(relaxed.feed.isStale(), false)
    assert.ok(relaxed.feed.age() > 5000)
    await hand.pass(60_000)
    database.mood = 'well'
    database.wake()
    await hand.pass(2100)
    assert.equal(feed.refuses(tokenOf(3)), undefined)
    assert.equal(feed.refuses(tokenOf(2)), 'SESSION_ENDED')
    assert.equal(relaxed.feed.refuses(tokenOf(2)), 'SESSION_ENDED')
  }
})

test('a hanging database is not asked without end', async () => {
  const { feed, database, hand } = createFeedBench()
  await feed.start()
  database.mood = 'hanging'
  await hand.pass(600_000)
  assert.equal(database.questions.length, 1 + 3)
  database.mood = 'well'
  database.wake()
  await hand.pass(2100)
  assert.equal(feed.isStale(), false)
})

test('PROTOCOL 2.2: an answer counts from its question: slow by 4.9 s, it is fresh for a tenth of a second', async () => {
  const { feed, database, hand } = createFeedBench({ timeLimitMilliseconds: 10_000 })
  await feed.start()
  await hand.pass(1999)
  database.mood = 'hanging'
  await hand.pass(1)
  database.mood = 'well'
  await hand.pass(4900)
  database.wake()
  await settle()
  assert.equal(Math.round(feed.age()), 4900)
  database.mood = 'down'
  assert.equal(feed.isStale(), false)
  await hand.pass(200)
  assert.equal(feed.isStale(), true)
})

test('an answer past its time limit is thrown away', async () => {
  const { feed, database, hand } = createFeedBench()
  await feed.start()
  database.mood = 'hanging'
  await hand.pass(4100)
  database.mood = 'down'
  await hand.pass(1000)
  database.wake()
  await settle()
  assert.equal(feed.isStale(), true)
})

test('PROTOCOL 2.2: a process that slept refuses, and asks at once instead of at its next turn', async () => {
  const { feed, hand } = createFeedBench()
  await feed.start()
  const before = momentOf(hand.clock)
  hand.sleep(30_000)
  assert.equal(feed.isStale(before), false)
  assert.equal(feed.isStale(momentOf(hand.clock)), true, 'by clocks that were read for the request')
  assert.equal(feed.refuses(tokenOf(1)), 'REVOCATION_STALE')
  await settle()
  assert.equal(feed.refuses(tokenOf(1)), undefined)
})

test('PROTOCOL 2.5: a token that claims a longer life than entries are kept for is refused', async () => {
  const { feed, database, hand } = createFeedBench()
  await feed.start()
  assert.equal(feed.refuses(tokenOf(1, 900)), undefined)
  assert.equal(feed.refuses(tokenOf(1, 901)), 'TOKEN_LIFE_TOO_LONG')
  database.coveredLifeSeconds = 3600
  await hand.pass(2000)
  assert.equal(feed.refuses(tokenOf(1, 3600)), undefined)
})

test('who follows the feed hears of ring and epoch, and may fail without harm', async () => {
  const heard: unknown[] = []
  const { feed, database, hand, log } = createFeedBench({
    onPull({ ringVersion, storeEpoch, complete }) {
      heard.push([ringVersion, storeEpoch, complete])
      throw new Error('listener')
    },
  })
  await feed.start()
  database.storeEpoch = 5
  await hand.pass(2000)
  assert.deepEqual(heard, [
    [1, 1, true],
    [1, 5, false],
  ])
  assert.equal(feed.storeEpoch(), 5)
  assert.equal(feed.isStale(), false)
  assert.ok(log.includes('what follows an answer about revocations failed'))
})

test('a feed that is stopped while its first question is under way does not go on asking', async () => {
  const { feed, database, hand } = createFeedBench()
  database.mood = 'hanging'
  const started = feed.start()
  await settle()
  await feed.stop()
  database.mood = 'well'
  database.wake()
  await started
  await hand.pass(20_000)
  assert.equal(database.questions.length, 1)
  assert.equal(hand.timers, 0)
})

test('regular questions do not pile up, and end with the feed', async () => {
  const { feed, database, hand } = createFeedBench()
  await feed.start()
  await hand.pass(20_000)
  assert.equal(database.questions.length, 11)
  await feed.stop()
  await hand.pass(20_000)
  assert.equal(database.questions.length, 11)
  assert.equal(hand.timers, 0)
})
