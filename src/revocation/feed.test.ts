import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFeedBench, sessionEntry, sessionRef, tokenOf } from '../../test/revocation/feed-bench.ts'
import { settle } from '../../test/revocation/hand-clock.ts'

test('before the first snapshot nothing is let through, not even in relaxed mode', async () => {
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

test('a start without a database rejects, and may be tried again', async () => {
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

test('an answer counts from its question: slow by 4.9 s, it is fresh for a tenth of a second', async () => {
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

test('a process that slept refuses, and asks at once instead of at its next turn', async () => {
  const { feed, hand } = createFeedBench()
  await feed.start()
  hand.sleep(30_000)
  assert.equal(feed.refuses(tokenOf(1)), 'REVOCATION_STALE')
  await settle()
  assert.equal(feed.refuses(tokenOf(1)), undefined)
})

test('steps of the wall clock by 5 s, 1 h and 1 day leave what is known and heal within one question', async () => {
  for (const step of [5_001, 3_600_000, 86_400_000]) {
    const { feed, database, hand } = createFeedBench()
    database.write(sessionEntry(1))
    await feed.start()
    hand.step(step)
    assert.equal(feed.refuses(tokenOf(1)), 'SESSION_ENDED')
    assert.equal(feed.refuses(tokenOf(2)), 'REVOCATION_STALE')
    await settle()
    assert.equal(feed.refuses(tokenOf(2)), undefined)
    hand.step(-2 * step)
    assert.equal(feed.refuses(tokenOf(1)), 'SESSION_ENDED')
    assert.equal(feed.refuses(tokenOf(2)), undefined)
    database.mood = 'down'
    await hand.pass(5100)
    assert.equal(feed.refuses(tokenOf(2)), 'REVOCATION_STALE', 'the monotonic clock still counts')
    assert.equal(feed.refuses(tokenOf(1)), 'SESSION_ENDED')
  }
})

test('PROTOCOL 2.1: a transaction that commits 30 s late, with pushes off, is seen', async () => {
  const { feed, database, hand } = createFeedBench({ censusIntervalMilliseconds: Number.POSITIVE_INFINITY })
  await feed.start()
  const commit = database.writeLate(sessionEntry(1))
  for (let number = 10; number < 20; number++) {
    database.write(sessionEntry(number))
    await hand.pass(3000)
  }
  assert.equal(feed.refuses(tokenOf(1)), undefined)
  commit()
  await hand.pass(2100)
  assert.equal(feed.refuses(tokenOf(1)), 'SESSION_ENDED')
  assert.deepEqual(database.questions.slice(1).includes(undefined), false, 'by cursor alone')
})

test('PROTOCOL 2.1: what slipped past the cursor is found by the census within a minute', async () => {
  for (const takesCensus of [true, false]) {
    const { feed, database, hand, log } = createFeedBench()
    database.takesCensus = takesCensus
    database.write(sessionEntry(2))
    await feed.start()
    await hand.pass(61_000)
    database.writeUnseen(sessionEntry(1))
    await hand.pass(2100)
    assert.equal(feed.refuses(tokenOf(1)), undefined)
    await hand.pass(60_000)
    assert.equal(feed.refuses(tokenOf(1)), 'SESSION_ENDED')
    assert.equal(log.includes('revocations differ from those of the database'), takesCensus)
  }
})

test('an agreeing census costs no snapshot, under changes and as entries end', async () => {
  const { feed, database, hand, log } = createFeedBench()
  await feed.start()
  for (let number = 0; number < 600; number++) {
    database.write(sessionEntry(number), 10_000 + 517 * (number % 300))
    if (number % 3 === 0) database.write({ kind: 'user', ref: sessionRef(number % 7), least: number })
    await hand.pass(700)
  }
  assert.deepEqual(database.questions.filter((cursor) => cursor === undefined).length, 1)
  assert.deepEqual(log, [])
})

test('PROTOCOL 2.4: what a fail-over lost is refused all the time, and written back with its alarm', async () => {
  for (const sameIdentity of [false, true]) {
    const { feed, database, hand, another } = createFeedBench()
    await feed.start()
    database.write(sessionEntry(1))
    await hand.pass(2000)
    database.write(sessionEntry(2))
    database.write({ kind: 'user', ref: sessionRef(7), least: 12 })
    await hand.pass(2000)
    database.failOver(2, { sameIdentity })
    database.write(sessionEntry(3))
    await hand.pass(2000)
    assert.equal(feed.refuses(tokenOf(2)), 'SESSION_ENDED')
    assert.equal(feed.refuses(tokenOf(3)), 'SESSION_ENDED', 'a lower transaction number is not skipped')
    assert.deepEqual(
      new Set(database.restored.map(({ kind, ref, least }) => `${kind} ${ref} ${least}`)),
      new Set([`session ${sessionRef(2)} undefined`, `user ${sessionRef(7)} 12`]),
    )
    const later = another()
    await later.feed.start()
    assert.equal(
      later.feed.refuses(tokenOf(2)),
      'SESSION_ENDED',
      'a process that starts afterwards knows it too',
    )
    assert.ok(feed.age() < 5000)
  }
})

test('PROTOCOL 2.4: after any failure everything is asked for, and a counter that fell back is raised again', async () => {
  const { feed, database, hand } = createFeedBench()
  database.write({ kind: 'user', ref: sessionRef(7), least: 12 })
  database.write({ kind: 'user', ref: sessionRef(8), least: undefined })
  await feed.start()
  database.mood = 'down'
  await hand.pass(2000)
  database.mood = 'well'
  database.forget(sessionRef(7))
  database.forget(sessionRef(8))
  database.write({ kind: 'user', ref: sessionRef(7), least: 11 })
  database.write({ kind: 'user', ref: sessionRef(8), least: 99 })
  await hand.pass(2000)
  assert.equal(database.questions.at(-1) === undefined || database.questions.at(-2) === undefined, true)
  assert.deepEqual(
    database.restored.map(({ ref, least }) => [ref, least]).sort(),
    [
      [sessionRef(7), 12],
      [sessionRef(8), undefined],
    ].sort(),
  )
})

test('PROTOCOL 2.4: writing back is tried again until it succeeds, and many losses all come back', async () => {
  const { feed, database, hand } = createFeedBench()
  for (let number = 0; number < 2500; number++) database.write(sessionEntry(number))
  await feed.start()
  database.failOver(2500)
  const { restore } = database
  let failures = 3
  database.restore = async (entries, event) => {
    if (failures-- > 0) throw new Error('connection lost')
    assert.equal(event.name, 'store.rolled_back')
    return (await restore?.(entries, event)) ?? 0
  }
  await hand.pass(20_000)
  assert.equal(database.rows.length, 2500)
  assert.equal(database.restored.length, 2500)
})

test('what is about to end anyway raises no alarm', async () => {
  const { feed, database, hand, log } = createFeedBench()
  database.write(sessionEntry(1), 20_000)
  await feed.start()
  await hand.pass(11_000)
  database.failOver(1)
  await hand.pass(2000)
  assert.deepEqual(database.restored, [])
  assert.equal(feed.refuses(tokenOf(1)), 'SESSION_ENDED')
  assert.deepEqual(log, ['the database is another one, or an older state of it'].slice(0, log.length))
})

test('2.5: a token that claims a longer life than entries are kept for is refused', async () => {
  const { feed, database, hand } = createFeedBench()
  await feed.start()
  assert.equal(feed.refuses(tokenOf(1, 900)), undefined)
  assert.equal(feed.refuses(tokenOf(1, 901)), 'TOKEN_LIFE_TOO_LONG')
  database.coveredLifeSeconds = 3600
  await hand.pass(2000)
  assert.equal(feed.refuses(tokenOf(1, 3600)), undefined)
})

test('1.9: a step of the database clock makes refresh unsure for two windows, drift and slowness do not', async () => {
  const { feed, database, hand, log } = createFeedBench({ reuseWindowMilliseconds: 10_000 })
  await feed.start()
  for (let count = 0; count < 20; count++) {
    database.clockOffset += 900
    await hand.pass(2000)
  }
  assert.equal(feed.clockUnsure(), false)
  for (const step of [2500, -2500, 3_600_000, -86_400_000]) {
    database.clockOffset += step
    await hand.pass(2000)
    assert.equal(feed.clockUnsure(), true, `${step}`)
    await hand.pass(17_900)
    assert.equal(feed.clockUnsure(), true)
    await hand.pass(2200)
    assert.equal(feed.clockUnsure(), false)
  }
  assert.ok(log.includes('a clock was set'))
})

test("the store's time goes on between two answers", async () => {
  const { feed, database, hand } = createFeedBench()
  assert.equal(feed.storeNow(), undefined)
  await feed.start()
  await hand.pass(1500)
  const expected = hand.clock.elapsed() + database.clockOffset
  assert.ok(Math.abs((feed.storeNow() ?? 0) - expected) < 2)
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

test('a store epoch that falls back is another database: everything is asked for', async () => {
  const { feed, database, hand } = createFeedBench()
  database.storeEpoch = 5
  await feed.start()
  database.storeEpoch = 4
  await hand.pass(2000)
  assert.equal(database.questions.at(-1), undefined)
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
