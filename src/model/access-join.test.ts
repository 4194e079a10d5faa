import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Access, anyone, needs, signedIn } from './access.ts'
import { joinAccess } from './access-join.ts'
import type { GuardRequest } from './guard-request.ts'
import type { Principal } from './principal.ts'

const request = {} as GuardRequest
const withRoles = (...roles: string[]) => ({ roles }) as unknown as Principal

test('joined words ask for all that each asks for', () => {
  const scoped = needs({ scopes: ['a'], freshWithinSeconds: 60, secondFactor: true })
  const other = needs({ scopes: ['b', 'a'], roles: ['admin'], via: ['bearer'], freshWithinSeconds: 300 })
  assert.equal(joinAccess([]), undefined)
  assert.equal(joinAccess([signedIn]), signedIn)
  assert.equal(joinAccess([scoped, scoped]), scoped)
  assert.equal(joinAccess([anyone, signedIn]), signedIn)
  assert.equal(joinAccess([signedIn, anyone]), signedIn, 'a group is not opened from inside')
  assert.equal(joinAccess([signedIn, scoped]), scoped)
  assert.equal(joinAccess([scoped, signedIn]), scoped)
  assert.equal(joinAccess([anyone, anyone]), anyone)
  const joined = joinAccess([scoped, other])
  assert.ok(joined)
  assert.deepEqual(Access.requirementOf(joined), {
    scopes: ['a', 'b'],
    roles: ['admin'],
    via: ['bearer'],
    freshWithinSeconds: 60,
    secondFactor: true,
  })
})

test('two lists of roles both have to be met', () => {
  const joined = joinAccess([needs({ roles: ['a', 'b'] }), needs({ roles: ['c'] })])
  const requirement = joined && Access.requirementOf(joined)
  assert.deepEqual(requirement?.roles, ['c'])
  assert.equal(requirement?.if?.(withRoles('c'), request), false)
  assert.equal(requirement?.if?.(withRoles('c', 'b'), request), true)
})

test('rules are all asked, and only `true` from each of them lets pass', async () => {
  for (const [one, other, said] of [
    [true, true, true],
    [true, false, false],
    [false, true, false],
    [1 as never, true, false],
  ] as const) {
    const joined = joinAccess([needs({ if: () => one }), needs({ if: () => other })])
    assert.equal(joined && Access.requirementOf(joined)?.if?.(withRoles(), request), said)
    const waiting = joinAccess([needs({ ifAsync: async () => one }), needs({ ifAsync: async () => other })])
    assert.equal(await (waiting && Access.requirementOf(waiting)?.ifAsync?.(withRoles(), request)), said)
  }
})

test('words that no request could meet together stop the start', () => {
  assert.throws(() => joinAccess([needs({ via: ['bearer'] }), needs({ via: ['api_key'] })]), TypeError)
})
