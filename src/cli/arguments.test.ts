import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidArgumentError } from 'commander'
import { countUpTo } from './arguments.ts'

test('a count is a whole number within its bounds, and written as one', () => {
  const read = countUpTo(100)
  for (const [text, count] of [
    ['1', 1],
    ['100', 100],
    ['007', 7],
  ] as const)
    assert.equal(read(text), count)
  for (const text of ['0', '101', '-1', '1.5', '1e2', '0x10', '', ' 5', '5 ', 'many', '９'])
    assert.throws(() => read(text), InvalidArgumentError, text)
  assert.equal(countUpTo(5, 0)('0'), 0)
})
