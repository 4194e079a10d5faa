import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  imported,
  keycloakText,
  PASSWORD,
  problem,
  RIGHT_BUT_OLD,
  WRONG,
} from '../../test/login/stored-hashes.ts'
import { hashFormats, hashPassword, verifyPassword } from './password-hash.ts'

for (const [name, stored] of Object.entries(imported)) {
  test(`E4: verified and due for a new hash: ${name}`, () => {
    assert.deepEqual(verifyPassword(PASSWORD, stored), RIGHT_BUT_OLD)
    for (const wrong of ['', 'correct horse batterz', `${PASSWORD} `, PASSWORD.toUpperCase()]) {
      assert.deepEqual(verifyPassword(wrong, stored), WRONG)
    }
    assert.equal(hashFormats.filter((format) => format.recognises(stored)).length, 1)
  })
}

test('E4: verified and due for a new hash: Firebase scrypt', () => {
  // The worked example that Firebase publishes beside its implementation.
  const key = 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=='
  const value = 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=='
  const stored = `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=${key}$42xEC+ixf3L2lw==$${value}`
  const inUrlAlphabet = stored.replaceAll('+', '-').replaceAll('/', '_')
  assert.deepEqual(verifyPassword('user1password', stored), RIGHT_BUT_OLD)
  assert.deepEqual(verifyPassword('user1password', inUrlAlphabet), RIGHT_BUT_OLD)
  assert.deepEqual(verifyPassword('user2password', stored), WRONG)
  assert.deepEqual(verifyPassword('user1password', stored.replace('n=14', 'n=13')), WRONG)
  assert.deepEqual(verifyPassword('user1password', stored.replace('sk=j', 'sk=k')), WRONG)
})

test('E4: verified and due for a new hash: Keycloak with Argon2', () => {
  const [, , , , salt = '', value = ''] = hashPassword(PASSWORD).split('$')
  const parameters = {
    hashLength: ['32'],
    memory: ['19456'],
    type: ['id'],
    version: ['1.3'],
    parallelism: ['1'],
  }
  const text = (changes: object) =>
    keycloakText(
      'argon2',
      { salt, value },
      { hashIterations: 2, additionalParameters: { ...parameters, ...changes } },
    )
  assert.deepEqual(verifyPassword(PASSWORD, text({})), RIGHT_BUT_OLD)
  assert.deepEqual(verifyPassword('wrong', text({})), WRONG)
  assert.deepEqual(verifyPassword(PASSWORD, text({ type: ['i'] })), WRONG)
  assert.deepEqual(verifyPassword(PASSWORD, text({ memory: ['4194304'] })), problem('cost_too_high'))
  for (const changes of [{ memory: [] }, { memory: 'x' }, { version: ['1.9'] }, { parallelism: ['0'] }]) {
    assert.deepEqual(verifyPassword(PASSWORD, text(changes)), problem('malformed'))
  }
})

test('E4: other Argon2 parameters and kinds are read and due for a new hash', () => {
  for (const stored of [
    '$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8',
    '$argon2i$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs',
  ]) {
    assert.deepEqual(verifyPassword('password', stored), RIGHT_BUT_OLD)
    assert.deepEqual(verifyPassword('passwore', stored), WRONG)
    assert.deepEqual(verifyPassword('password', stored.replace('argon2i', 'argon2d')), WRONG)
  }
})
