import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventOf, newId } from './people.ts'
import { HOUR, type Subject } from './subject.ts'

export function testEvents(subject: Subject): void {
  test('an event is kept whole', async () => {
    const { store } = subject()
    const full = eventOf('application.recorded', {
      userId: newId(),
      sessionId: newId(),
      clientId: 'first-party',
      origin: { actor: { kind: 'operator', id: 'root' }, address: '2001:db8::1', agent: 'a', reference: 'r' },
      data: { text: 'ü', number: 1.5, yes: true, nothing: null },
    })
    const recorded = await store.events.record(full)
    assert.deepEqual(recorded, { ...full, id: recorded.id, at: recorded.at })
    assert.deepEqual(await store.events.list({ userId: full.userId ?? '', limit: 10 }), [recorded])

    const bare = await store.events.record({ name: 'clock.stepped', origin: { actor: { kind: 'system' } } })
    const [listed] = await store.events.list({ name: 'clock.stepped', limit: 1 })
    assert.equal(listed?.id, bare.id)
    assert.equal(listed.origin.actor.kind, 'system')
    for (const absent of [listed.userId, listed.sessionId, listed.clientId, listed.data]) {
      assert.equal(absent, undefined)
    }
  })

  test('what a database cannot look into is replaced in the data of an event, and the others are found as before', async () => {
    const { store } = subject()
    const userId = newId()
    const data = { cause: 'TOKEN_EXPIRED', text: 'a\0b', half: '\ud800' }
    const { id } = await store.events.record(eventOf('application.recorded', { userId, data }))
    const [listed] = await store.events.list({ userId, cause: 'TOKEN_EXPIRED', limit: 10 })
    assert.equal(listed?.id, id)
    assert.deepEqual(listed.data, { ...data, text: 'a\ufffdb', half: '\ufffd' })
  })

  test('events are listed newest first, by user, name and time, page by page', async () => {
    const { store, advance } = subject()
    const [userId, other] = [newId(), newId()]
    const recorded = []
    for (let index = 0; index < 6; index += 1) {
      const name = index % 2 === 0 ? 'login.refused' : 'application.recorded'
      recorded.push(await store.events.record(eventOf(name, { userId, data: { index } })))
      await store.events.record(eventOf(name, { userId: other }))
      await advance(index === 2 ? HOUR : 10)
    }
    const ids = recorded.map(({ id }) => id).reverse()
    const list = async (filter: Omit<Parameters<typeof store.events.list>[0], 'limit'>, limit = 100) =>
      (await store.events.list({ ...filter, limit })).map(({ id }) => id)
    assert.deepEqual(await list({ userId }), ids)
    assert.deepEqual(await list({ userId }, 2), ids.slice(0, 2))
    assert.deepEqual(await list({ userId, before: ids[1] ?? '' }, 3), ids.slice(2, 5))
    assert.deepEqual(await list({ userId, before: ids[5] ?? '' }), [])
    assert.deepEqual(await list({ userId, before: newId() }), [])
    assert.deepEqual(await list({ userId, name: 'login.refused' }), [ids[1], ids[3], ids[5]])
    assert.deepEqual(await list({ userId, since: recorded[3]?.at ?? 0 }), ids.slice(0, 3))
    assert.deepEqual(
      await list({ userId, name: 'login.refused', since: recorded[2]?.at ?? 0, before: ids[1] ?? '' }),
      [ids[3]],
    )
    assert.ok((await list({ since: recorded[0]?.at ?? 0 })).length >= 12)
    assert.deepEqual(await list({ userId: newId() }), [])
  })
}
