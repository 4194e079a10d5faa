import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { eventOf, newId, signUp } from './people.ts'
import { MARGIN } from './revocations.ts'
import { MINUTE, SECOND, type Subject } from './subject.ts'

export function testRevocationPulls(subject: Subject): void {
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
}
