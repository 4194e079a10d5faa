import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import {
  bcrypt4,
  imported,
  PASSWORD,
  problem,
  RIGHT,
  RIGHT_BUT_OLD,
  WRONG,
} from '../../test/login/stored-hashes.ts'
import { hashPassword, verifyPassword } from './password-hash.ts'
import { MAXIMUM_PASSWORD_BYTES } from './password-text.ts'

test('E4: a new hash is Argon2id with 19 MiB, two passes, one lane, and a salt of its own', () => {
  const stored = hashPassword(PASSWORD)
  assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.notEqual(stored, hashPassword(PASSWORD))
  assert.deepEqual(verifyPassword(PASSWORD, stored), RIGHT)
  for (const wrong of ['', 'Correct horse battery', 'correct horse batter', `${PASSWORD} `, ` ${PASSWORD}`]) {
    assert.deepEqual(verifyPassword(wrong, stored), WRONG)
  }
})

test('E2: every byte counts, beyond the 72nd too', () => {
  const prefix = 'x'.repeat(72)
  const stored = hashPassword(`${prefix}a`)
  assert.deepEqual(verifyPassword(`${prefix}a`, stored), RIGHT)
  assert.deepEqual(verifyPassword(`${prefix}b`, stored), WRONG)
  assert.deepEqual(verifyPassword(prefix, stored), WRONG)
  const longest = 'y'.repeat(MAXIMUM_PASSWORD_BYTES)
  assert.deepEqual(verifyPassword(longest, hashPassword(longest)), RIGHT)
})

test('E2: two ways to type a letter are one password; letters that look different are not', () => {
  const stored = hashPassword('caf\u00e9 am See')
  assert.deepEqual(verifyPassword('cafe\u0301 am See', stored), RIGHT)
  assert.deepEqual(verifyPassword('cafe am See', stored), WRONG)
  assert.deepEqual(verifyPassword('x\u00b2 + y', hashPassword('x2 + y')), WRONG)
})

test('a system that did not normalise is met with the password as it was typed', () => {
  assert.deepEqual(verifyPassword('cafe\u0301', bcrypt4('cafe\u0301')), RIGHT_BUT_OLD)
  assert.deepEqual(verifyPassword('cafe\u0301', bcrypt4('caf\u00e9')), RIGHT_BUT_OLD)
  assert.deepEqual(verifyPassword('caf\u00e9', bcrypt4('cafe\u0301')), WRONG)
})

test('E5: bcrypt never sees a part of a password', () => {
  const at72 = 'x'.repeat(72)
  assert.deepEqual(verifyPassword(at72, bcrypt4(at72)), RIGHT_BUT_OLD)
  assert.deepEqual(verifyPassword(`${at72}y`, bcrypt4(at72)), problem('password_unsuitable'))
  assert.deepEqual(verifyPassword('é'.repeat(37), bcrypt4('é'.repeat(36))), problem('password_unsuitable'))
  // Django's variant hashes first, so there is nothing to cut.
  const long = `${at72}${at72}`
  const stored = `bcrypt_sha256$${bcrypt4(createHash('sha256').update(long).digest('hex'))}`
  assert.deepEqual(verifyPassword(long, stored), RIGHT_BUT_OLD)
  assert.deepEqual(verifyPassword(`${long}y`, stored), WRONG)
})

test('E5: NUL, half a surrogate pair and endless text match nothing and are not hashed', () => {
  const impossible = [
    '\0',
    `${PASSWORD}\0`,
    `${PASSWORD}\0x`,
    'a\uD800',
    'x'.repeat(MAXIMUM_PASSWORD_BYTES + 1),
  ]
  for (const password of impossible) {
    assert.throws(() => hashPassword(password), RangeError)
    for (const stored of [...Object.values(imported), hashPassword(PASSWORD), undefined]) {
      assert.deepEqual(verifyPassword(password, stored), problem('password_unsuitable'))
    }
  }
})

test('E6: nobody has the hash that stands for an unknown name', () => {
  for (const password of ['', PASSWORD, 'A']) assert.deepEqual(verifyPassword(password, undefined), WRONG)
})
