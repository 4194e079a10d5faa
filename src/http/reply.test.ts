import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinHeaders, toResponse } from './reply.ts'

test('of a header that stands in several lists, in whatever case, the last counts and is sent once', () => {
  assert.deepEqual(
    joinHeaders({ 'Cache-Control': 'no-cache', Vary: 'Origin' }, { 'cache-control': 'no-store' }, {}),
    { 'cache-control': 'no-store', vary: 'Origin' },
  )
})

test('as a Response it has the same status, headers and body', async () => {
  const response = toResponse({ status: 201, headers: { 'content-type': 'application/json' }, body: '{}' })
  assert.equal(response.status, 201)
  assert.deepEqual([...response.headers], [['content-type', 'application/json']])
  assert.equal(await response.text(), '{}')
})

test('an answer without a body has none, which 204 and 304 insist on', () => {
  for (const status of [204, 304]) {
    assert.equal(toResponse({ status, headers: {}, body: null }).body, null)
  }
})
