import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthError } from '../errors/auth-error.ts'
import { parseJson } from './json-text.ts'

function causeOf(text: string): string | undefined {
  try {
    parseJson(text)
    return undefined
  } catch (error) {
    assert.ok(error instanceof AuthError)
    return [error.code, ...(error.refusal.fields ?? []).map(({ field }) => field)].join(' ')
  }
}

test('a name that stands twice in one object is refused and named, however it is spelt', () => {
  for (const text of [
    '{"role": "user", "role": "admin"}',
    '{"role": "user", "r\\u006fle": "admin"}',
    '{"a": [{"x": {}, "role": {}, "y": [], "role": 1}]}',
    '{"a": "\\"role\\":", "role": "{\\"role\\":1}", "role": 2}',
  ]) {
    assert.equal(causeOf(text), 'REQUEST_INVALID role', text)
  }
  assert.equal(causeOf('{"": 1, "": 2}'), 'REQUEST_INVALID ')
})

test('the same name in two objects, or in a text, is none twice', () => {
  for (const value of [
    { a: { role: 1 }, b: { role: 2 }, role: 3 },
    [{ role: 1 }, { role: 2 }],
    { a: '"a":1,"a":2', b: ['a', 'a', '\\', '"', '{', ':'] },
    { 'a\\': 1, a: 2, '"a': 3 },
    'text',
    7,
    null,
  ]) {
    assert.deepEqual(parseJson(JSON.stringify(value)), value)
  }
})

test('what is no JSON, or deeper than anything asks for, is malformed', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  for (const text of ['', '{', "{'a': 1}", '{"a": 1,}', 'NaN', nested(17), nested(30_000)]) {
    assert.equal(causeOf(text), 'BODY_MALFORMED', text.slice(0, 20))
  }
  assert.equal(causeOf(nested(16)), undefined)
})
