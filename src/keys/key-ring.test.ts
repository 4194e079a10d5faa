import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../base/random.ts'
import type { StoredRing } from '../store/keys.ts'
import { createKeyRing } from './key-ring.ts'
import { createSecretKeys } from './secret-keys.ts'
import { makeSigningKey } from './signing-key.ts'
import { storeKey } from './stored-key.ts'

const STALE = { code: 'KEY_RING_STALE' }

/** A ring of one key that signs, read from a store that answers when it is told to. */
async function setUp() {
  const secretKeys = createSecretKeys(['one of the secret keys'])
  const stored = async (version: number): Promise<StoredRing> => {
    const key = await makeSigningKey('ES256')
    const placed = { use: 'access', phase: 'active', now: 0 } as const
    const keys = [storeKey(key, placed, { secretKeys, random: systemRandom })]
    return { version, keys, now: 0, longestLifeSeconds: 900 }
  }
  let now = 0
  const answers: PromiseWithResolvers<StoredRing>[] = []
  const ring = createKeyRing({
    store: {
      ring() {
        const answer = Promise.withResolvers<StoredRing>()
        answers.push(answer)
        return answer.promise
      },
      replace: async () => false,
    },
    secretKeys,
    signingSecrets: undefined,
    clock: { now: () => now, elapsed: () => now },
    maxStalenessMilliseconds: 5000,
    onChange: () => undefined,
  })
  return {
    ring,
    stored,
    answer: async (number: number, version: number) => answers[number]?.resolve(await stored(version)),
    async take(ring: StoredRing, load: () => Promise<void>) {
      const loading = load()
      answers.at(-1)?.resolve(ring)
      await loading
    },
    pass(milliseconds: number) {
      now += milliseconds
    },
  }
}

test('PROTOCOL 3.1: a ring that was not heard of for too long signs nothing and shows nothing, counted from the question', async () => {
  const { ring, answer, pass } = await setUp()
  assert.throws(() => ring.keySet(), STALE)
  const loading = ring.load()
  pass(4000)
  await answer(0, 1)
  await loading
  const { kid } = ring.signingKey()
  assert.ok(ring.keySet().text.includes(kid))
  pass(1001)
  for (const use of [ring.signingKey, ring.keySet, () => ring.idKey('RS256')]) assert.throws(use, STALE)
  assert.equal(ring.find(kid)?.kid, kid, 'what it signed is good all the same')

  await ring.follow(1, 4000)
  assert.equal(ring.signingKey().kid, kid)
  pass(1001)
  assert.throws(() => ring.signingKey(), STALE, 'as old as the news was')
})

test('PROTOCOL 4.3: a key that is revoked or gone tells so itself, whoever holds it still', async () => {
  for (const [phase, isKnown] of [
    ['revoked', true],
    ['gone', false],
  ] as const) {
    const { ring, stored, take } = await setUp()
    const [before, successor] = [await stored(1), await stored(2)]
    await take(before, ring.load)
    const { kid } = ring.signingKey()
    const held = ring.find(kid)
    assert.equal(held?.usable, true)
    const [ended] = before.keys.map((key) => ({ ...key, phase, sealed: '' }))
    await take({ ...successor, keys: [...successor.keys, ...(ended ? [ended] : [])] }, ring.load)
    assert.equal(held.usable, false)
    assert.equal(ring.find(kid)?.usable, isKnown ? false : undefined)
    assert.notEqual(ring.signingKey().kid, kid)
  }
})

test('PROTOCOL 3.1: of two answers the one to the later question counts, in whatever order they come', async () => {
  const { ring, answer } = await setUp()
  const both = [ring.load(), ring.load()]
  await answer(1, 2)
  await both[1]
  const { kid } = ring.signingKey()
  await answer(0, 1)
  await both[0]
  assert.equal(ring.stored.version, 2)
  assert.equal(ring.signingKey().kid, kid)
})

test('A8: keys of access tokens and of ID tokens are looked up apart', async () => {
  const { ring, stored, take } = await setUp()
  const [access, id] = [await stored(1), await stored(1)]
  const idKeys = id.keys.map((key) => ({ ...key, use: 'id' as const }))
  await take({ ...access, keys: [...access.keys, ...idKeys] }, ring.load)
  const kids = [access.keys[0]?.kid ?? '', idKeys[0]?.kid ?? '']
  assert.deepEqual(
    kids.map((kid) => ring.find(kid)?.kid),
    [kids[0], undefined],
  )
  assert.deepEqual(
    kids.map((kid) => ring.findIdKey(kid)?.kid),
    [undefined, kids[1]],
  )
})
