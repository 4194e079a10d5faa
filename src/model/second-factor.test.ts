import assert from 'node:assert/strict'
import { test } from 'node:test'
import { factorDue, joinAmr, methodsOf, type SecondFactors } from './second-factor.ts'

const none: SecondFactors = { totp: undefined, passkeys: [], recoveryCodes: 0 }
const app: SecondFactors = { ...none, totp: { sealed: '', addedAt: 0 }, recoveryCodes: 3 }

test('E15: whoever has a factor is asked for it, whoever needs one and has none has to set it up', () => {
  const cases = [
    [['pwd'], none, ['user'], [], 'none'],
    [['pwd'], app, ['user'], [], 'answer'],
    [[], app, [], [], 'answer'],
    [['otp'], app, [], [], 'answer'],
    [['pwd', 'otp', 'mfa'], app, ['admin'], ['*'], 'none'],
    [['pwd'], none, ['user'], ['admin'], 'none'],
    [['pwd'], none, ['user', 'admin'], ['admin'], 'enrolment'],
    [['pwd'], app, ['admin'], ['admin'], 'answer'],
    [['pwd'], none, [], ['*'], 'enrolment'],
    [['fed'], none, ['user'], ['*'], 'enrolment'],
  ] as const
  for (const [amr, factors, roles, required, due] of cases) {
    assert.equal(factorDue(amr, factors, roles, required), due, `${amr} ${roles} ${required}`)
  }
})

test('two proofs of different kinds are two factors, two of one kind are not', () => {
  assert.deepEqual(joinAmr(['pwd'], ['otp']), ['pwd', 'otp', 'mfa'])
  assert.deepEqual(joinAmr(['pwd'], ['hwk']), ['pwd', 'hwk', 'mfa'])
  assert.deepEqual(joinAmr(['pwd'], ['pwd']), ['pwd'])
  assert.deepEqual(joinAmr(['fed'], ['otp']), ['fed', 'otp', 'mfa'])
  // A password beside a sign-in elsewhere, which may be by a password as well.
  assert.deepEqual(joinAmr(['fed'], ['pwd']), ['fed', 'pwd'])
  assert.deepEqual(joinAmr(['fed', 'pwd'], ['pwd']), ['fed', 'pwd'])
  assert.deepEqual(joinAmr(['fed', 'pwd'], ['hwk']), ['fed', 'pwd', 'hwk', 'mfa'])
  assert.deepEqual(joinAmr([], ['otp']), ['otp'])
  assert.deepEqual(joinAmr([], ['swk', 'mfa']), ['swk', 'mfa'])
  assert.deepEqual(joinAmr(['pwd', 'otp', 'mfa'], ['otp']), ['pwd', 'otp', 'mfa'])
})

test('clients are told what can be used', () => {
  assert.deepEqual(methodsOf(none), [])
  assert.deepEqual(methodsOf(app), ['totp', 'recovery_code'])
})
