import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertGiven, entryOf, eventOf, eventsOf, given, newId, signIn, signUp } from './people.ts'
import type { Subject } from './subject.ts'

export function testUserEnds(subject: Subject): void {
  test('B7: an account that was closed elsewhere is closed from its first moment', async () => {
    const { store } = subject()
    const user = await signUp(store, { state: 'disabled' })
    assert.equal(user.state, 'disabled')
    assert.equal((await store.users.find(user.id))?.state, 'disabled')
  })

  test('B7: losing a role raises ver with its entry; gaining one does not', async () => {
    const { store } = subject()
    const user = await signUp(store, { roles: ['reader'] })
    const event = eventOf('user.roles_changed', { userId: user.id })
    const more = await store.users.setRoles(user.id, given('admin', 'reader'), event)
    assert.deepEqual([more?.roles, more?.ver], [['admin', 'reader'], user.ver])
    assert.equal(await entryOf(store, 'user', user.id), undefined)

    const less = await store.users.setRoles(user.id, given('reader'), event)
    assert.ok(less !== undefined && less.ver > user.ver)
    assert.equal(less.epoch, user.epoch)
    assert.equal((await entryOf(store, 'user', user.id))?.least, less.ver)

    const other = await store.users.setRoles(user.id, given('writer'), event)
    assert.ok(other !== undefined && other.ver > less.ver, 'one for another is a loss')
    assert.equal((await entryOf(store, 'user', user.id))?.least, other.ver)
  })

  test('E15: to get a role that is to be signed in with anew voids every session of before; to keep it does not', async () => {
    const { store } = subject()
    const { user, present } = await signIn(store)
    const event = eventOf('user.roles_changed', { userId: user.id })
    const change = (...roles: string[]) =>
      store.users.setRoles(user.id, { ...given(...roles), takenAnew: ['admin', 'keeper'] }, event)
    assert.equal((await change('reader', 'writer'))?.epoch, user.epoch)
    assertGiven(await present(0), 'rotate', 1)
    const got = await change('reader', 'writer', 'admin')
    assert.ok(got !== undefined && got.epoch > user.epoch && got.ver > user.ver)
    assert.equal((await entryOf(store, 'user', user.id))?.least, got.ver)
    assert.equal((await present(1)).verdict, 'ended')
    const kept = await change('admin', 'reader', 'writer')
    assert.deepEqual([kept?.epoch, kept?.ver], [got.epoch, got.ver])
    const less = await change('reader')
    assert.deepEqual([less?.epoch, (less?.ver ?? 0) > got.ver], [got.epoch, true])
  })

  test('B7: a removed user is gone with their sessions, and their tokens end without comparison', async () => {
    const { store } = subject()
    const { user, session, present } = await signIn(store)
    assert.equal(await store.users.remove(user.id, eventOf('user.deleted', { userId: user.id })), true)
    assert.equal(await store.users.find(user.id), undefined)
    assert.equal(await store.users.findAccount(user.email), undefined)
    assert.deepEqual(await store.sessions.list(user.id), [])
    assert.equal((await present(0)).verdict, 'unknown')
    const stale = await store.sessions.start({ ...session, id: newId() }, eventOf('session.started'))
    assert.equal(stale.outcome, 'stale')
    const entry = await entryOf(store, 'user', user.id)
    assert.ok(entry !== undefined && entry.least === undefined)
    assert.deepEqual(await eventsOf(store, user.id), ['user.created', 'session.started', 'user.deleted'])
    assert.equal(await store.users.remove(user.id, eventOf('user.deleted')), false)
  })

  test('B7: a removal that was asked for under an older epoch removes nothing', async () => {
    const { store } = subject()
    const { id, epoch: userEpoch } = await signUp(store)
    const reset = await store.users.setPassword(id, { hash: 'reset' }, eventOf('user.password_changed'))
    assert.ok(reset)
    const { session, present } = await signIn(store, reset)
    const event = eventOf('user.deleted', { userId: id })
    assert.equal(await store.users.remove(id, event, userEpoch), false)
    assert.deepEqual(await store.users.find(id), reset)
    assert.deepEqual(await store.sessions.list(id).then((all) => all.map((one) => one.id)), [session.id])
    assertGiven(await present(0), 'rotate', 1)
    assert.equal((await entryOf(store, 'user', id))?.least, reset.ver)
    assert.ok(!(await eventsOf(store, id)).includes('user.deleted'))
    assert.equal(await store.users.remove(id, event, reset.epoch), true)
    assert.deepEqual([await store.users.find(id), await store.sessions.list(id)], [undefined, []])
  })
}
