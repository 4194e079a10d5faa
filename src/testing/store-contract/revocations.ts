import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FIRST_PARTY } from '../../model/client.ts'
import type { User } from '../../model/user.ts'
import { assertGiven, assertRefused, entryOf, eventOf, eventsOf, newId, signIn, signUp } from './people.ts'
import { DAY, MINUTE, SECOND, type Subject } from './subject.ts'

/** Staleness of readers, tolerance of verifiers, error of clocks (PROTOCOL 2.5). */
export const MARGIN = 125 * SECOND
const MOST_TOKENS_OF_SESSION = 16

export function testRevocations(subject: Subject): void {
  test('B11, PROTOCOL 2.5: an entry lives as long as any token may that it speaks of', async () => {
    const { store, advance } = subject()
    const [short, long] = [newId(), newId()]
    const node = { id: newId(), secretKeys: ['a'], ringVersion: 0, algorithm: 'ES256', signingSecrets: [] }
    await store.revocations.add({ kind: 'token', ref: short, least: undefined }, {}, eventOf('token.revoked'))
    await store.nodes.announce({ ...node, accessLifeSeconds: 7200 })
    await store.nodes.announce({ ...node, accessLifeSeconds: 300 })
    await store.nodes.leave(node.id)
    assert.equal((await store.revocations.pull()).coveredLifeSeconds, 7200, 'longer than what is set now')
    await store.revocations.add({ kind: 'token', ref: long, least: undefined }, {}, eventOf('token.revoked'))
    assert.ok(
      ((await entryOf(store, 'token', long))?.remainingMilliseconds ?? 0) > 7200 * SECOND + 60 * SECOND,
    )
    await advance(7200 * SECOND + MARGIN - MINUTE)
    assert.equal(await entryOf(store, 'token', short), undefined)
    assert.ok((await entryOf(store, 'token', long)) !== undefined)
    await advance(MINUTE)
    assert.equal(await entryOf(store, 'token', long), undefined)
    await advance(MINUTE)
    assert.ok(
      (await store.revocations.pull()).coveredLifeSeconds < 7200,
      'no token of that life is alive any more',
    )
  })

  test('B11, PROTOCOL 2.6: what ends while the clock is a day back has an entry still when it is right again', async () => {
    const { store, advance } = subject()
    const [ended, removed] = [await signIn(store), await signIn(store)]
    const node = { id: newId(), secretKeys: ['a'], ringVersion: 0, algorithm: 'ES256', signingSecrets: [] }
    await store.nodes.announce({ ...node, accessLifeSeconds: 300 })
    await store.nodes.leave(node.id)
    const { now: madeAt } = await store.revocations.pull()
    await advance(-DAY)
    const { id } = ended.session
    await store.sessions.end({ userId: ended.user.id, id, why: 'logout' }, eventOf('session.ended'))
    await store.users.remove(removed.user.id, eventOf('user.deleted'))
    const token = newId()
    const event = eventOf('token.revoked')
    await store.revocations.add({ kind: 'token', ref: token, least: undefined }, { madeAt }, event)
    await store.revocations.add({ kind: 'client', ref: FIRST_PARTY, least: 1 }, {}, event)
    await advance(DAY + 60 * SECOND)
    const { entries } = await store.revocations.pull()
    const kept = new Set(entries.map(({ kind, ref }) => `${kind} ${ref}`))
    for (const [kind, ref] of [
      ['session', id],
      ['user', removed.user.id],
      ['token', token],
      ['client', FIRST_PARTY],
    ]) {
      assert.ok(kept.has(`${kind} ${ref}`), kind)
    }
  })

  test('an entry never says less than a live one about the same thing', async () => {
    const { store } = subject()
    const ref = newId()
    const add = (least: number | undefined) =>
      store.revocations.add({ kind: 'apikey', ref, least }, {}, eventOf('token.revoked'))
    for (const [given, expected] of [
      [5, 5],
      [9, 9],
      [7, 9],
      [undefined, undefined],
      [11, undefined],
    ] as const) {
      await add(given)
      const live = (await store.revocations.pull()).entries.filter((entry) => entry.ref === ref)
      assert.deepEqual(
        live.map(({ least }) => least),
        [expected],
      )
    }
  })

  test('PROTOCOL 2.9: after 16 tokens of one session the session ends instead', async () => {
    const { store } = subject()
    const { user, session, present } = await signIn(store)
    const context = { sessionId: session.id, userId: user.id }
    const event = eventOf('token.revoked', context)
    const refs = Array.from({ length: MOST_TOKENS_OF_SESSION }, newId)
    const add = (ref: string) =>
      store.revocations.add({ kind: 'token', ref, least: undefined }, context, event)
    for (const ref of refs) await add(ref)
    await add(refs[0] ?? '')
    assert.equal(
      await entryOf(store, 'session', session.id),
      undefined,
      'the same token again is not one more',
    )
    assertGiven(await present(0), 'rotate', 1)
    const last = newId()
    await add(last)
    assert.ok((await entryOf(store, 'session', session.id)) !== undefined)
    assert.equal(await entryOf(store, 'token', last), undefined)
    assertRefused(await present(1), 'ended')
    const names = await eventsOf(store, user.id)
    assert.equal(names.filter((name) => name === 'token.revoked').length, MOST_TOKENS_OF_SESSION + 2)
  })

  test('B7, PROTOCOL 2.7: ending the tokens of a client raises its counter past what it is', async () => {
    const { store } = subject()
    const before = (await store.clients.find(FIRST_PARTY))?.ver ?? 0
    const { present } = await signIn(store)
    const add = () =>
      store.revocations.add({ kind: 'client', ref: FIRST_PARTY, least: 1 }, {}, eventOf('token.revoked'))
    await add()
    const first = (await store.clients.find(FIRST_PARTY))?.ver ?? 0
    assert.ok(first > before)
    assert.equal((await entryOf(store, 'client', FIRST_PARTY))?.least, first)
    assert.equal(assertGiven(await present(0), 'rotate', 1).facts.clientVer, first)
    await add()
    assert.ok(((await store.clients.find(FIRST_PARTY))?.ver ?? 0) > first, 'also within one second')
  })

  test('B7, PROTOCOL 1.8: counters never take a value twice, and never one below the time', async () => {
    const { store } = subject()
    const { id } = await signUp(store)
    const values: (User | undefined)[] = []
    for (let raise = 0; raise < 5; raise += 1) {
      await store.sessions.endAll(id, { why: 'ended_by_user' }, eventOf('session.all_ended'))
      values.push(await store.users.find(id))
    }
    const { now } = await store.revocations.pull()
    for (const counter of ['ver', 'epoch'] as const) {
      const raised: number[] = values.map((user) => user?.[counter] ?? 0)
      assert.equal(new Set(raised).size, raised.length)
      assert.deepEqual(
        raised,
        [...raised].sort((a, b) => a - b),
      )
      assert.ok((raised[0] ?? 0) >= Math.floor(now / 1000) - 60)
    }
  })
}
