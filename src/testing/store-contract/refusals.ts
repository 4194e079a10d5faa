import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RefusalRecord } from '../../store/refusals.ts'
import { newId } from './people.ts'
import { DAY, type Subject } from './subject.ts'

/** A moment that tests of other verbs do not come near. */
const AT = Date.UTC(2100, 0, 1)

const refusal = (change: Partial<RefusalRecord> = {}): RefusalRecord => ({
  reference: newId(),
  at: AT,
  code: 'TOKEN_EXPIRED',
  node: 'a',
  facts: { route: 'GET /orders', headers: ['authorization'], exp: 1.5, known: true },
  ...change,
})

export function testRefusals(subject: Subject): void {
  test('a refusal is kept whole, found by its reference, and listed newest first', async () => {
    const { store, other } = subject()
    const [first, second] = [refusal(), refusal({ at: AT + 5, code: 'KID_UNKNOWN', facts: { text: 'ü' } })]
    await store.refusals.write([first, second], [])
    assert.deepEqual(await other.refusals.find(first.reference), first)
    assert.equal(await other.refusals.find(newId()), undefined)
    assert.deepEqual(await other.refusals.list({ since: AT, limit: 10 }), [second, first])
    assert.deepEqual(await other.refusals.list({ since: AT, limit: 1 }), [second])
    assert.deepEqual(await other.refusals.list({ since: AT + 6, limit: 10 }), [])
  })

  test('counts of one slot add up over batches and nodes, also when they are written at once', async () => {
    const { store, other } = subject()
    const at = AT + DAY
    const one = (node: string, count: number) => ({ at, code: 'HDR_MISSING', node, count })
    const writes = [store, other, store, other].map((into) =>
      into.refusals.write([], [one('a', 2), one('b', 1)]),
    )
    await Promise.all(writes)
    assert.deepEqual(await store.refusals.counts(at), [one('a', 8), one('b', 4)])
  })
}
