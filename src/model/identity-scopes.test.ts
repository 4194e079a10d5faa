import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../errors/refusal.ts'
import { scopeAskedOfPerson } from './identity-scopes.ts'

const asked = (scope: string | undefined, declared: readonly string[] = []) =>
  scopeAskedOfPerson(scope, { scopes: Object.fromEntries(declared.map((name) => [name, 'A sentence'])) })

test('names of the API and of OpenID Connect are asked for, each once', () => {
  assert.deepEqual(asked('openid orders:read openid', ['orders:read']), ['openid', 'orders:read'])
})

test('nothing is asked for without a name', () => {
  for (const nothing of [undefined, '', ' ']) assert.equal(asked(nothing), undefined)
})

test('what nobody declared is refused', () => {
  const refusal = asked('openid orders:reed', ['orders:read'])
  assert.ok(refusal instanceof Refusal && refusal.code === 'SCOPE_UNKNOWN')
})

test('`address` and `phone` are left out, and asked for where the API declares them', () => {
  assert.deepEqual(asked('openid address phone'), ['openid'])
  assert.deepEqual(asked('address'), [])
  assert.deepEqual(asked('openid address phone', ['address']), ['openid', 'address'])
})
