import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Access, type AccessLimit, anyone, limited, needs, signedIn } from './access.ts'
import { hasRules, joinAccess, withoutRules } from './access-join.ts'
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

test('limits of both are kept, each once, and what they ask for is joined as ever', () => {
  const [wide, narrow] = ['wide', 'narrow'].map((name) => ({ name, count: 1, perSeconds: 1 })) as [
    AccessLimit,
    AccessLimit,
  ]
  const group = limited(signedIn, wide)
  const namesOf = (...words: Access[]) => {
    const joined = joinAccess(words)
    return joined && [Access.requirementOf(joined), Access.limitsOf(joined).map(({ name }) => name)]
  }
  assert.deepEqual(namesOf(group, needs({ roles: ['a'] })), [{ roles: ['a'] }, ['wide']])
  assert.deepEqual(namesOf(needs({ roles: ['a'] }), group), [{ roles: ['a'] }, ['wide']])
  assert.deepEqual(namesOf(group, limited(anyone, narrow)), [{}, ['wide', 'narrow']])
  assert.deepEqual(namesOf(limited(anyone, narrow), anyone), [undefined, ['narrow']])
  assert.deepEqual(namesOf(group, limited(group, narrow)), [{}, ['wide', 'narrow']])
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

test('without its rules a word asks for all else that it asked for', () => {
  const limit = { name: 'l', count: 1, perSeconds: 1 }
  const yes = () => true
  const later = async () => true
  for (const plain of [anyone, signedIn, needs({ roles: ['a'] }), limited(anyone, limit)]) {
    assert.equal(hasRules(plain), false)
    assert.equal(withoutRules(plain), plain, 'the word itself')
  }
  for (const rules of [{ if: yes }, { ifAsync: later }, { if: yes, ifAsync: later }]) {
    const ruled = limited(needs({ scopes: ['a'], secondFactor: true, ...rules }), limit)
    assert.equal(hasRules(ruled), true)
    const rest = withoutRules(ruled)
    assert.deepEqual(Access.requirementOf(rest), { scopes: ['a'], secondFactor: true })
    assert.deepEqual(Access.limitsOf(rest), [limit])
  }
})
