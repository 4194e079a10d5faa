import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FIRST_PARTY } from '../../model/client.ts'
import { NOBODY_KNOWS_WHEN } from '../../model/session.ts'
import {
  assertGiven,
  ELSEWHERE,
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
import { DAY, HOUR, SECOND, type Subject } from './subject.ts'

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

  test('a session is looked at by whoever holds its secret, and stays as it is', async () => {
    const { store, other, advance } = subject()
    const { user, session, present } = await signIn(store)
    const token = { userId: user.id, id: session.id, secretHash: session.secretHash }
    const standing = await other.sessions.inspect(token)
    assert.deepEqual([standing?.generation, standing?.live, standing?.session.id], [0, true, session.id])
    assert.deepEqual(standing?.session, (await store.sessions.list(user.id))[0])
    const { ver = 0 } = (await store.clients.find(FIRST_PARTY)) ?? {}
    const { storeEpoch } = await store.revocations.pull()
    assert.deepEqual(standing?.counters, { user: user.ver, client: ver, store: storeEpoch })
    assertGiven(await present(0), 'rotate', 1)
    assert.equal((await other.sessions.inspect(token))?.generation, 1)
    const strangers = [
      { secretHash: 'other' },
      { userId: newId() },
      { id: newId() },
      { id: `${session.id}x` },
    ]
    for (const wrong of strangers)
      assert.equal(await store.sessions.inspect({ ...token, ...wrong }), undefined)

    await advance(session.idleMilliseconds + SECOND)
    assert.equal((await store.sessions.inspect(token))?.live, false, 'past its limit')
    const ended = await signIn(store, user)
    await store.sessions.endAll(user.id, { why: 'ended_by_user' }, eventOf('session.all_ended'))
    const { id, secretHash } = ended.session
    assert.equal((await store.sessions.inspect({ userId: user.id, id, secretHash }))?.live, false)
  })
}
