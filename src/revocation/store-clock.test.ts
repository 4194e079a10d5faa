import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clockOfStore, createStoreClock } from './store-clock.ts'

const HOUR = 3_600_000
const AT = Date.parse('2026-11-26T08:00:00Z')

test('PROTOCOL 3.6: whatever is done to the wall clock of a process, the time it judges by is that of the database', () => {
  let wall = AT + 3000
  let elapsed = 1000
  const own = { now: () => wall, elapsed: () => elapsed }
  const store = createStoreClock(own, 10_000)
  const clock = clockOfStore(own, store.now)
  assert.equal(clock.now(), AT + 3000, 'before the database has said anything')
  store.observe({ now: wall, elapsed }, AT)
  assert.equal(clock.now(), AT)
  for (const step of [HOUR, -2 * HOUR]) {
    wall += step
    elapsed += 1000
    assert.equal(clock.now(), AT + elapsed - 1000)
  }
  // The database's own clock is set back: what has expired stays so.
  store.observe({ now: wall, elapsed }, AT - HOUR)
  assert.equal(clock.now(), AT + 2000)
})
