import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRecentProof } from './recent-proof.ts'

const NOW = 1_764_000_000

test('a proof is recent for its time, to the second; nobody proves themselves tomorrow, nor when nobody knows', () => {
  const isRecent = (authTime: number | undefined) => isRecentProof(authTime, 300, NOW)
  assert.deepEqual([NOW, NOW - 299, NOW - 300, NOW - 301, 0].map(isRecent), [true, true, true, false, false])
  // Two clocks may differ; one that was a day ahead, or milliseconds in the place of seconds, make nothing fresh.
  assert.deepEqual([NOW + 60, NOW + 61, NOW + 86_400, NOW * 1000].map(isRecent), [true, false, false, false])
  assert.equal(isRecent(undefined), false)
  assert.equal(isRecent(Number.NaN), false)
})
