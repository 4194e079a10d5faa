import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rotateUnderLoad } from './rotation.ts'

test('G-13: keys rotate and two processes are restarted under load, and no valid token is refused', async (context) => {
  const plan = { rotations: 2, requestsPerSecond: 100, oldestTokenSeconds: 50, cacheMilliseconds: 3000 }
  const { refused, ...report } = await rotateUnderLoad(plan)
  context.diagnostic(JSON.stringify(report))
  assert.deepEqual(refused, [])
  assert.equal(report.restarts, 2)
  assert.ok(report.keysSeen >= plan.rotations, JSON.stringify(report))
})
