import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY_MILLISECONDS } from '../base/duration.ts'
import { createKnownReaders } from './known-readers.ts'

test('a reader is known for a day after it was let in, and only so many are', () => {
  let now = 0
  const readers = createKnownReaders({ elapsed: () => now })
  readers.note('a')
  readers.note('b')
  now = DAY_MILLISECONDS - 1
  assert.deepEqual([readers.has('a'), readers.has('c')], [true, false])
  readers.note('b')
  now += 1
  assert.deepEqual([readers.has('a'), readers.has('b')], [false, true])
  readers.forget('b')
  assert.equal(readers.has('b'), false)
  for (let number = 0; number <= 16; number += 1) readers.note(String(number))
  assert.deepEqual([readers.has('0'), readers.has('1'), readers.has('16')], [false, true, true])
})
