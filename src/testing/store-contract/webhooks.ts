import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NewEvent } from '../../audit/events.ts'
import { eventOf, newId, signUp } from './people.ts'
import { MINUTE, SECOND, type Subject } from './subject.ts'

const HOOK = 'https://hooks.example.com/all'
const SOME = 'https://hooks.example.com/some'

export function testWebhooks(subject: Subject): void {
  test('an event is kept for each place that wants it, in its own transaction, and given to one at a time', async () => {
    const { store, other, advance } = subject()
    await store.webhooks.configure([
      { url: HOOK, events: undefined },
      { url: SOME, events: ['user.deleted', 'user.created'] },
    ])
    const user = await signUp(store)
    await store.users.changeProfile(user.id, {}, eventOf('user.profile_changed', { userId: user.id }))
    await store.events.record(eventOf('webhook.dead', { userId: user.id }))
    // One whose event no database takes is rolled back, and nobody is told of it.
    const broken = { ...eventOf('user.deleted'), origin: { actor: { kind: undefined } } }
    await assert.rejects(store.users.remove(user.id, broken as never))

    assert.deepEqual(await store.webhooks.claim(50, MINUTE, [SOME, HOOK]), [], 'both are busy')
    const claimed = (
      await Promise.all([store.webhooks.claim(50, MINUTE), other.webhooks.claim(50, MINUTE)])
    ).flat()
    const told = claimed.map(({ url, event, tries }) => `${url} ${event.name} ${tries}`).sort()
    assert.deepEqual(told, [
      `${HOOK} user.created 1`,
      `${HOOK} user.profile_changed 1`,
      `${SOME} user.created 1`,
    ])
    const [first] = claimed
    assert.ok(first)
    assert.deepEqual(await store.events.list({ userId: user.id, name: first.event.name, limit: 1 }), [
      first.event,
    ])
    assert.deepEqual(await other.webhooks.claim(50, MINUTE), [], 'leased')

    for (const { id } of claimed.slice(1)) await store.webhooks.delivered(id)
    await store.webhooks.failed(first.id, { why: 'answered 500', retryMilliseconds: 10 * SECOND })
    assert.deepEqual(await store.webhooks.claim(50, MINUTE), [])
    const [waiting] = await other.webhooks.list({ dead: false, limit: 50 })
    assert.deepEqual(
      [waiting?.id, waiting?.why, waiting?.dead, waiting?.tries],
      [first.id, 'answered 500', false, 1],
    )
    assert.deepEqual(await other.webhooks.list({ dead: true, limit: 50 }), [])
    await advance(11 * SECOND)
    assert.deepEqual(
      (await other.webhooks.claim(50, MINUTE)).map(({ id, tries }) => [id, tries]),
      [[first.id, 2]],
    )
    await advance(MINUTE + SECOND)
    assert.deepEqual(await store.webhooks.claim(50, MINUTE, [first.url]), [], 'busy')
    assert.equal((await store.webhooks.claim(50, MINUTE)).length, 1, 'whoever had it is gone')

    const event = eventOf('webhook.dead', { data: { delivery: first.id } })
    const unwritable = { ...event, origin: { actor: { kind: undefined } } } as unknown as NewEvent
    await assert.rejects(store.webhooks.giveUp(first.id, 'answered 500', unwritable))
    assert.deepEqual(await store.webhooks.list({ dead: true, limit: 50 }), [], 'the event or neither')
    assert.equal(await store.webhooks.giveUp(first.id, 'answered 500', event), true)
    assert.equal(
      await other.webhooks.giveUp(first.id, 'answered 500', event),
      false,
      'another one was faster',
    )
    const [delivered] = claimed.slice(1)
    assert.equal(await other.webhooks.giveUp(delivered?.id ?? '', 'late', event), false, 'it has arrived')
    const written = await store.events.list({ name: 'webhook.dead', limit: 10 })
    assert.equal(written.filter(({ data }) => data?.delivery === first.id).length, 1)
    await advance(10 * MINUTE)
    assert.deepEqual(await store.webhooks.claim(50, MINUTE), [], 'given up')
    assert.deepEqual(
      (await store.webhooks.list({ dead: true, limit: 50 })).map(({ id }) => id),
      [first.id],
    )
    const again = eventOf('webhook.retried', { data: { delivery: first.id } })
    const retriedEvents = async () =>
      (await store.events.list({ name: 'webhook.retried', limit: 10 })).filter(
        ({ data }) => data?.delivery === first.id,
      ).length
    assert.equal(await store.webhooks.retry(newId(), again), false)
    await assert.rejects(store.webhooks.retry(first.id, { ...unwritable, name: 'webhook.retried' }))
    assert.deepEqual(await store.webhooks.claim(50, MINUTE), [], 'the event or neither')
    assert.equal(await retriedEvents(), 0)
    assert.equal(await store.webhooks.retry(first.id, again), true)
    assert.equal(await other.webhooks.retry(first.id, again), false, 'it is on its way')
    assert.equal(await retriedEvents(), 1)
    assert.equal((await store.webhooks.claim(50, MINUTE))[0]?.tries, 1)

    await signUp(store)
    await store.webhooks.configure([{ url: SOME, events: undefined }])
    const left = await store.webhooks.claim(50, MINUTE)
    assert.deepEqual(
      left.map(({ url, event }) => [url, event.name]),
      [[SOME, 'user.created']],
    )
    for (const { id } of left) await store.webhooks.delivered(id)
    await store.webhooks.configure([])
    await signUp(store)
    assert.deepEqual(await store.webhooks.list({ dead: false, limit: 50 }), [])
  })
}
