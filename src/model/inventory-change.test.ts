import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccessData, InventoryEntry } from './inventory.ts'
import { compareInventories } from './inventory-change.ts'

const route = (access: AccessData, path = '/x'): InventoryEntry => ({ method: 'GET', path, access })
const kindOf = (before: AccessData, after: AccessData) =>
  compareInventories([route(before)], [route(after)]).map(({ kind }) => kind)

test('equal lists have no differences, wherever their routes were declared', () => {
  const entry = route('signedIn')
  assert.deepEqual(compareInventories([entry], [{ ...entry, at: { file: '/a.ts', line: 1 } }]), [])
})

test('what lets more people in is weaker, what lets fewer in is stronger', () => {
  const scopes = (...names: string[]) => ({ needs: { scopes: names } })
  const roles = (...names: string[]) => ({ needs: { roles: names } })
  for (const [before, after, kind] of [
    ['signedIn', 'anyone', 'opened'],
    ['undeclared', 'anyone', 'opened'],
    [scopes('a'), 'signedIn', 'weakened'],
    [scopes('a', 'b'), scopes('a'), 'weakened'],
    [scopes('a'), scopes('b'), 'weakened'],
    [roles('a'), roles('a', 'b'), 'weakened'],
    [roles('a'), scopes('a'), 'weakened'],
    [{ needs: { via: ['bearer'] } }, 'signedIn', 'weakened'],
    [{ needs: { freshWithinSeconds: 60 } }, { needs: { freshWithinSeconds: 61 } }, 'weakened'],
    [{ needs: { freshWithinSeconds: 60 } }, 'signedIn', 'weakened'],
    [{ needs: { secondFactor: true } }, { needs: { freshWithinSeconds: 60 } }, 'weakened'],
    ['signedIn', { needs: { secondFactor: true } }, 'strengthened'],
    [{ needs: { if: true } }, scopes('a'), 'weakened'],
    ['undeclared', 'signedIn', 'weakened'],
    ['signedIn', 'undeclared', 'undeclared'],
    ['anyone', 'signedIn', 'strengthened'],
    ['signedIn', scopes('a'), 'strengthened'],
    [scopes('a'), scopes('a', 'b'), 'strengthened'],
    [roles('a', 'b'), roles('a'), 'strengthened'],
    [{ needs: { freshWithinSeconds: 60 } }, { needs: { freshWithinSeconds: 30 } }, 'strengthened'],
  ] as const) {
    assert.deepEqual(kindOf(before, after), [kind], JSON.stringify([before, after]))
  }
})

test('what lets more in comes first, in words', () => {
  const before = [
    route('signedIn', '/a'),
    route('signedIn', '/gone'),
    route({ needs: { scopes: ['s'] } }, '/b'),
  ]
  const after = [
    route('signedIn', '/a'),
    route('signedIn', '/b'),
    route('signedIn', '/new'),
    route('anyone', '/open'),
    route('undeclared', '/forgotten'),
  ]
  assert.deepEqual(
    compareInventories(before, after).map(({ kind, entry, words }) => `${kind}: ${entry.path} ${words}`),
    [
      'opened: /open is new: anyone',
      'weakened: /b was needs scope s, is signed in',
      'undeclared: /forgotten is new: undeclared',
      'gone: /gone is gone; it was signed in',
      'new: /new is new: signed in',
    ],
  )
})
