import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planRestart } from './restart-delay.ts'

test('a worker that fell after a steady life is replaced at once, one that falls again and again ever later', () => {
  assert.deepEqual(planRestart(4, 10_000), { failures: 0, delayMilliseconds: 0 })
  assert.deepEqual(planRestart(0, 9999), { failures: 1, delayMilliseconds: 500 })
  const delays: number[] = []
  for (let failures = 0; failures < 9; ) {
    const plan = planRestart(failures, 0)
    failures = plan.failures
    delays.push(plan.delayMilliseconds)
  }
  assert.deepEqual(delays, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  assert.equal(planRestart(5000, 0).delayMilliseconds, 30_000)
})
