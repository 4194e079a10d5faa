import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  assertGiven,
  assertRefused,
  ELSEWHERE,
  entryOf,
  eventsOf,
  HOME,
  originOf,
  signIn,
  signUp,
  tally,
  WINDOW,
} from './people.ts'
import { HOUR, MINUTE, type Subject } from './subject.ts'

const FROM_ELSEWHERE = { network: ELSEWHERE.network, origin: originOf(ELSEWHERE) }

export function testRefreshRepeats(subject: Subject): void {
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
}
