import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from 'zod'
import { problem, RIGHT_BUT_OLD, WRONG } from '../../test/login/stored-hashes.ts'
import { readStoredHash, verifyPassword } from './password-hash.ts'

/** A file of the shared test data, or undefined where it is not beside this checkout. */
function shared<Shape extends z.ZodType>(name: string, shape: Shape): z.output<Shape> | undefined {
  const file = new URL(`../../../shared/vectors/password-hash/${name}`, import.meta.url)
  return existsSync(file) ? shape.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined
}
const ABSENT = 'the shared test data is not beside this checkout'

test('E4: the reference values of Argon2', (t) => {
  const vector = z.object({
    m_KiB: z.number(),
    t: z.number(),
    password: z.string(),
    encoded: z.string().optional(),
  })
  const file = shared('argon2-reference.json', z.object({ vectors: z.array(vector) }))
  if (file === undefined) return t.skip(ABSENT)
  const counts = { verified: 0, refused: 0, left: 0 }
  for (const { m_KiB, password, encoded } of file.vectors) {
    if (encoded === undefined) counts.left++
    else if (m_KiB > 256 * 1024) {
      assert.equal(readStoredHash(encoded), 'cost_too_high')
      counts.refused++
    } else if (m_KiB > 64 * 1024) counts.left++
    else {
      assert.deepEqual(verifyPassword(password, encoded), RIGHT_BUT_OLD)
      assert.deepEqual(verifyPassword(`${password}!`, encoded), WRONG)
      counts.verified++
    }
  }
  assert.ok(counts.verified >= 10)
  t.diagnostic(`${JSON.stringify(counts)}; left: no text form, or between 64 and 256 MiB`)
  t.diagnostic(
    'argon2id-rfc9106.json is left: it needs a secret and associated data, which no stored hash carries',
  )
})

test('E5: the reference values of bcrypt', (t) => {
  const file = shared(
    'bcrypt-reference.json',
    z.object({
      vectors: z.array(z.object({ hash: z.string(), passwordHex: z.string() })),
      mustRejectSettings: z.array(z.object({ setting: z.string() })),
    }),
  )
  if (file === undefined) return t.skip(ABSENT)
  const counts = { verified: 0, refused: 0, notText: 0 }
  for (const { hash, passwordHex } of file.vectors) {
    const bytes = Buffer.from(passwordHex, 'hex')
    const password = bytes.toString('utf8')
    const isText = Buffer.from(password).equals(bytes)
    if (hash.startsWith('$2x$')) {
      assert.deepEqual(verifyPassword(password, hash), problem('format_refused'))
      counts.refused++
    } else if (isText && bytes.byteLength > 72) {
      assert.deepEqual(verifyPassword(password, hash), problem('password_unsuitable'))
      counts.refused++
    } else if (isText) {
      assert.deepEqual(verifyPassword(password, hash), RIGHT_BUT_OLD)
      assert.deepEqual(verifyPassword(`${password}!`.slice(-70), hash), WRONG)
      counts.verified++
    } else {
      assert.equal(verifyPassword(password, hash).matches, false)
      counts.notText++
    }
  }
  assert.ok(counts.verified >= 3 && counts.refused >= 5)
  t.diagnostic(`${JSON.stringify(counts)}; not text: bytes that no password in UTF-8 has`)
  for (const { setting } of file.mustRejectSettings) {
    assert.equal(typeof readStoredHash(`${setting}${'C'.repeat(31)}`), 'string', setting)
  }
})

test('E4: the values of RFC 7914 for scrypt', (t) => {
  const vector = z.object({
    ...{ password: z.string(), salt: z.string(), hex: z.string() },
    ...{ N: z.number(), r: z.number(), p: z.number() },
  })
  const file = shared('scrypt-rfc7914.json', z.object({ vectors: z.array(vector) }))
  if (file === undefined) return t.skip(ABSENT)
  let verified = 0
  for (const { password, salt, hex, N, r, p } of file.vectors) {
    const stored = `scrypt$${N}$${salt}$${r}$${p}$${Buffer.from(hex, 'hex').toString('base64')}`
    if (salt === '') {
      assert.equal(readStoredHash(stored), 'malformed')
      continue
    }
    assert.deepEqual(verifyPassword(password, stored), RIGHT_BUT_OLD)
    assert.deepEqual(verifyPassword(`${password}!`, stored), WRONG)
    verified++
  }
  assert.ok(verified >= 2)
})
