import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesPath } from './openapi-facts.ts'

test('a template matches its paths, below whatever prefix', () => {
  for (const [template, path, isMatch] of [
    ['/orders', '/orders', true],
    ['/orders', '/v1/orders/', true],
    ['/orders/{id}', '/orders/5', true],
    ['/orders/{id}', '/orders/', false],
    ['/orders/:id/items', '/api/orders/5/items', true],
    ['/orders/{id}', '/orders/5/items', false],
    ['/files/{name}.json', '/files/a.json', true],
    ['/files/{name}.json', '/files/a.xml', false],
    ['/{a}-{b}', '/x-y', true],
    ['/', '/', true],
  ] as const)
    assert.equal(matchesPath(template, path), isMatch, `${template} ${path}`)
})

test('one with many variables in a segment costs no more than its length', () => {
  // With an expression this takes longer than any test run, and the limit of the run ends it.
  assert.equal(matchesPath(`/${'{a}b'.repeat(200)}`, `/${'b'.repeat(2000)}c`), false)
})
