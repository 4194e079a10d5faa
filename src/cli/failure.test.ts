import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthError } from '../errors/auth-error.ts'
import { explainFailure } from './failure.ts'

test('what stands in the way of a file is told in words, and not as the system says it', () => {
  const told = (code: string, path = 'users.jsonl') =>
    explainFailure(Object.assign(new Error(`${code}: as the system says it`), { code, path }))
  assert.equal(told('EEXIST'), 'users.jsonl is there already, and is not written over.')
  assert.equal(told('EISDIR'), 'users.jsonl is a folder, and no file.')
  assert.equal(told('ENOENT'), 'There is no such file or folder: users.jsonl')
  assert.doesNotMatch(told('ENOENT', 'a'.repeat(40)), /aaa/, 'it may be a credential')
})

test('a scope or a role that nobody declared comes with where they are declared', () => {
  const told = (field: string) =>
    explainFailure(new AuthError('REQUEST_INVALID', { fields: [{ field, message: 'No.' }] }))
  for (const field of ['scope', 'roles'])
    assert.match(told(field), /countersign\.config\.ts.*countersign apply/)
  assert.doesNotMatch(told('email'), /countersign/)
})
