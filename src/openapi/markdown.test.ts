import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { code, plain, table } from './markdown.ts'

test('a name stands in as many backticks as it takes', () => {
  assert.equal(code('orders:read'), '`orders:read`')
  assert.equal(code('a`b'), '`` a`b ``')
  assert.equal(code('``'), '``` `` ```')
})

test('no scope name can leave its code span or its cell', () => {
  const scopeName = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]{1,20}$/)
  fc.assert(
    fc.property(scopeName, (name) => {
      const span = code(name)
      const fence = /^`+/.exec(span)?.[0] ?? ''
      const inner = span.slice(fence.length, -fence.length)
      const runs = inner.match(/`+/g) ?? []
      assert.ok(fence.length > 0 && runs.every((run) => run.length !== fence.length))
      const [, , row = ''] = table(['a', 'b'], [[span, 'end']]).split('\n')
      assert.equal(row.match(/(?<!\\)\|/g)?.length, 3)
    }),
  )
})

test('a sentence is text: no markup, no link, no element, no second cell', () => {
  assert.equal(plain('See [this](x) *now* <b>'), 'See \\[this\\]\\(x\\) \\*now\\* \\<b\\>')
  const [, , row = ''] = table(['a'], [[plain('one | two \\| three')]]).split('\n')
  assert.equal(row, '| one \\| two \\\\\\| three |')
})
