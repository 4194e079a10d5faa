import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createUnderWay } from './under-way.ts'

test('what has begun and not ended is there, in whatever order it ends', () => {
  const endings = [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [1, 3, 0, 2],
    [2, 0, 3, 1],
  ]
  for (const order of endings) {
    const underWay = createUnderWay<number>()
    const end = order.map((_, item) => underWay.add(item))
    const left = new Set([0, 1, 2, 3])
    for (const item of order) {
      end[item]?.()
      left.delete(item)
      assert.deepEqual(new Set(underWay), left)
    }
    underWay.add(4)
    assert.deepEqual([...underWay], [4])
  }
})
