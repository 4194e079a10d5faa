import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainFailure } from './failure.ts'

test('what stands in the way of a file is told in words, and not as the system says it', () => {
  const told = (code: string, path = 'users.jsonl') =>
    explainFailure(Object.assign(new Error(`${code}: as the system says it`), { code, path }))
  assert.equal(told('EEXIST'), 'users.jsonl is there already, and is not written over.')
  assert.equal(told('EISDIR'), 'users.jsonl is a folder, and no file.')
  assert.equal(told('ENOENT'), 'There is no such file or folder: users.jsonl')
  assert.doesNotMatch(told('ENOENT', 'a'.repeat(40)), /aaa/, 'it may be a credential')
})
