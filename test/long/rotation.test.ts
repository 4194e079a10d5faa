import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rotateUnderLoad } from '../keys/rotation.ts'

test('G-13: 100 rotations and a rolling restart under 500 requests a second: no valid token is refused', async (context) => {
  const plan = { rotations: 100, requestsPerSecond: 500, oldestTokenSeconds: 58, cacheMilliseconds: 600 }
  const { refused, ...report } = await rotateUnderLoad(plan)
  context.diagnostic(JSON.stringify(report))
  assert.deepEqual(refused, [])
  assert.equal(report.restarts, 2)
  assert.ok(report.keysSeen >= plan.rotations, JSON.stringify(report))
  assert.ok(report.oldestAcceptedSeconds > 50, 'tokens were presented up to their end')
})
