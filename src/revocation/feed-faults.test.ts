import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFeedBench, sessionEntry, sessionRef, tokenOf } from '../../test/revocation/feed-bench.ts'
import { settle } from '../../test/revocation/hand-clock.ts'

test('PROTOCOL 2.6: steps of the wall clock by 5 s, 1 h and 1 day leave what is known and heal within one question', async () => {
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

test('PROTOCOL 2.1: an agreeing census costs no snapshot, under changes and as entries end', async () => {
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

test('PROTOCOL 1.9: a step of the database clock makes refresh unsure for two windows, drift and slowness do not', async () => {
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

test('PROTOCOL 1.9: answers that take 5 s and half a second in turn are no steps', async () => {
  const { feed, database, hand, log } = createFeedBench({ timeLimitMilliseconds: 10_000 })
  await feed.start()
  for (let count = 0; count < 10; count++) {
    database.mood = 'hanging'
    const pulled = feed.pullNow()
    await settle()
    database.mood = 'well'
    await hand.pass(count % 2 === 0 ? 5000 : 500)
    database.wake()
    await pulled
    assert.equal(feed.clockUnsure(), false, `answer ${count}`)
  }
  assert.deepEqual(log, [])
})

test("the store's time goes on between two answers", async () => {
  const { feed, database, hand } = createFeedBench()
  assert.equal(feed.storeNow(), undefined)
  await feed.start()
  await hand.pass(1500)
  const expected = hand.clock.elapsed() + database.clockOffset
  assert.ok(Math.abs((feed.storeNow() ?? 0) - expected) < 2)
})

test('PROTOCOL 2.4: a store epoch that falls back is another database: everything is asked for', async () => {
  const { feed, database, hand } = createFeedBench()
  database.storeEpoch = 5
  await feed.start()
  database.storeEpoch = 4
  await hand.pass(2000)
  assert.equal(database.questions.at(-1), undefined)
})
