import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredKey, StoredRing } from '../store/keys.ts'
import { KEY_TIMES, type KeyPolicy, keptUntil, keyWanted, revoked, signsFrom, stepsDue } from './phases.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const NOW = Date.parse('2026-11-25T12:00:00Z')
const times = KEY_TIMES

function key(more: Partial<StoredKey>): StoredKey {
  return {
    kid: `${more.use ?? 'access'} ${more.phase}`,
    use: 'access',
    algorithm: 'ES256',
    phase: 'active',
    publicJwk: {},
    sealed: 's1.a.b',
    createdAt: NOW - 90 * DAY,
    phaseAt: NOW - 10 * DAY,
    publishedAt: undefined,
    ...more,
  }
}
function ring(...keys: StoredKey[]): StoredRing {
  return { version: 7, keys, now: NOW, longestLifeSeconds: 900 }
}
const after = (keys: readonly StoredKey[] | undefined) =>
  keys?.map(({ kid, phase, phaseAt, publishedAt }) => ({ kid, phase, phaseAt, publishedAt }))

test('G-13: the wait counts from when every live node serves the ring, not from when the key was made', () => {
  const next = key({ phase: 'next', createdAt: NOW - DAY, phaseAt: NOW - DAY })
  assert.equal(stepsDue({ ring: ring(key({}), next), servedByAll: false, times }), undefined)
  const marked = stepsDue({ ring: ring(key({}), next), servedByAll: true, times })
  assert.deepEqual(after(marked)?.[1], {
    kid: 'access next',
    phase: 'next',
    phaseAt: NOW - DAY,
    publishedAt: NOW,
  })
  assert.equal(signsFrom(next, times), undefined)
})

test('G-13: a key signs two cache lives and a minute after that, and not a millisecond before', () => {
  const wait = 2 * 300_000 + MINUTE
  const at = (publishedAt: number) => ring(key({}), key({ phase: 'next', publishedAt }))
  assert.equal(stepsDue({ ring: at(NOW - wait + 1), servedByAll: true, times }), undefined)
  const moved = stepsDue({ ring: at(NOW - wait), servedByAll: false, times })
  assert.deepEqual(
    moved?.map(({ phase, phaseAt }) => [phase, phaseAt]),
    [
      ['retiring', NOW],
      ['active', NOW],
    ],
  )
})

test('G-13: a retiring key stays until its last token has ended, by the longest life on record', () => {
  for (const longestLifeSeconds of [60, 900, 3600]) {
    const until = longestLifeSeconds * 1000 + times.keepingMarginMilliseconds
    const at = (phaseAt: number) => ({ ...ring(key({ phase: 'retiring', phaseAt })), longestLifeSeconds })
    assert.equal(stepsDue({ ring: at(NOW - until + 1), servedByAll: true, times }), undefined)
    assert.deepEqual(stepsDue({ ring: at(NOW - until), servedByAll: true, times }), [])
  }
})

test('the margin covers a verifier 60 s off, a node that learns of its ring 300 s late, and a slow signature', () => {
  assert.ok(times.keepingMarginMilliseconds >= (60 + 300 + 5) * 1000)
})

test('of a key for ID tokens the public half stays, and goes in its time; the private half does not', () => {
  const old = key({ use: 'id', phase: 'retiring', phaseAt: NOW - DAY })
  const [archived] = stepsDue({ ring: ring(old), servedByAll: true, times }) ?? []
  assert.deepEqual([archived?.phase, archived?.sealed, archived?.publicJwk], ['gone', '', {}])
  assert.equal(stepsDue({ ring: ring(archived as StoredKey), servedByAll: true, times }), undefined)
  const year = key({ use: 'id', phase: 'gone', phaseAt: NOW - 401 * DAY })
  assert.deepEqual(stepsDue({ ring: ring(year), servedByAll: true, times }), [])
})

test('a revoked key is remembered a day longer than its tokens could live, and its private half not at all', () => {
  assert.equal(revoked(key({}), NOW).sealed, '')
  const revokedKey = key({ phase: 'revoked', phaseAt: NOW - DAY })
  assert.equal(stepsDue({ ring: ring(revokedKey), servedByAll: true, times }), undefined)
  assert.ok(keptUntil(revokedKey, ring(revokedKey), times) > NOW)
  const old = { ...revokedKey, phaseAt: NOW - 2 * DAY }
  assert.deepEqual(stepsDue({ ring: ring(old), servedByAll: true, times }), [])
})

