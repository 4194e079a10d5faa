import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Requirement } from '../model/access.ts'
import type { Principal } from '../model/principal.ts'
import { decide } from './decide.ts'

const clock = { now: () => 1_000_000 }

const principal: Principal = {
  kind: 'user',
  id: 'a',
  clientId: 'first-party',
  scopes: [],
  roles: [],
  sessionId: undefined,
  tokenId: 't',
  via: 'bearer',
  amr: ['pwd'],
  authTime: 1000,
  expiresAt: 2000,
  claims: {},
}

/** Names that are near to one another: parts, other case, longer, joined, of the object's own prototype. */
const name = fc.oneof(
  fc.constantFrom(
    'orders',
    'orders:read',
    'orders:read ',
    'Orders:read',
    'orders:*',
    '*',
    'orders:read orders:write',
  ),
  fc.constantFrom('admin', 'adm', 'admins', 'admin,user', '', 'constructor', '__proto__', 'length', '0'),
  fc.string({ maxLength: 3 }),
)
const names = fc.uniqueArray(name, { maxLength: 5 })
const needed = fc.uniqueArray(name, { minLength: 1, maxLength: 4 })

test('G-3: scopes are all of those asked for, roles one of them, by exact membership and nothing else', () => {
  fc.assert(
    fc.property(names, names, fc.option(needed), fc.option(needed), (held, roles, scopes, anyOf) => {
      const requirement = { ...(scopes && { scopes }), ...(anyOf && { roles: anyOf }) }
      const isLet = decide({ ...principal, scopes: held, roles }, requirement, clock) === undefined
      const [all, own] = [new Set(held), new Set(roles)]
      const hasScopes = scopes === null || scopes.filter((one) => !all.has(one)).length === 0
      const hasRole = anyOf === null || anyOf.filter((one) => own.has(one)).length > 0
      assert.equal(isLet, hasScopes && hasRole)
    }),
    { numRuns: 2000 },
  )
})

test('G-3: what looks like a scope or a role is none', () => {
  const lets = (held: string, asked: string) => [
    decide({ ...principal, scopes: [held] }, { scopes: [asked] }, clock) === undefined,
    decide({ ...principal, roles: [held] }, { roles: [asked] }, clock) === undefined,
  ]
  assert.deepEqual(lets('orders:read', 'orders:read'), [true, true])
  for (const near of [
    'orders',
    'orders:',
    'orders:*',
    '*',
    'orders:reads',
    'ORDERS:READ',
    ' orders:read',
    'order',
  ]) {
    assert.deepEqual(lets(near, 'orders:read'), [false, false], near)
    assert.deepEqual(lets('orders:read', near), [false, false], near)
  }
  assert.deepEqual(lets('orders:read orders:write', 'orders:read'), [false, false], 'a list is no name')
})

test('a recent proof is one of so many seconds ago at most; one of nobody knows when is none, nor is one of later than now', () => {
  const lets = (authTime: number | undefined) =>
    decide({ ...principal, authTime }, { freshWithinSeconds: 60 }, clock) === undefined
  assert.deepEqual([1000, 941, 940, 939, 0].map(lets), [true, true, true, false, false])
  assert.equal(lets(1000 + 86_400), false)
  assert.equal(lets(undefined), false)
})

test('who has to prove themselves anew is told all that the next sign-in has to meet, and no more', () => {
  const challenge = (amr: readonly string[], asked: Requirement) =>
    decide({ ...principal, amr, authTime: 0 }, asked, clock)?.challenge
  const stale = { freshWithinSeconds: 60 } as const
  const strong = { secondFactor: true } as const
  assert.deepEqual(challenge(['pwd'], stale), { maxAgeSeconds: 60 })
  assert.deepEqual(challenge(['pwd'], strong), { acrValues: ['mfa'] })
  assert.deepEqual(challenge(['pwd', 'mfa'], { ...stale, ...strong }), {
    maxAgeSeconds: 60,
    acrValues: ['mfa'],
  })
  assert.equal(challenge(['mfa'], strong), undefined)
})
