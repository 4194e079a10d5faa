import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  assertGiven,
  assertRefused,
  callOf,
  entryOf,
  eventOf,
  eventsOf,
  newId,
  newSession,
  signIn,
  signUp,
} from './people.ts'
import type { Subject } from './subject.ts'

export function testSessionEnds(subject: Subject): void {
  test('B7: a session that is born late is dead at birth', async () => {
    const { store } = subject()
    const changes = {
      'user.password_changed': (id: string) =>
        store.users.setPassword(id, { hash: 'new' }, eventOf('user.password_changed')),
      'user.disabled': (id: string) => store.users.setState(id, 'disabled', eventOf('user.disabled')),
      'session.all_ended': (id: string) =>
        store.sessions.endAll(id, { why: 'ended_by_user' }, eventOf('session.all_ended')),
      'user.deleted': (id: string) => store.users.remove(id, eventOf('user.deleted')),
    }
    for (const [name, change] of Object.entries(changes)) {
      const user = await signUp(store)
      await change(user.id)
      const event = eventOf('session.started', { userId: user.id })
      assert.deepEqual(await store.sessions.start(newSession(user), event), { outcome: 'stale' }, name)
      assert.deepEqual(await store.sessions.list(user.id), [], name)
      assert.ok(!(await eventsOf(store, user.id)).includes('session.started'), name)
    }
    const stranger = { ...(await signUp(store)), id: newId() }
    const started = await store.sessions.start(newSession(stranger), eventOf('session.started'))
    assert.equal(started.outcome, 'stale')
    const ofNobody = newSession(await signUp(store), { clientId: newId() })
    assert.equal((await store.sessions.start(ofNobody, eventOf('session.started'))).outcome, 'stale')
  })

  test('B7: a sign-in that races a new password never leaves a session of the old one', async () => {
    const { store, other } = subject()
    for (let round = 0; round < 10; round += 1) {
      const user = await signUp(store)
      const session = newSession(user)
      const change = () => other.users.setPassword(user.id, { hash: 'new' }, eventOf('user.password_changed'))
      const start = () => store.sessions.start(session, eventOf('session.started'))
      await Promise.all(round % 2 === 0 ? [start(), change()] : [change(), start()])
      assert.deepEqual(await store.sessions.list(user.id), [])
      const outcome = await store.sessions.refresh(callOf(session, 0))
      assert.ok(['ended', 'unknown'].includes(outcome.verdict))
    }
  })

  test('an ended session answers nobody, and its access tokens end with it', async () => {
    const { store } = subject()
    const { user, session, present } = await signIn(store)
    const other = await signIn(store, user)
    assert.equal(await entryOf(store, 'session', session.id), undefined)
    const event = eventOf('session.ended', { userId: user.id, sessionId: session.id })
    const ended = { userId: user.id, id: session.id, why: 'logout' } as const
    assert.equal(await store.sessions.end(ended, event), true)
    assert.equal(await store.sessions.end(ended, event), false)
    assertRefused(await present(0), 'ended')
    assertRefused(await present(1), 'ended')
    const entry = await entryOf(store, 'session', session.id)
    assert.ok(entry !== undefined && entry.least === undefined)
    assert.deepEqual(
      (await store.sessions.list(user.id)).map(({ id }) => id),
      [other.session.id],
    )
    assertGiven(await other.present(0), 'rotate', 1)
    assert.equal((await eventsOf(store, user.id)).filter((name) => name === 'session.ended').length, 1)
    assert.ok(!(await eventsOf(store, user.id)).includes('session.reuse'), 'no second alarm')
  })

  test('only who names a session rightly ends it', async () => {
    const { store } = subject()
    const { user, session, present } = await signIn(store)
    const stranger = await signUp(store)
    const event = eventOf('session.ended')
    for (const wrong of [
      { userId: stranger.id },
      { id: newId() },
      { clientId: 'another-client' },
      { secretHash: newSession(user).secretHash },
    ]) {
      const named = { userId: user.id, id: session.id, why: 'logout', ...wrong } as const
      assert.equal(await store.sessions.end(named, event), false)
    }
    assert.equal(await entryOf(store, 'session', session.id), undefined)
    assertGiven(await present(0), 'rotate', 1)
    const { secretHash, clientId } = session
    const right = { userId: user.id, id: session.id, secretHash, clientId, why: 'logout' } as const
    assert.equal(await store.sessions.end(right, event), true)
  })

  test('B7: ending all raises epoch and ver, keeps the one excepted, and counts what was live', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const [kept, ended, dead] = [
      await signIn(store, user),
      await signIn(store, user),
      await signIn(store, user),
    ]
    await store.sessions.end(
      { userId: user.id, id: dead.session.id, why: 'logout' },
      eventOf('session.ended'),
    )
    const event = eventOf('session.all_ended', { userId: user.id })
    const options = { exceptId: kept.session.id, why: 'ended_by_user' } as const
    assert.equal(await store.sessions.endAll(user.id, options, event), 1)
    const raised = await store.users.find(user.id)
    assert.ok(raised !== undefined && raised.epoch > user.epoch && raised.ver > user.ver)
    assert.equal((await entryOf(store, 'user', user.id))?.least, raised.ver)
    assertRefused(await ended.present(0), 'ended')
    assertRefused(await dead.present(0), 'ended')
    assert.equal(assertGiven(await kept.present(0), 'rotate', 1).user.ver, raised.ver)
    assert.deepEqual(
      (await store.sessions.list(user.id)).map(({ id }) => id),
      [kept.session.id],
    )

    assert.equal(await store.sessions.endAll(user.id, { why: 'ended_by_admin' }, event), 1)
    assertRefused(await kept.present(1), 'ended')
    assert.ok(((await entryOf(store, 'user', user.id))?.least ?? 0) > raised.ver)
    assert.equal((await eventsOf(store, user.id)).filter((name) => name === 'session.all_ended').length, 2)
    assert.equal(await store.sessions.endAll(newId(), { why: 'ended_by_admin' }, event), 0)
  })

  test('ending all counts none that a restore of the database has ended', async () => {
    const { store } = subject()
    const { user } = await signIn(store)
    await store.declareRestored(0, eventOf('application.recorded'))
    const { present } = await signIn(store, user)
    const event = eventOf('session.all_ended', { userId: user.id })
    assert.equal(await store.sessions.endAll(user.id, { why: 'ended_by_user' }, event), 1)
    assertRefused(await present(0), 'ended')
  })

  test('B7: a new password ends every session but the one that set it', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const [kept, ended] = [await signIn(store, user), await signIn(store, user)]
    const changed = await store.users.setPassword(
      user.id,
      { hash: 'new hash', keepSessionId: kept.session.id },
      eventOf('user.password_changed', { userId: user.id }),
    )
    assert.ok(changed !== undefined && changed.epoch > user.epoch && changed.ver > user.ver)
    assert.equal((await store.users.findAccountById(user.id))?.passwordHash, 'new hash')
    assert.equal((await entryOf(store, 'user', user.id))?.least, changed.ver)
    assertRefused(await ended.present(0), 'ended')
    assertGiven(await kept.present(0), 'rotate', 1)
    assert.equal((await eventsOf(store, user.id)).at(-1), 'user.password_changed')
    const { session } = await signIn(store, changed)
    assert.equal(session.userEpoch, changed.epoch)
  })

  test('B7: a new password that was asked for under an older epoch changes nothing', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const { id, epoch: userEpoch } = user
    const reset = await store.users.setPassword(
      id,
      { hash: 'reset', userEpoch },
      eventOf('user.password_changed'),
    )
    assert.ok(reset && reset.epoch > userEpoch)
    const held = await signIn(store, reset)
    const late = { hash: 'of the thief', userEpoch }
    assert.equal(
      await store.users.setPassword(id, late, eventOf('user.password_changed', { userId: id })),
      undefined,
    )
    assert.equal((await store.users.findAccountById(id))?.passwordHash, 'reset')
    assert.equal((await store.users.find(id))?.epoch, reset.epoch)
    assertGiven(await held.present(0), 'rotate', 1)
    assert.ok(!(await eventsOf(store, id)).includes('user.password_changed'))
  })

  test('B7: to be excepted revives no session that is dead, and none of somebody else', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const [ended, older, stranger] = [
      await signIn(store, user),
      await signIn(store, user),
      await signIn(store),
    ]
    await store.sessions.end(
      { userId: user.id, id: ended.session.id, why: 'logout' },
      eventOf('session.ended'),
    )
    await store.sessions.endAll(user.id, { why: 'ended_by_user' }, eventOf('session.all_ended'))
    for (const { session } of [ended, older, stranger]) {
      const options = { exceptId: session.id, why: 'ended_by_user' } as const
      await store.sessions.endAll(user.id, options, eventOf('session.all_ended'))
      const password = { hash: 'new', keepSessionId: session.id }
      await store.users.setPassword(user.id, password, eventOf('user.password_changed'))
    }
    assertRefused(await ended.present(0), 'ended')
    assertRefused(await older.present(0), 'ended')
    assertGiven(await stranger.present(0), 'rotate', 1)
    assert.deepEqual(await store.sessions.list(user.id), [])
  })

  test('B7: disabling ends all; enabling again revives nothing', async () => {
    const { store } = subject()
    const { user, present } = await signIn(store)
    const disabled = await store.users.setState(
      user.id,
      'disabled',
      eventOf('user.disabled', { userId: user.id }),
    )
    assert.ok(disabled?.state === 'disabled' && disabled.epoch > user.epoch && disabled.ver > user.ver)
    assert.equal((await entryOf(store, 'user', user.id))?.least, disabled.ver)
    assertRefused(await present(0), 'ended')
    assert.deepEqual(await store.sessions.list(user.id), [])
    const current = await store.sessions.start(newSession(disabled), eventOf('session.started'))
    assert.equal(current.outcome, 'stale', 'not even with the epoch of now')

    const enabled = await store.users.setState(
      user.id,
      'active',
      eventOf('user.enabled', { userId: user.id }),
    )
    assert.equal(enabled?.state, 'active')
    assertRefused(await present(0), 'ended')
    assertGiven(await (await signIn(store, enabled)).present(0), 'rotate', 1)
    assert.deepEqual((await eventsOf(store, user.id)).slice(2, 4), ['user.disabled', 'user.enabled'])
  })
}
