import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomId, systemRandom } from '../base/random.ts'
import { hashRecoveryCode, isRecoveryCode, makeRecoveryCodes } from './recovery-code.ts'

test('ten codes, each other than the rest, in letters that people can copy', () => {
  const codes = makeRecoveryCodes(systemRandom)
  assert.equal(new Set(codes).size, 10)
  for (const code of codes) assert.match(code, /^([0-9a-hjkmnp-tv-z]{4}-){5}[0-9a-hjkmnp-tv-z]{4}$/)
})

test('a code counts however it was copied, and for its owner alone', () => {
  const [one, other] = [randomId(systemRandom), randomId(systemRandom)]
  const hash = hashRecoveryCode(one, '0123-4567-89ab-cdef-ghjk-mnpq')
  for (const copied of [
    '0123456789abcdefghjkmnpq',
    ' 0123 4567 89AB CDEF GHJK MNPQ ',
    'O1 23-4567-89ab-cdef-ghjk-mnpq',
    'oI23-4567-89ab-cdef-ghjk-mnpq',
    '0L23-4567-89ab-cdef-ghjk-mnpq',
  ]) {
    assert.equal(hashRecoveryCode(one, copied), hash, copied)
    assert.ok(isRecoveryCode(copied), copied)
  }
  assert.notEqual(hashRecoveryCode(other, '0123-4567-89ab-cdef-ghjk-mnpq'), hash)
  for (const text of [
    '',
    '123456',
    '0123-4567-89ab-cdef-ghjk-mnp',
    '0123-4567-89ab-cdef-ghjk-mnpqr',
    'u'.repeat(24),
  ]) {
    assert.equal(isRecoveryCode(text), false, text)
  }
})
