import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHashQueue } from './hashing.ts'
import { createSlowestNo } from './slowest-no.ts'

const no = { matches: false }
const native = (milliseconds: number, verdict = no) => ({ verdict, milliseconds, isForeign: false })
const foreign = (milliseconds: number, verdict = no) => ({ verdict, milliseconds, isForeign: true })

test('E6: without hashes made elsewhere nobody waits', () => {
  const slowest = createSlowestNo()
  for (const milliseconds of [15, 40, 3]) assert.equal(slowest.earlyBy(native(milliseconds)), 0)
})

test('E6: once one was seen, every no takes as long, and a yes takes its own time', () => {
  const slowest = createSlowestNo()
  assert.equal(slowest.earlyBy(foreign(250)), 0)
  for (const milliseconds of [15, 80, 249]) {
    assert.equal(milliseconds + slowest.earlyBy(native(milliseconds)), 250)
    assert.equal(slowest.earlyBy(native(milliseconds, { matches: true })), 0)
  }
  assert.equal(slowest.earlyBy(native(300)), 0)
  assert.equal(slowest.earlyBy(foreign(400, { matches: true })), 0, 'learnt from a yes as well')
  assert.equal(slowest.earlyBy(native(15)), 385)
})

test('a moment in which a thread stood still is bounded, and forgotten', () => {
  const slowest = createSlowestNo()
  slowest.earlyBy(foreign(60_000))
  assert.equal(slowest.earlyBy(native(0)), 2000)
  for (let time = 0; time < 300; time++) slowest.earlyBy(foreign(100))
  assert.ok(slowest.earlyBy(native(0)) < 101)
})

/** Of nobody's password. */
const BCRYPT = '$2b$12$CwTycUXWue0Thq9StjUM0uJ8J9QmBmVbE5Dh1nQ0nYxqfVnq0R1aG'

test('E6: the queue waits out what an unknown name and a native hash are quicker by', async () => {
  const waits: number[] = []
  const clock = { now: () => 0, elapsed: () => 0 }
  const queue = createHashQueue({ clock, workers: 1, wait: async (time) => void waits.push(time) })
  const stored = await queue.hash('correct horse battery')
  await queue.verify('wrong', undefined)
  await queue.verify('wrong', stored)
  assert.deepEqual(waits, [], 'nothing to hide yet')
  await queue.verify('wrong', BCRYPT)
  await queue.verify('wrong', undefined)
  await queue.verify('wrong', stored)
  await queue.verify('correct horse battery', stored)
  assert.equal(waits.length, 2)
  assert.ok(
    waits.every((time) => time > 1 && time <= 2000),
    String(waits),
  )
  await queue.close()
})
