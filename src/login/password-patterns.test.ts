import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { repeatedUnit, splitRuns } from './password-patterns.ts'

test('E3: a repetition is seen, also with its last turn cut off', () => {
  const cases: Readonly<Record<string, string>> = {
    aaaaaaaa: 'a',
    abcabcabc: 'abc',
    abcabcab: 'abc',
    'pass pass pass ': 'pass ',
    '😀😀😀😀': '😀',
    abcabcx: 'abcabcx',
    abcdefab: 'abcdefab',
    a: 'a',
    '': '',
  }
  for (const [text, unit] of Object.entries(cases)) assert.equal(repeatedUnit(text), unit)
})

test('E3: runs of letters, digits and keys are seen in both directions', () => {
  const cases: Readonly<Record<string, readonly string[]>> = {
    abcdefgh: ['abcdefgh'],
    '87654321': ['87654321'],
    '1234567890': ['1234567890'],
    qwertyuiop: ['qwertyuiop'],
    lkjhgf: ['lkjhgf'],
    qwertz: ['qwertz'],
    azerty: ['azerty'],
    йцукен: ['йцукен'],
    '1qaz2wsx': ['1qaz', '2wsx'],
    xsw2zaq1: ['xsw2', 'zaq1'],
    '!@#$%^&*': ['!@#$%^&*'],
    aaaabbbb: ['aaaa', 'bbbb'],
    abc123xyz: ['abc', '123', 'xyz'],
  }
  for (const [text, runs] of Object.entries(cases)) {
    assert.deepEqual(
      splitRuns(text),
      runs.map((run) => ({ text: run, isRun: true })),
      text,
    )
  }
  assert.deepEqual(splitRuns('hello1234!'), [
    { text: 'hello', isRun: false },
    { text: '1234', isRun: true },
    { text: '!', isRun: false },
  ])
  assert.deepEqual(splitRuns('ab'), [{ text: 'ab', isRun: false }])
  assert.deepEqual(splitRuns(''), [])
})

test('whatever the text, nothing of it is lost or added', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'abcd1234qwe!😀é') }), (text) => {
      assert.equal(
        splitRuns(text)
          .map((piece) => piece.text)
          .join(''),
        text,
      )
      const unit = repeatedUnit(text)
      assert.ok(text === unit || unit.repeat(text.length).startsWith(text))
    }),
  )
})
