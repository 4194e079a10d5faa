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

test('PROTOCOL 1.9, 3.6: a slow answer neither moves the time by half of what it took nor hides that a clock was set', () => {
  let elapsed = 1000
  const own = { now: () => AT, elapsed: () => elapsed }
  const store = createStoreClock(own, 10_000)
  const lag = AT - elapsed
  const answer = (took: number, step = 0) => {
    const asked = { now: AT, elapsed }
    // The store looks at its clock at once; then a million entries come.
    const said = lag + elapsed + step
    elapsed += took
    return store.observe(asked, said)
  }
  answer(2)
  answer(30_000)
  assert.equal(store.now(), lag + elapsed - 1)
  answer(4)
  assert.equal(store.now(), lag + elapsed - 1)
  answer(30_000, 8000)
  assert.equal(store.isUnsure(), false, 'that may be the slowness alone')
  assert.equal(Math.round((answer(4, 8000) ?? 0) / 100), 80)
  assert.equal(store.isUnsure(), true)
})

test('two clocks that drift apart are followed, whatever the first answer took', () => {
  let elapsed = 0
  const own = { now: () => AT + elapsed, elapsed: () => elapsed }
  const store = createStoreClock(own, 10_000)
  for (let hour = 0; hour < 48; hour += 1) {
    const asked = { now: AT, elapsed }
    elapsed += hour === 0 ? 2 : 20
    // A tenth of a second an hour.
    store.observe(asked, AT + elapsed + 100 * hour)
    assert.ok(Math.abs((store.now() ?? 0) - (AT + elapsed + 100 * hour)) <= 20)
    elapsed += HOUR
  }
})
