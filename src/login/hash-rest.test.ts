import assert from 'node:assert/strict'
import { test } from 'node:test'
import { restAfter, waitedForCore } from './hash-rest.ts'

test('E10: hashing rests where whoever answers requests had to wait for a core, and nowhere else', () => {
  assert.equal(restAfter({ took: 13, waitedForCore: 4 }), 39)
  assert.equal(restAfter({ took: 13, waitedForCore: 2.6 }), 0)
  assert.equal(restAfter({ took: 13, waitedForCore: 0 }), 0)
  assert.equal(restAfter({ took: 1000, waitedForCore: 900 }), 50)
  assert.equal(restAfter({ took: Number.NaN, waitedForCore: Number.NaN }), 0)
})

test('how long this thread waited for a core never becomes less, and is known at least on Linux', () => {
  const before = waitedForCore()
  const after = waitedForCore()
  assert.ok(before >= 0 && after >= before, `${before}, then ${after}`)
  if (process.platform === 'linux') assert.ok(after > 0)
})
