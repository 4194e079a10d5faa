import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bareToken } from './pasted-token.ts'

test('quotes around a token are taken off, and none inside it', () => {
  for (const [given, bare] of [
    ['"a.b.c"', 'a.b.c'],
    ['\'"`a.b.c`"\'', 'a.b.c'],
    ['"Bearer a.b.c"', 'a.b.c'],
    ['Bearer "a.b.c"', 'a.b.c'],
    ['"a"b', 'a"b'],
    ['""', ''],
    ['', ''],
  ] as const) {
    assert.equal(bareToken(given), bare, given)
  }
})

test('a long run of quotes inside a text costs no more than its length', () => {
  // With an expression that begins anew at each quote this takes minutes, and the limit of the test run ends it.
  const text = `a${'"'.repeat(1_000_000)}b`
  assert.equal(bareToken(`"${text}"`), text)
})
