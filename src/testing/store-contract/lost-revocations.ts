import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PulledRevocation } from '../../store/revocations.ts'
import { assertRefused, entryOf, eventOf, eventsOf, newId, newUser, signIn } from './people.ts'
import { DAY, HOUR, MINUTE, type Subject } from './subject.ts'

export function testLostRevocations(subject: Subject): void {
  test('PROTOCOL 2.4: what a database lost is written back with its cause', async () => {
    const { store } = subject()
    const [ended, voided, removed] = [await signIn(store), await signIn(store), await signIn(store)]
    const least = voided.user.epoch + 1000
    const token = newId()
    const lost: PulledRevocation[] = [
      { kind: 'session', ref: ended.session.id, least: undefined, remainingMilliseconds: MINUTE },
      { kind: 'user', ref: voided.user.id, least, remainingMilliseconds: MINUTE },
      { kind: 'user', ref: removed.user.id, least: undefined, remainingMilliseconds: MINUTE },
      { kind: 'token', ref: token, least: undefined, remainingMilliseconds: MINUTE },
      { kind: 'session', ref: newId(), least: undefined, remainingMilliseconds: MINUTE },
    ]
    const mark = newId()
    const event = eventOf('store.rolled_back', { userId: mark })
    assert.equal(await store.revocations.restore(lost, event), lost.length)
    assertRefused(await ended.present(0), 'ended')
    assertRefused(await voided.present(0), 'ended')
    assertRefused(await removed.present(0), 'ended')
    const raised = await store.users.find(voided.user.id)
    assert.ok(raised !== undefined && raised.ver >= least && raised.epoch >= least)
    assert.equal((await store.users.find(removed.user.id))?.state, 'disabled')
    for (const { kind, ref, least } of lost) {
      const entry = await entryOf(store, kind, ref)
      assert.ok(entry !== undefined && entry.remainingMilliseconds <= MINUTE)
      assert.equal(entry.least, least)
    }
    assert.deepEqual(await eventsOf(store, mark), ['store.rolled_back'])

    assert.equal(await store.revocations.restore(lost, event), 0, 'what is there already is kept')
    assert.deepEqual(await eventsOf(store, mark), ['store.rolled_back'])
    assert.equal(await store.revocations.restore([], event), 0)
  })

  test('PROTOCOL 2.4: the lost end of an API key ends the key itself, which would outlive its entry', async () => {
    const { store, advance } = subject()
    const { user } = await signIn(store)
    const make = async (id: string) => {
      const key = {
        id,
        userId: user.id,
        name: 'export',
        hash: `hash of ${id}`,
        scopes: [],
        lifeMilliseconds: DAY,
      }
      await store.apiKeys.create(key, eventOf('api_key.created', { userId: user.id }))
      return () => store.apiKeys.findStanding(user.id, key.hash)
    }
    const [ref, other] = [newId(), newId()]
    const [lost, kept] = [await make(ref), await make(other)]
    const entry: PulledRevocation = { kind: 'apikey', ref, least: undefined, remainingMilliseconds: MINUTE }
    assert.equal(await store.revocations.restore([entry], eventOf('store.rolled_back')), 1)
    await advance(HOUR)
    assert.equal(await lost(), undefined)
    assert.equal((await kept())?.key.id, other)
  })

  test('PROTOCOL 2.4: an entry that is over by a clock that was set is written anew, and its cause is not repeated', async () => {
    const { store, advance } = subject()
    const holder = await signIn(store)
    const { id } = holder.user
    const spare = { exceptId: holder.session.id, why: 'ended_by_user' } as const
    await store.sessions.endAll(id, spare, eventOf('session.all_ended'))
    const { least } = (await entryOf(store, 'user', id)) ?? {}
    await advance(HOUR)
    assert.equal(await entryOf(store, 'user', id), undefined)

    const mark = newId()
    const entry: PulledRevocation = { kind: 'user', ref: id, least, remainingMilliseconds: MINUTE }
    const restore = () => store.revocations.restore([entry], eventOf('store.rolled_back', { userId: mark }))
    assert.equal(await restore(), 0)
    assert.equal((await entryOf(store, 'user', id))?.least, least)
    assert.deepEqual(await eventsOf(store, mark), [])
    assert.equal((await holder.present(0)).verdict, 'rotate', 'who was spared is spared')
  })

  test('PROTOCOL 2.4: an entry is written back where the database says less, not where it says more', async () => {
    const { store } = subject()
    const ref = newUser().id
    const restore = (least: number | undefined) =>
      store.revocations.restore(
        [{ kind: 'user', ref, least, remainingMilliseconds: DAY }],
        eventOf('store.rolled_back'),
      )
    for (const [least, lost] of [
      [5, 1],
      [5, 0],
      [4, 0],
      [6, 1],
      [undefined, 1],
      [7, 0],
    ] as const) {
      assert.equal(await restore(least), lost)
    }
    const entry = await entryOf(store, 'user', ref)
    assert.ok(entry !== undefined && entry.least === undefined)
  })
}
