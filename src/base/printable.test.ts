import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printable } from './printable.ts'

test('a stranger’s text does nothing to a terminal', () => {
  const tricks = [
    '\u001b[2J',
    '\r',
    '\n',
    '\u0007',
    '\u202e',
    '\u2066',
    '\u200b',
    '\u2028',
    '\u2029',
    '\ufeff',
  ]
  for (const trick of tricks) {
    assert.match(printable(`a${trick}b`), /^a\?[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*b$/u, JSON.stringify(trick))
  }
  assert.equal(printable('GET /größe/日本 “x”'), 'GET /größe/日本 “x”')
})
