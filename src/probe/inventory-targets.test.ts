import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccessData } from '../model/inventory.ts'
import { inventoryTargets } from './inventory-targets.ts'

test('tokens are tried where the word takes them', () => {
  const carriersOf = (access: AccessData) =>
    inventoryTargets([{ method: 'GET', path: '/x', access }])[0]?.carriers
  assert.deepEqual(carriersOf('signedIn'), ['bearer'])
  assert.deepEqual(carriersOf({ needs: { scopes: ['a'] } }), ['bearer'])
  assert.deepEqual(carriersOf({ needs: { via: ['ws-ticket'] } }), ['other'])
  assert.deepEqual(carriersOf({ needs: { via: ['session', 'bearer', 'api-key', 'basic'] } }), [
    'other',
    'bearer',
    'basic',
  ])
})
