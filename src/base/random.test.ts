import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomId, systemRandom } from './random.ts'

test('G-11: no random bytes are given out twice, whatever the sizes asked for, and none are zeroes', () => {
  const seen = new Set<string>()
  const sizes = [16, 32, 8, 64, 65, 100, 5000]
  for (let round = 0; round < 2000; round += 1) {
    const bytes = systemRandom(sizes[round % sizes.length] ?? 16)
    assert.equal(bytes.length, sizes[round % sizes.length])
    assert.ok(bytes.some((byte) => byte !== 0))
    // Each piece of eight stands for itself: an overlap with another would show.
    for (let at = 0; at + 8 <= Math.min(bytes.length, 64); at += 8) {
      const piece = Buffer.from(bytes.subarray(at, at + 8)).toString('hex')
      assert.ok(!seen.has(piece))
      seen.add(piece)
    }
  }
})

test('what is done to the bytes one caller was given does not reach another', () => {
  const first = systemRandom(16)
  first.fill(7)
  assert.ok(systemRandom(16).some((byte) => byte !== 7))
  assert.equal(new Set(Array.from({ length: 5000 }, () => randomId(systemRandom))).size, 5000)
})
