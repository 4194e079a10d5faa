import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertGiven, assertRefused, callOf, entryOf, eventOf, eventsOf, signIn, tally } from './people.ts'
import type { Subject } from './subject.ts'

export function testRefreshRaces(subject: Subject, races: number): void {
  test(`B2: ${races} times 16 parallel refreshes: one successor, every answer the same`, async () => {
    const { store, other } = subject()
    const stores = [store, other]
    for (let round = 0; round < races; round += 1) {
      const { session, present } = await signIn(store)
      const outcomes = await Promise.all(
        Array.from({ length: 16 }, (_, index) => stores[index % 2]?.sessions.refresh(callOf(session, 0))),
      )
      assert.deepEqual(tally(outcomes.map((outcome) => outcome?.verdict ?? '')), { rotate: 1, repeat: 15 })
      for (const outcome of outcomes) {
        assert.ok(outcome !== undefined && 'generation' in outcome)
        assert.deepEqual([outcome.generation, outcome.keyId], [1, session.keyId])
      }
      assertGiven(await present(1), 'rotate', 2)
    }
  })

  test(`B1: ${races} times 16 parallel refreshes in strict mode: exactly one succeeds`, async () => {
    const { store, other } = subject()
    const stores = [store, other]
    for (let round = 0; round < races; round += 1) {
      const { user, session } = await signIn(store)
      const call = { ...callOf(session, 0), reuseWindowMilliseconds: 0 }
      const outcomes = await Promise.all(
        Array.from({ length: 16 }, (_, index) => stores[index % 2]?.sessions.refresh(call)),
      )
      assert.deepEqual(tally(outcomes.map((outcome) => outcome?.verdict ?? '')), {
        rotate: 1,
        reuse: 1,
        ended: 14,
      })
      assert.equal(tally(await eventsOf(store, user.id))['session.reuse'], 1)
    }
  })

  test('B2, PROTOCOL 2.10: a refresh that races a logout is answered, or ended; never both lives on', async () => {
    const { store, other } = subject()
    for (let round = 0; round < races; round += 1) {
      const { user, session, present } = await signIn(store)
      const end = () =>
        other.sessions.end({ userId: user.id, id: session.id, why: 'logout' }, eventOf('session.ended'))
      const refresh = () => present(0)
      await Promise.all(round % 2 === 0 ? [end(), refresh()] : [refresh(), end()])
      for (const generation of [0, 1]) assertRefused(await present(generation), 'ended')
      assert.ok((await entryOf(store, 'session', session.id)) !== undefined)
    }
  })
}
