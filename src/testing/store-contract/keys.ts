import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredKey } from '../../store/keys.ts'
import { entryOf, eventOf, eventsOf, newId, signIn, tally } from './people.ts'
import { MINUTE, SECOND, type Subject } from './subject.ts'

function newKey(more: Partial<StoredKey> = {}): StoredKey {
  return {
    kid: newId(),
    use: 'access',
    algorithm: 'ES256',
    phase: 'next',
    publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
    sealed: 's1.a1b2c3d4.not-a-secret',
    createdAt: 1_700_000_000_123,
    phaseAt: 1_700_000_000_456,
    publishedAt: undefined,
    ...more,
  }
}

export function testKeys(subject: Subject): void {
  test('a ring is replaced as a whole, and every replacement raises its version', async () => {
    const { store, other } = subject()
    const before = await store.keys.ring()
    const keys = [
      newKey({ phase: 'active', publishedAt: 1_700_000_000_789 }),
      newKey({ use: 'id', phase: 'gone', sealed: '', createdAt: 1_750_000_000_000 }),
      newKey({ algorithm: 'HS256', publicJwk: undefined, createdAt: 1_800_000_000_000 }),
    ]
    const mark = newId()
    const event = eventOf('key.changed', { userId: mark })
    assert.equal(await store.keys.replace(before.version, keys, event), true)
    const first = await other.keys.ring()
    assert.ok(first.version > before.version)
    assert.deepEqual(first.keys, keys)
    assert.equal((await store.revocations.pull()).ringVersion, first.version)

    assert.equal(await other.keys.replace(first.version, keys.slice(1), event), true)
    const second = await store.keys.ring()
    assert.ok(second.version > first.version)
    assert.deepEqual(second.keys, keys.slice(1))
    assert.deepEqual(await eventsOf(store, mark), ['key.changed', 'key.changed'])
  })

  test('who read an older ring changes nothing', async () => {
    const { store } = subject()
    const { version, keys } = await store.keys.ring()
    const mark = newId()
    const kid = newId()
    for (const expected of [version - 1, version + 1, -1]) {
      const event = eventOf('key.changed', { userId: mark })
      assert.equal(await store.keys.replace(expected, [newKey()], event, [kid]), false)
    }
    const after = await store.keys.ring()
    assert.deepEqual([after.version, after.keys], [version, keys])
    assert.deepEqual(await eventsOf(store, mark), [])
    assert.equal(await entryOf(store, 'key', kid), undefined)
  })

  test('a ring comes with what its keys are judged by: the clock of the store and the longest life', async () => {
    const { store, advance } = subject()
    const before = await store.keys.ring()
    assert.equal(before.longestLifeSeconds, (await store.revocations.pull()).coveredLifeSeconds)
    await advance(2 * MINUTE)
    const passed = (await store.keys.ring()).now - before.now
    assert.ok(passed >= 2 * MINUTE && passed < 3 * MINUTE, `${passed} ms`)
  })

  test('of many who replace one ring at once one succeeds', async () => {
    const { store, other } = subject()
    const stores = [store, other]
    const { version } = await store.keys.ring()
    const rings = Array.from({ length: 16 }, () => [newKey()])
    const wins = await Promise.all(
      rings.map((ring, index) => stores[index % 2]?.keys.replace(version, ring, eventOf('key.changed'))),
    )
    assert.deepEqual(tally(wins.map(String)), { true: 1, false: 15 })
    assert.deepEqual((await store.keys.ring()).keys, rings[wins.indexOf(true)])
  })

  test('the tokens of a revoked key end in the same transaction', async () => {
    const { store } = subject()
    const { version } = await store.keys.ring()
    const key = newKey({ phase: 'revoked' })
    assert.equal(await store.keys.replace(version, [key], eventOf('key.changed'), [key.kid]), true)
    const entry = await entryOf(store, 'key', key.kid)
    assert.ok(entry !== undefined && entry.least === undefined)
  })

  test('a lost withdrawal of a key is repeated from its entry', async () => {
    const { store } = subject()
    const { version } = await store.keys.ring()
    const [bad, good] = [newKey({ phase: 'active' }), newKey({ phase: 'active' })]
    assert.equal(await store.keys.replace(version, [bad, good], eventOf('key.changed')), true)
    const before = await store.keys.ring()
    const lost = { kind: 'key', ref: bad.kid, least: undefined, remainingMilliseconds: SECOND } as const
    assert.equal(await store.revocations.restore([lost], eventOf('store.rolled_back')), 1)
    const after = await store.keys.ring()
    assert.ok(after.version > before.version)
    assert.equal(after.keys.find(({ kid }) => kid === bad.kid)?.phase, 'revoked')
    assert.equal(after.keys.find(({ kid }) => kid === good.kid)?.phase, 'active')
  })

  test('what names a secret key is counted: live sessions and sealed keys', async () => {
    const { store } = subject()
    const [first, second] = [newId().slice(0, 8), newId().slice(0, 8)]
    const { version } = await store.keys.ring()
    const sealed = newKey({ sealed: `s1.${first}.not-a-secret` })
    await store.keys.replace(version, [sealed], eventOf('key.changed'))
    const holder = await signIn(store, undefined, { keyId: first })
    const ended = await signIn(store, undefined, { keyId: first })
    const why = { userId: ended.user.id, id: ended.session.id, why: 'logout' } as const
    await store.sessions.end(why, eventOf('session.ended'))
    assert.equal((await store.nodes.secretKeyUses())[first], 2)
    await holder.present(0, { writingKeyId: second })
    const uses = await store.nodes.secretKeyUses()
    assert.deepEqual([uses[first], uses[second]], [1, 1])
  })
}
