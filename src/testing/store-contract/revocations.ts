import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { FIRST_PARTY } from '../../model/client.ts'
import type { User } from '../../model/user.ts'
import type { PulledRevocation } from '../../store/revocations.ts'
import {
  assertGiven,
  assertRefused,
  entryOf,
  eventOf,
  eventsOf,
  newId,
  newUser,
  signIn,
  signUp,
} from './people.ts'
import { DAY, HOUR, MINUTE, SECOND, type Subject } from './subject.ts'

/** Staleness of readers, tolerance of verifiers, error of clocks (PROTOCOL 2.5). */
const MARGIN = 125 * SECOND
const MOST_TOKENS_OF_SESSION = 16

export function testRevocations(subject: Subject): void {
  test('PROTOCOL 2.1: a census counts what readers have been told, to the second, in the snapshot of the answer', async () => {
    const { store, other, advance } = subject()
    const user = await signUp(store)
    for (let index = 0; index < 3; index += 1) {
      await advance(1234)
      const entry = { kind: 'token', ref: newId(), least: undefined } as const
      await store.revocations.add(entry, { userId: user.id }, eventOf('token.revoked', { userId: user.id }))
    }
    const { cursor } = await store.revocations.pull()
    for (const answer of [
      await other.revocations.pull(undefined, { census: true }),
      await store.revocations.pull(cursor, { census: true }),
    ]) {
      const { census, now } = answer
      assert.ok(census !== undefined && census.fromSeconds > now / 1000)
      // As a reader works it out: the end by the store's clock, from what is left as of its answer.
      const everything = await store.revocations.pull()
      const ends = everything.entries
        .map(({ remainingMilliseconds }) => Math.floor((everything.now + remainingMilliseconds) / 1000))
        .filter((end) => end >= census.fromSeconds)
      assert.equal(census.count, ends.length)
      assert.equal(
        census.sum,
        ends.reduce((sum, end) => sum + end - census.fromSeconds, 0),
      )
    }
    assert.equal((await store.revocations.pull(cursor)).census, undefined)
  })

  test('B7, PROTOCOL 2.1: a pull answers what is live, then only what is new', async () => {
    const { store, other } = subject()
    const first = await store.revocations.pull()
    assert.equal(first.complete, true)
    const ref = newId()
    const event = eventOf('token.revoked')
    await other.revocations.add({ kind: 'token', ref, least: undefined }, {}, event)

    const second = await store.revocations.pull(first.cursor)
    assert.equal(second.complete, false)
    assert.equal(second.identity, first.identity)
    const found = second.entries.find((entry) => entry.ref === ref)
    assert.ok(found !== undefined && found.kind === 'token' && found.least === undefined)
    assert.ok(found.remainingMilliseconds <= second.coveredLifeSeconds * SECOND + MARGIN)
    assert.ok(found.remainingMilliseconds > second.coveredLifeSeconds * SECOND + MARGIN - MINUTE)

    const third = await store.revocations.pull(second.cursor)
    assert.equal(third.complete, false)
    assert.ok(!third.entries.some((entry) => entry.ref === ref))
    // A cursor belongs to the database, not to who got it.
    assert.ok((await other.revocations.pull(first.cursor)).entries.some((entry) => entry.ref === ref))
    const whole = await other.revocations.pull()
    assert.ok(whole.complete && whole.entries.some((entry) => entry.ref === ref))
    assert.ok(whole.now >= first.now)
  })

  test('PROTOCOL 2.4: a cursor that means nothing here gets everything', async () => {
    const { store } = subject()
    const ref = newId()
    await store.revocations.add({ kind: 'apikey', ref, least: undefined }, {}, eventOf('token.revoked'))
    const { cursor } = await store.revocations.pull()
    for (const text of ['', '0', 'x', `x${cursor}`, `${cursor}x`, cursor.slice(1), ':::', `' OR 1=1`]) {
      const { complete, entries } = await store.revocations.pull(text)
      assert.ok(complete && entries.some((entry) => entry.ref === ref), text)
    }
  })

  test('PROTOCOL 2.1: what many write while somebody pulls is pulled, all of it', async () => {
    const { store, other } = subject()
    const refs = Array.from({ length: 60 }, newId)
    const seen = new Set<string>()
    let { cursor } = await store.revocations.pull()
    let writing = true
    const writers = Promise.all(
      refs.map((ref, index) =>
        (index % 2 === 0 ? store : other).revocations.add(
          { kind: 'token', ref, least: undefined },
          {},
          eventOf('token.revoked'),
        ),
      ),
    ).finally(() => {
      writing = false
    })
    for (let last = false; !last; ) {
      last = !writing
      const pull = await store.revocations.pull(cursor)
      for (const { ref } of pull.entries) seen.add(ref)
      cursor = pull.cursor
      // A driver may answer without ever leaving this turn of the event loop; the writers need one.
      await setImmediate()
    }
    await writers
    assert.deepEqual(
      refs.filter((ref) => !seen.has(ref)),
      [],
    )
  })

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
