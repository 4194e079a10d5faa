import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FIRST_PARTY } from '../../model/client.ts'
import { NOBODY_KNOWS_WHEN } from '../../model/session.ts'
import {
  assertGiven,
  assertRefused,
  callOf,
  ELSEWHERE,
  entryOf,
  eventOf,
  eventsOf,
  HOME,
  newId,
  newSession,
  newUser,
  originOf,
  signIn,
  signUp,
} from './people.ts'
import { DAY, HOUR, type Subject } from './subject.ts'

export function testSessions(subject: Subject): void {
  test('a session starts with the facts its first token is made from', async () => {
    const { store } = subject()
    const user = await signUp(store)
    const session = newSession(user)
    const before = (await store.revocations.pull()).now
    const started = await store.sessions.start(
      session,
      eventOf('session.started', { userId: user.id, sessionId: session.id }),
    )
    const after = (await store.revocations.pull()).now
    assert.equal(started.outcome, 'started')
    const { facts } = started
    assert.deepEqual(started.user, user)
    assert.deepEqual(facts, {
      sessionId: session.id,
      asOf: facts.asOf,
      clientVer: (await store.clients.find(FIRST_PARTY))?.ver,
      storeEpoch: (await store.revocations.pull()).storeEpoch,
      scope: session.scope,
      resources: session.resources,
      authTime: Math.floor(facts.asOf / 1000),
      amr: ['pwd'],
    })
    assert.ok(before <= facts.asOf && facts.asOf <= after)
    assert.deepEqual(await eventsOf(store, user.id), ['user.created', 'session.started'])
    const [listed, ...more] = await store.sessions.list(user.id)
    assert.equal(more.length, 0)
    assert.ok(listed !== undefined)
    const { startedAt } = listed
    assert.ok(Math.abs(startedAt - facts.asOf) <= 1)
    assert.deepEqual(listed, {
      id: session.id,
      userId: user.id,
      clientId: FIRST_PARTY,
      scope: session.scope,
      amr: ['pwd'],
      startedAt,
      authenticatedAt: startedAt,
      usedAt: startedAt,
      endsAt: startedAt + 7 * DAY,
      address: HOME.address,
      agent: HOME.agent,
    })
  })

  test('a session may say when its user proved themselves, or that nobody knows', async () => {
    const { store, other } = subject()
    for (const [authenticatedAt, authTime] of [
      [1_750_000_000_000, 1_750_000_000],
      [NOBODY_KNOWS_WHEN, undefined],
    ] as const) {
      const { user, session, present } = await signIn(store, undefined, { authenticatedAt })
      assert.equal((await other.sessions.list(user.id))[0]?.authenticatedAt, authenticatedAt)
      const held = { userId: user.id, id: session.id, secretHash: session.secretHash }
      assert.equal((await other.sessions.findStanding(held))?.session.authenticatedAt, authenticatedAt)
      assert.equal(assertGiven(await present(0), 'rotate', 1).facts.authTime, authTime)
    }
  })

  test('a browser session is found by its secret while it, its user and its client are live', async () => {
    const { store, other } = subject()
    const { user, session } = await signIn(store, undefined, {
      idleMilliseconds: HOUR,
      lifeMilliseconds: DAY,
    })
    const held = { userId: user.id, id: session.id, secretHash: session.secretHash }
    const [listed] = await store.sessions.list(user.id)
    assert.ok(listed !== undefined)
    const { storeEpoch } = await store.revocations.pull()
    const standing = await other.sessions.findStanding(held)
    assert.deepEqual(standing, {
      session: listed,
      user,
      counters: {
        user: user.ver,
        client: (await store.clients.find(FIRST_PARTY))?.ver,
        store: storeEpoch,
      },
      idleEndsAt: listed.endsAt,
      endsAt: listed.startedAt + DAY,
      asOf: standing?.asOf,
    })
    assert.ok((standing?.asOf ?? 0) >= listed.startedAt)
    const stranger = await signUp(store)
    for (const wrong of [
      { secretHash: 'x' },
      { id: newId() },
      { userId: stranger.id },
      { userId: '', id: '' },
    ]) {
      assert.equal(await store.sessions.findStanding({ ...held, ...wrong }), undefined)
    }
    await store.sessions.end({ ...held, why: 'logout' }, eventOf('session.ended', { userId: user.id }))
    assert.equal(await other.sessions.findStanding(held), undefined)
    for (const end of [
      (id: string) => store.sessions.endAll(id, { why: 'ended_by_user' }, eventOf('session.all_ended')),
      (id: string) => store.users.setState(id, 'disabled', eventOf('user.disabled')),
      (id: string) => store.users.remove(id, eventOf('user.deleted')),
    ]) {
      const next = await signIn(store)
      const { userId, id, secretHash } = next.session
      assert.notEqual(await store.sessions.findStanding({ userId, id, secretHash }), undefined)
      assert.equal((await other.sessions.findOwner(userId, id))?.id, userId)
      assert.equal(await store.sessions.findOwner(userId, newId()), undefined)
      assert.equal(await store.sessions.findOwner(stranger.id, id), undefined)
      await end(userId)
      assert.equal(await other.sessions.findOwner(userId, id), undefined)
      assert.equal(await store.sessions.findStanding({ userId, id, secretHash }), undefined)
    }
  })

  test('F-3: uses move the idle limit on, never past the absolute one, and revive nothing', async () => {
    const { store, other, advance } = subject()
    const limits = { idleMilliseconds: HOUR, lifeMilliseconds: 2 * HOUR }
    const held = await signIn(store, undefined, limits)
    const left = await signIn(store, undefined, limits)
    const ended = await signIn(store, undefined, limits)
    const useOf = ({ userId, id }: { userId: string; id: string }) => ({ userId, id, idleMilliseconds: HOUR })
    const find = ({ userId, id, secretHash }: typeof held.session) =>
      other.sessions.findStanding({ userId, id, secretHash })
    await store.sessions.end(
      { userId: ended.user.id, id: ended.session.id, why: 'logout' },
      eventOf('session.ended', { userId: ended.user.id }),
    )
    await store.sessions.noteUses([])
    await advance(50 * 60_000)
    const place = { address: '198.51.100.7', network: '198.51.100.0/24', agent: 'Tablet/1' }
    await store.sessions.noteUses([
      { ...useOf(held.session), ...place },
      useOf(ended.session),
      useOf({ userId: newId(), id: newId() }),
    ])
    await advance(50 * 60_000)
    const standing = await find(held.session)
    assert.ok(standing !== undefined)
    assert.ok(standing.session.usedAt >= standing.session.startedAt + 50 * 60_000)
    assert.ok(standing.session.endsAt >= standing.session.usedAt + HOUR - 1)
    const { address, agent } = standing.session
    assert.deepEqual([address, agent], [place.address, place.agent], 'B12: the place of the last use')
    assert.equal(await find(left.session), undefined)
    assert.equal(await find(ended.session), undefined)
    await store.sessions.noteUses([useOf(held.session), useOf(left.session), useOf(ended.session)])
    assert.equal(await find(left.session), undefined, 'it had ended before it was used')
    assert.equal(await find(ended.session), undefined)
    const last = await find(held.session)
    assert.equal(last?.idleEndsAt, last?.endsAt, 'two hours after the sign-in, and no later')
    assert.equal(last?.session.address, place.address, 'what is not known stays as it was')
    await advance(21 * 60_000)
    assert.equal(await find(held.session), undefined)
  })

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

  test('the list shows live sessions, last used first, with the place of the last use', async () => {
    const { store, advance } = subject()
    const user = await signUp(store)
    const first = await signIn(store, user)
    await advance(HOUR)
    const second = await signIn(store, user)
    const brief = await signIn(store, user, { lifeMilliseconds: HOUR })
    await advance(2 * HOUR)
    const moved = { network: ELSEWHERE.network, origin: originOf(ELSEWHERE) }
    const { facts } = assertGiven(await first.present(0, moved), 'rotate', 1)
    const listed = await store.sessions.list(user.id)
    assert.deepEqual(
      listed.map(({ id }) => id),
      [first.session.id, second.session.id],
    )
    const [newest] = listed
    assert.deepEqual([newest?.address, newest?.agent], [ELSEWHERE.address, ELSEWHERE.agent])
    assert.ok(newest !== undefined && Math.abs(newest.usedAt - facts.asOf) <= 1)
    assert.equal(newest.endsAt, newest.usedAt + 7 * DAY)
    assert.ok(newest.startedAt < newest.usedAt)
    assert.ok(!listed.some(({ id }) => id === brief.session.id))
    assert.deepEqual(await store.sessions.list(newUser().id), [])
  })

  test('live sessions are counted: not those that ended in any way', async () => {
    const { store, advance } = subject()
    const before = await store.sessions.countLive()
    const [, ended, brief, locked] = [
      await signIn(store),
      await signIn(store),
      await signIn(store, undefined, { lifeMilliseconds: HOUR }),
      await signIn(store),
    ]
    assert.equal(await store.sessions.countLive(), before + 4)
    const end = { userId: ended.user.id, id: ended.session.id, why: 'logout' } as const
    await store.sessions.end(end, eventOf('session.ended'))
    await store.users.setState(locked.user.id, 'disabled', eventOf('user.disabled'))
    assert.equal(await store.sessions.countLive(), before + 2)
    await advance(HOUR)
    assert.equal(await store.sessions.countLive(), before + 1, brief.session.id)
  })
}
