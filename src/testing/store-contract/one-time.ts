import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId, tally } from './people.ts'
import { HOUR, SECOND, type Subject } from './subject.ts'

export function testOneTime(subject: Subject): void {
  test('C4: of 50 who take a one-time value at once, exactly one wins', async () => {
    const { store, other } = subject()
    const stores = [store, other]
    for (let round = 0; round < 5; round += 1) {
      const hash = newId()
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, index) => stores[index % 2]?.oneTime.take('code', hash, HOUR)),
      )
      assert.deepEqual(tally(outcomes.map(String)), { won: 1, 'lost-recent': 49 })
    }
  })

  test('C4: a value once taken is never won again; who comes late learns that', async () => {
    const { store, advance } = subject()
    const [hash, sibling] = [newId(), newId()]
    assert.equal(await store.oneTime.take('code', hash, 30 * SECOND), 'won')
    assert.equal(await store.oneTime.take('ticket', hash, 30 * SECOND), 'won', 'another kind')
    assert.equal(await store.oneTime.take('code', sibling, 30 * SECOND), 'won', 'another value')
    await advance(5 * SECOND)
    assert.equal(await store.oneTime.take('code', hash, 30 * SECOND), 'lost-recent')
    await advance(5 * SECOND)
    assert.equal(await store.oneTime.take('code', hash, 30 * SECOND), 'lost-old')
    await advance(2 * HOUR)
    await store.cleanUp(1000)
    assert.equal(await store.oneTime.take('code', hash, 30 * SECOND), 'lost-old', 'past its life, too')
  })
}
