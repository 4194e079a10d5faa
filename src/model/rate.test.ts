import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeRate, type Rate } from './rate.ts'

const rate: Rate = { count: 5, periodMilliseconds: 1000 }

/** How many of the tries at these times pass. */
function passing(times: readonly number[]): number {
  let arrival = 0
  let passed = 0
  for (const now of times) {
    const verdict = judgeRate(arrival, now, rate)
    if (verdict.waitMilliseconds > 0) continue
    arrival = verdict.arrival
    passed++
  }
  return passed
}

test('so many at once, and then one as often as the rate says', () => {
  assert.equal(passing(Array.from({ length: 20 }, () => 1)), 5)
  assert.equal(passing([1, 1, 1, 1, 1, 200, 201, 401, 402]), 7)
})

test('at no edge of a window does twice as much pass', () => {
  const atTheEdge = [...Array.from({ length: 5 }, () => 999), ...Array.from({ length: 5 }, () => 1001)]
  assert.equal(passing(atTheEdge), 5)
})

test('over any stretch no more pass than the burst and what the rate brought since', () => {
  for (let step = 1; step < 60; step++) {
    const times = Array.from({ length: 500 }, (_, index) => 1 + index * step)
    const seconds = (times.at(-1) ?? 0) / 1000
    assert.ok(passing(times) <= 5 + 5 * seconds, `every ${step} ms`)
  }
})

test('the wait that is told is exactly long enough', () => {
  let arrival = 0
  for (let index = 0; index < 5; index++) arrival = judgeRate(arrival, 1, rate).arrival
  const { waitMilliseconds, left } = judgeRate(arrival, 1, rate)
  assert.equal(left, 0)
  assert.ok(judgeRate(arrival, 1 + waitMilliseconds - 1, rate).waitMilliseconds > 0)
  assert.equal(judgeRate(arrival, 1 + waitMilliseconds, rate).waitMilliseconds, 0)
})
