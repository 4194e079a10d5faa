import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seed } from '../store/seeded.ts'
import { BOUND_MILLISECONDS, type Scene, simulate } from './simulation.ts'

const small: Scene = {
  verifiers: 60,
  nodes: 3,
  way: 'poll',
  seconds: 12,
  revocationsASecond: 2,
  liveEntries: 50,
  lostShare: 0,
  nodeFails: false,
  seed,
}

for (const [title, scene] of [
  ['by questions that wait', {}],
  ['by event streams', { way: 'stream' }],
  ['with one answer in a hundred lost', { lostShare: 0.01 }],
  ['with a node that does not answer for a while', { nodeFails: true }],
] as const) {
  test(`B8: verifiers ${title} learn of every revocation within the bound, and take none past it (seed ${seed})`, async () => {
    const outcome = await simulate({ ...small, ...scene })
    assert.ok(outcome.revocations > 0)
    assert.equal(outcome.violations, 0)
    const isQuiet = !('lostShare' in scene || 'nodeFails' in scene)
    if (isQuiet) {
      assert.equal(outcome.missing, 0)
      assert.equal(outcome.staleShare, 0)
      // A push and a question: twice there and back for the farthest, and what it waits for its turn.
      assert.ok(outcome.delay.p99 < 1000, `${outcome.delay.p99} ms`)
      assert.ok(outcome.delay.most < BOUND_MILLISECONDS, `${outcome.delay.most} ms`)
    }
  })
}

test('the same seed takes the same course', async () => {
  const { tookSeconds: _, bytesAVerifier: __, ...first } = await simulate({ ...small, seconds: 8 })
  const { tookSeconds: ___, bytesAVerifier: ____, ...again } = await simulate({ ...small, seconds: 8 })
  assert.deepEqual(again, first)
})
