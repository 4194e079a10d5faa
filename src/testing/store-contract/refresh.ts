import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MOST_AHEAD } from '../../model/refresh-decision.ts'
import {
  assertGiven,
  assertRefused,
  callOf,
  ELSEWHERE,
  entryOf,
  eventOf,
  eventsOf,
  given,
  HOME,
  newId,
  newSession,
  originOf,
  signIn,
  signUp,
  tally,
  WINDOW,
} from './people.ts'
import { DAY, HOUR, MINUTE, SECOND, type Subject } from './subject.ts'

const FROM_ELSEWHERE = { network: ELSEWHERE.network, origin: originOf(ELSEWHERE) }

export function testRefresh(subject: Subject, races: number): void {
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

  test('B3: a repeat within the window gets the current token, however often', async () => {
    const { store, advance } = subject()
    const { user, present } = await signIn(store)
    const { facts } = assertGiven(await present(0), 'rotate', 1)
    await advance(WINDOW / 2)
    for (let repeat = 0; repeat < 5; repeat += 1) {
      assert.ok(assertGiven(await present(0), 'repeat', 1).facts.asOf >= facts.asOf)
    }
    assert.equal((await store.sessions.list(user.id))[0]?.id, facts.sessionId)
    assertGiven(await present(1), 'rotate', 2)
    assert.deepEqual(await eventsOf(store, user.id), ['user.created', 'session.started'])
  })

  test('B3: past the window the same token is reuse: the session ends, with alarm and entry', async () => {
    const { store, advance } = subject()
    const user = await signUp(store)
    const { session, present } = await signIn(store, user)
    const other = await signIn(store, user)
    const { facts } = assertGiven(await present(0), 'rotate', 1)
    await advance(WINDOW)
    const outcome = await present(0, FROM_ELSEWHERE)
    assertRefused(outcome, 'reuse')
    assert.ok(outcome.verdict === 'reuse')
    assert.equal(outcome.userId, user.id)
    assert.deepEqual(outcome.last, { address: HOME.address, agent: HOME.agent, at: outcome.last.at })
    assert.ok(Math.abs(outcome.last.at - facts.asOf) <= 1)

    const [event] = await store.events.list({ userId: user.id, limit: 1 })
    assert.equal(event?.name, 'session.reuse')
    assert.equal(event.sessionId, session.id)
    assert.equal(event.origin.address, ELSEWHERE.address)
    assert.equal(event.origin.agent, ELSEWHERE.agent)
    assert.equal(event.data?.presented, 0)
    assert.equal(event.data?.generation, 1)
    assert.deepEqual([event.data?.address, event.data?.agent], [ELSEWHERE.address, ELSEWHERE.agent])
    assert.deepEqual([event.data?.last_address, event.data?.last_agent], [HOME.address, HOME.agent])
    assert.equal(event.data?.last_at, outcome.last.at)
    assert.ok(Number(event.data?.at) >= outcome.last.at + WINDOW)

    const entry = await entryOf(store, 'session', session.id)
    assert.ok(entry !== undefined && entry.least === undefined)
    for (const generation of [0, 1, 2]) assertRefused(await present(generation), 'ended')
    assert.equal(tally(await eventsOf(store, user.id))['session.reuse'], 1, 'one alarm')
    assertGiven(await other.present(0), 'rotate', 1)
    assert.deepEqual((await store.users.find(user.id))?.epoch, user.epoch)
    assert.deepEqual(
      (await store.sessions.list(user.id)).map(({ id }) => id),
      [other.session.id],
    )
  })

  test('B3: if so set, reuse ends every session of the user', async () => {
    const { store, advance } = subject()
    const user = await signUp(store)
    const { session, present } = await signIn(store, user)
    const other = await signIn(store, user)
    await present(0)
    await advance(WINDOW)
    assertRefused(await present(0, { onReuse: 'user' }), 'reuse')
    assertRefused(await other.present(0), 'ended')
    const raised = await store.users.find(user.id)
    assert.ok(raised !== undefined && raised.epoch > user.epoch && raised.ver > user.ver)
    assert.equal((await entryOf(store, 'user', user.id))?.least, raised.ver)
    assert.ok((await entryOf(store, 'session', session.id)) !== undefined)
    assert.deepEqual(await store.sessions.list(user.id), [])
    assertGiven(await (await signIn(store, raised)).present(0), 'rotate', 1)
  })

  test('B3, PROTOCOL 1.2: the same caller, known by the attempt key, gets the same answer a night later', async () => {
    const { store, advance } = subject()
    const { user, present } = await signIn(store)
    const attempt = 'hash of the Idempotency-Key'
    assertGiven(await present(0, { attempt }), 'rotate', 1)
    await advance(9 * HOUR)
    assertGiven(await present(0, { attempt }), 'late_repeat', 1)
    assert.equal((await eventsOf(store, user.id)).at(-1), 'session.late_repeat')
    assertGiven(await present(0), 'repeat', 1)
    await advance(WINDOW)
    assertGiven(await present(0, { attempt }), 'late_repeat', 1)
    assertGiven(await present(1, { attempt: 'next' }), 'rotate', 2)
    assertGiven(await present(0, { attempt }), 'repeat', 2)
    await advance(2 * WINDOW)
    assertRefused(await present(0, { attempt }), 'reuse')
  })

  test('B3: without the attempt key, or with another, a night later is reuse', async () => {
    const { store, advance } = subject()
    for (const [first, second] of [
      ['a', undefined],
      ['a', 'b'],
      [undefined, 'a'],
      [undefined, undefined],
    ]) {
      const { present } = await signIn(store)
      assertGiven(await present(0, { attempt: first }), 'rotate', 1)
      await advance(9 * HOUR)
      assertRefused(await present(0, { attempt: second }), 'reuse')
    }
  })

  test('B3, PROTOCOL 1.1: who was overtaken by two quick rotations is no thief', async () => {
    const { store, advance } = subject()
    const { present } = await signIn(store)
    await advance(MINUTE)
    assertGiven(await present(0), 'rotate', 1)
    await advance(50)
    assertGiven(await present(1), 'rotate', 2)
    assertGiven(await present(2), 'rotate', 3)
    await advance(50)
    for (const straggler of [0, 1, 2]) assertGiven(await present(straggler), 'repeat', 3)
    await advance(WINDOW / 2)
    for (const straggler of [0, 1, 2]) assertGiven(await present(straggler), 'repeat', 3)
    await advance(1.5 * WINDOW)
    assertRefused(await present(0), 'reuse')
  })

  test('B3: rotations slower than the window leave no straggler young', async () => {
    const { store, advance } = subject()
    const { present } = await signIn(store)
    for (let generation = 0; generation < 4; generation += 1) {
      await advance(2 * WINDOW)
      assertGiven(await present(generation), 'rotate', generation + 1)
    }
    assertRefused(await present(1), 'reuse')
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

  test('PROTOCOL 1.10: a repeat from another network and another agent is seen; from one other it may be the same device', async () => {
    const { store } = subject()
    const { user, present } = await signIn(store)
    await present(0)
    const agent = originOf({ address: HOME.address, agent: ELSEWHERE.agent })
    for (const likely of [
      {},
      { network: ELSEWHERE.network },
      { origin: agent },
      { origin: agent, network: undefined },
      { network: ELSEWHERE.network, origin: { actor: { kind: 'user' } } },
    ] as const) {
      assert.equal(assertGiven(await present(0, likely), 'repeat', 1).elsewhere, false)
    }
    assert.ok(!(await eventsOf(store, user.id)).includes('session.repeat_elsewhere'))
    assert.equal(assertGiven(await present(0, FROM_ELSEWHERE), 'repeat', 1).elsewhere, true)
    assert.equal((await eventsOf(store, user.id)).at(-1), 'session.repeat_elsewhere')
    assert.equal(assertGiven(await present(1, FROM_ELSEWHERE), 'rotate', 2).elsewhere, false)
    assert.equal(
      assertGiven(await present(1), 'repeat', 2).elsewhere,
      true,
      'compared with the last rotation',
    )
  })

  test('PROTOCOL 1.9: while the clock is unsure, what would be reuse of a recent generation is a repeat, and an event', async () => {
    const { store, advance } = subject()
    const { user, present } = await signIn(store)
    assertGiven(await present(0), 'rotate', 1)
    await advance(WINDOW)
    assertGiven(await present(0, { clockUnsure: true }), 'repeat', 1)
    assert.equal((await eventsOf(store, user.id)).at(-1), 'clock.stepped')
    assertGiven(await present(1, { clockUnsure: true }), 'rotate', 2)
    assertGiven(await present(1, { clockUnsure: true }), 'repeat', 2)
    assert.equal(tally(await eventsOf(store, user.id))['clock.stepped'], 1)
    await advance(WINDOW)
    assertRefused(await present(1, { clockUnsure: true, reuseWindowMilliseconds: 0 }), 'reuse')
  })

  test('B1: in strict mode only the attempt key makes a repeat', async () => {
    const { store } = subject()
    const strict = { reuseWindowMilliseconds: 0 }
    const patient = await signIn(store)
    assertGiven(await patient.present(0, { ...strict, attempt: 'a' }), 'rotate', 1)
    assertGiven(await patient.present(0, { ...strict, attempt: 'a' }), 'late_repeat', 1)
    assertGiven(await patient.present(1, { ...strict, attempt: 'b' }), 'rotate', 2)
    const plain = await signIn(store)
    assertGiven(await plain.present(0, strict), 'rotate', 1)
    assertRefused(await plain.present(0, strict), 'reuse')
    assertRefused(await plain.present(1, strict), 'ended')
  })

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

  test('B2: a session that never was has no current token', async () => {
    const { store } = subject()
    const session = newSession(await signUp(store))
    for (const generation of [0, 1, 5]) {
      assertRefused(await store.sessions.refresh(callOf(session, generation)), 'unknown')
    }
  })
}
