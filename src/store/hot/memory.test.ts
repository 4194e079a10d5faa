import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../../base/random.ts'
import type { Limit } from '../../model/rate.ts'
import { memoryLimiter } from './memory.ts'

function standingClock() {
  let time = 5
  return {
    elapsed: () => time,
    pass(milliseconds: number): void {
      time += milliseconds
    },
  }
}

const limit = (subject: string, count = 3, name = 'tries'): Limit => ({
  name,
  subject,
  rate: { count, periodMilliseconds: 1000 },
})

test('one limit reached counts against none', () => {
  const limiter = memoryLimiter({ clock: standingClock(), random: systemRandom })
  const [narrow, wide] = [limit('a', 1, 'narrow'), limit('a', 3, 'wide')]
  assert.equal(limiter.take([narrow, wide]).refusedBy, undefined)
  for (let index = 0; index < 10; index++) {
    assert.equal(limiter.take([narrow, wide]).refusedBy?.name, 'narrow')
  }
  assert.equal(limiter.take([wide]).refusedBy, undefined)
  assert.equal(limiter.take([wide]).tightest.left, 0)
  assert.equal(limiter.take([wide]).refusedBy?.name, 'wide')
})

test('subjects and names do not share: neither for another name nor for a text that is alike', () => {
  const limiter = memoryLimiter({ clock: standingClock(), random: systemRandom })
  for (const subject of ['', 'a', 'A', 'a\0', 'a ', 'aa', '\u0100', '\u{1f511}', 'x'.repeat(500)]) {
    for (const name of ['tries', 'other']) {
      for (let index = 0; index < 3; index++) {
        assert.equal(limiter.take([limit(subject, 3, name)]).refusedBy, undefined, JSON.stringify(subject))
      }
      assert.notEqual(limiter.take([limit(subject, 3, name)]).refusedBy, undefined)
    }
  }
})

test('what is given back may be taken again, and never more than was taken', () => {
  const clock = standingClock()
  const limiter = memoryLimiter({ clock, random: systemRandom })
  const one = [limit('a')]
  limiter.giveBack(one)
  for (let index = 0; index < 100; index++) {
    assert.equal(limiter.take(one).refusedBy, undefined)
    limiter.giveBack(one)
  }
  for (let index = 0; index < 50; index++) limiter.giveBack(one)
  for (let index = 0; index < 3; index++) assert.equal(limiter.take(one).refusedBy, undefined)
  assert.notEqual(limiter.take(one).refusedBy, undefined)
})

test('nodes that cannot count together each count their share', () => {
  let nodes = 1
  const limiter = memoryLimiter({ clock: standingClock(), random: systemRandom, shares: () => nodes })
  nodes = 3
  assert.equal(limiter.take([limit('a', 3)]).refusedBy, undefined)
  assert.notEqual(limiter.take([limit('a', 3)]).refusedBy, undefined)
  nodes = 100
  assert.equal(limiter.take([limit('b', 3)]).refusedBy, undefined, 'one try is left to everybody')
})

test('a million limited subjects stay within 100 MB, and of a thousand hardly one is forgotten', () => {
  const clock = standingClock()
  const limiter = memoryLimiter({ clock, random: systemRandom })
  const subjects = 1_000_000
  const forgottenAllowed = subjects / 1000
  const one = (index: number) => [{ ...limit(`198.51.${index >> 8}.${index & 255}`, 1), name: 'address' }]
  for (let index = 0; index < subjects; index++) limiter.take(one(index))
  let forgotten = 0
  for (let index = 0; index < subjects; index++) {
    if (limiter.take(one(index)).refusedBy === undefined) forgotten++
  }
  assert.ok(limiter.bytes <= 100 * 2 ** 20, `${limiter.bytes} bytes`)
  assert.ok(forgotten <= forgottenAllowed, `${forgotten} forgotten`)
})

test('more subjects than there is room for: memory stays, and who is limited longest is kept', () => {
  const clock = standingClock()
  const limiter = memoryLimiter({ clock, random: systemRandom, mostSlots: 1024 })
  const attacker = [{ ...limit('attacker', 1), rate: { count: 1, periodMilliseconds: 3_600_000 } }]
  assert.equal(limiter.take(attacker).refusedBy, undefined)
  for (let index = 0; index < 50_000; index++) limiter.take([limit(`crowd ${index}`, 3)])
  assert.notEqual(limiter.take(attacker).refusedBy, undefined)
  assert.equal(limiter.bytes, 1024 * 16)
})