test('each use moves for itself', () => {
  const keys = [
    key({}),
    key({ phase: 'next', publishedAt: NOW - DAY }),
    key({ use: 'id', algorithm: 'RS256' }),
    key({ use: 'id', phase: 'next', algorithm: 'RS256', publishedAt: NOW - 1 }),
  ]
  const moved = stepsDue({ ring: ring(...keys), servedByAll: true, times })
  assert.deepEqual(
    moved?.map(({ use, phase }) => `${use} ${phase}`),
    ['access retiring', 'access active', 'id active', 'id next'],
  )
})

test('ID tokens have a key for each algorithm, and none of them takes the place of another', () => {
  const keys = [
    key({ use: 'id', algorithm: 'RS256' }),
    key({ use: 'id', algorithm: 'ES256' }),
    key({ use: 'id', phase: 'next', algorithm: 'ES256', publishedAt: NOW - DAY }),
    key({ use: 'id', phase: 'next', algorithm: 'RS256' }),
  ]
  const moved = stepsDue({ ring: ring(...keys), servedByAll: false, times })
  assert.deepEqual(
    moved?.map(({ algorithm, phase }) => `${algorithm} ${phase}`),
    ['RS256 active', 'ES256 retiring', 'ES256 active', 'RS256 next'],
  )
  const both: KeyPolicy = { ...policy, kinds: [...policy.kinds, { use: 'id', algorithm: 'ES256' }] }
  const wanted = { use: 'id', algorithm: 'ES256', phase: 'active' }
  assert.deepEqual(keyWanted(ring(key({}), id), both, true), wanted)
  assert.equal(keyWanted(ring(key({}), id, key({ use: 'id' })), both, true), undefined)
})

test('a mistake in the order of time changes nothing: whatever was decided is decided again the same', () => {
  const keys = [key({}), key({ phase: 'next', publishedAt: NOW - DAY })]
  const moved = stepsDue({ ring: ring(...keys), servedByAll: true, times }) ?? []
  assert.equal(stepsDue({ ring: ring(...moved), servedByAll: true, times }), undefined)
})

const policy: KeyPolicy = {
  kinds: [
    { use: 'access', algorithm: 'ES256' },
    { use: 'id', algorithm: 'RS256' },
  ],
  rotateAfterMilliseconds: 90 * DAY,
}
const id = key({ use: 'id', algorithm: 'RS256' })

test('what is missing is made: first keys at once, successors ahead of their time', () => {
  const wanted = (...keys: StoredKey[]) => keyWanted(ring(...keys), policy, true)
  assert.deepEqual(wanted(), { use: 'access', algorithm: 'ES256', phase: 'active' })
  assert.deepEqual(wanted(key({})), { use: 'id', algorithm: 'RS256', phase: 'active' })
  assert.equal(wanted(key({}), id), undefined)
  const young = key({ phaseAt: NOW - 90 * DAY + 1 })
  const old = key({ phaseAt: NOW - 90 * DAY })
  assert.equal(wanted(young, id), undefined)
  assert.deepEqual(wanted(old, id), { use: 'access', algorithm: 'ES256', phase: 'next' })
  assert.equal(wanted(old, key({ phase: 'next' }), id), undefined, 'one successor at a time')
  assert.deepEqual(wanted(key({}), { ...id, phaseAt: old.phaseAt }), {
    use: 'id',
    algorithm: 'RS256',
    phase: 'next',
  })
  assert.deepEqual(wanted(key({ phase: 'revoked' }), id)?.phase, 'active', 'nothing signs: no time to wait')
})

test('another algorithm is a reason to rotate once all live nodes are set to it', () => {
  const idKind = { use: 'id', algorithm: 'RS256' } as const
  const other: KeyPolicy = { ...policy, kinds: [{ use: 'access', algorithm: 'EdDSA' }, idKind] }
  assert.equal(keyWanted(ring(key({}), id), other, false), undefined)
  const wanted = keyWanted(ring(key({}), id), other, true)
  assert.deepEqual(wanted, { use: 'access', algorithm: 'EdDSA', phase: 'next' })
  const secrets: KeyPolicy = { ...policy, kinds: [idKind] }
  assert.equal(keyWanted(ring(id), secrets, true), undefined, 'HS256 has no key pairs for access tokens')
})
