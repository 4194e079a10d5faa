import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MOST_AHEAD } from '../../model/refresh-decision.ts'
import {
  assertGiven,
  assertRefused,
  callOf,
  entryOf,
  eventOf,
  eventsOf,
  given,
  HOME,
  newId,
  newSession,
  signIn,
  signUp,
  tally,
} from './people.ts'
import { DAY, HOUR, MINUTE, SECOND, type Subject } from './subject.ts'

export function testRefresh(subject: Subject): void {
  test('B1: the current generation is rotated, again and again, with the facts of now', async () => {
    const { store, advance } = subject()
    const { user, session, present } = await signIn(store)
    const started = (await store.sessions.list(user.id))[0]?.startedAt ?? 0
    let asOf = 0
    for (let generation = 0; generation < 5; generation += 1) {
      const { facts, keyId, elsewhere } = assertGiven(await present(generation), 'rotate', generation + 1)
      assert.ok(facts.asOf > asOf)
      asOf = facts.asOf
      assert.equal(keyId, session.keyId)
      assert.equal(elsewhere, false)
      assert.deepEqual(facts.scope, session.scope)
      assert.deepEqual(facts.resources, session.resources)
      assert.deepEqual(facts.amr, ['pwd'])
      assert.equal(facts.sessionId, session.id)
      assert.ok(Math.abs((facts.authTime ?? 0) * 1000 - started) <= SECOND)
      await advance(MINUTE)
    }
    const changed = await store.users.setRoles(user.id, given('admin'), eventOf('user.roles_changed'))
    assert.deepEqual(assertGiven(await present(5), 'rotate', 6).user, changed)
    assert.deepEqual(
      await eventsOf(store, user.id),
      ['user.created', 'session.started'],
      'no event for a rotation',
    )
  })

  test('PROTOCOL 1.4: the text of a new generation is made with the writing key, a repeat with the key it had', async () => {
    const { present } = await signIn(subject().store)
    assert.equal(assertGiven(await present(0, { writingKeyId: 'key-2' }), 'rotate', 1).keyId, 'key-2')
    assert.equal(assertGiven(await present(0, { writingKeyId: 'key-3' }), 'repeat', 1).keyId, 'key-2')
    assert.equal(assertGiven(await present(1, { writingKeyId: 'key-3' }), 'rotate', 2).keyId, 'key-3')
  })

  test('B4: another session, user, secret or client is unknown, and changes nothing', async () => {
    const { store } = subject()
    const { user, session, present } = await signIn(store)
    const other = await signIn(store)
    for (const wrong of [
      { sessionId: newId() },
      { userId: newId() },
      { userId: other.user.id },
      { sessionId: other.session.id },
      { secretHash: other.session.secretHash },
      { clientId: 'another-client' },
    ]) {
      for (const generation of [0, 1, 9]) assertRefused(await present(generation, wrong), 'unknown')
    }
    assert.ok(!(await eventsOf(store, user.id)).includes('session.reuse'))
    assert.equal(await entryOf(store, 'session', session.id), undefined)
    assertGiven(await present(0), 'rotate', 1)
    assertGiven(await other.present(0), 'rotate', 1)
  })

  test('B4: the right token from another client is an event, while the session lives', async () => {
    const { store } = subject()
    const { user, session, present } = await signIn(store)
    assertRefused(await present(0, { clientId: 'another-client' }), 'unknown')
    const [event] = await store.events.list({ userId: user.id, limit: 1 })
    assert.equal(event?.name, 'session.wrong_client')
    assert.equal(event.sessionId, session.id)
    assert.equal(event.clientId, 'another-client')
    await store.sessions.end({ userId: user.id, id: session.id, why: 'logout' }, eventOf('session.ended'))
    assertRefused(await present(0, { clientId: 'another-client' }), 'unknown')
    assert.equal(tally(await eventsOf(store, user.id))['session.wrong_client'], 1)

    for (const end of [
      (id: string) => store.users.setPassword(id, { hash: 'new' }, eventOf('user.password_changed')),
      () => store.declareRestored(0, eventOf('application.recorded')),
    ]) {
      const ended = await signIn(store)
      await end(ended.user.id)
      assertRefused(await ended.present(0, { clientId: 'another-client' }), 'unknown')
      assert.ok(!(await eventsOf(store, ended.user.id)).includes('session.wrong_client'))
    }
  })

  test('B2, PROTOCOL 1.5: a token a little ahead of its row tells of a lost commit: forward, with an alarm', async () => {
    const { store, advance } = subject()
    const { address, agent } = HOME
    for (let ahead = 1; ahead <= MOST_AHEAD; ahead += 1) {
      const { user, present } = await signIn(store)
      await advance(MINUTE)
      assertGiven(await present(ahead), 'ahead', ahead + 1)
      const [event] = await store.events.list({ userId: user.id, limit: 1 })
      assert.equal(event?.name, 'session.ahead')
      const { at, last_at, ...told } = event.data ?? {}
      const places = { address, agent, last_address: address, last_agent: agent }
      assert.deepEqual(told, { presented: ahead, generation: 0, ...places, ends: null })
      assert.ok(Number(at) >= Number(last_at) + MINUTE)
      assertGiven(await present(ahead), 'repeat', ahead + 1)
      assertGiven(await present(0), 'repeat', ahead + 1)
      assertGiven(await present(ahead + 1), 'rotate', ahead + 2)
    }
  })

  test('B2, PROTOCOL 1.5: further ahead is held, not judged: the operator decides', async () => {
    const { store } = subject()
    const { user, session, present } = await signIn(store)
    for (const generation of [MOST_AHEAD + 1, 2 ** 40]) assertRefused(await present(generation), 'hold')
    assert.equal(tally(await eventsOf(store, user.id))['session.hold'], 2)
    assert.equal(await entryOf(store, 'session', session.id), undefined)
    assertGiven(await present(0), 'rotate', 1)
  })

  test('B5: the idle limit ends a session that rests, and a refresh moves it', async () => {
    const { store, advance } = subject()
    const { user, present } = await signIn(store, undefined, { idleMilliseconds: DAY })
    await advance(20 * HOUR)
    assertGiven(await present(0), 'rotate', 1)
    await advance(20 * HOUR)
    assertGiven(await present(1), 'rotate', 2)
    assertGiven(await present(1), 'repeat', 2)
    await advance(DAY)
    for (const generation of [2, 1, 9]) assertRefused(await present(generation), 'expired')
    assert.deepEqual(await store.sessions.list(user.id), [])
    assert.ok(!(await eventsOf(store, user.id)).includes('session.reuse'))
  })

  test('B5: the absolute limit ends a session however busy it is', async () => {
    const { store, advance } = subject()
    const { user, present } = await signIn(store, undefined, {
      idleMilliseconds: 2 * DAY,
      lifeMilliseconds: 3 * DAY,
    })
    await advance(DAY)
    assertGiven(await present(0), 'rotate', 1)
    await advance(DAY)
    assertGiven(await present(1), 'rotate', 2)
    const [listed] = await store.sessions.list(user.id)
    assert.equal(listed?.endsAt, (listed?.startedAt ?? 0) + 3 * DAY)
    await advance(DAY)
    assertRefused(await present(2), 'expired')
  })

  test('B2: a session that never was has no current token', async () => {
    const { store } = subject()
    const session = newSession(await signUp(store))
    for (const generation of [0, 1, 5]) {
      assertRefused(await store.sessions.refresh(callOf(session, generation)), 'unknown')
    }
  })
}
