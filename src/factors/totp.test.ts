import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../base/random.ts'
import { codeOf, keyUri, stepAt, stepOf, TOTP_SECRET_BYTES } from './totp.ts'

const SECRET = Buffer.from('12345678901234567890')

test('RFC 4226 appendix D: the first ten codes', () => {
  const codes = Array.from({ length: 10 }, (_, step) => codeOf(SECRET, step))
  assert.deepEqual(codes, [
    ...['755224', '287082', '359152', '969429', '338314'],
    ...['254676', '287922', '162583', '399871', '520489'],
  ])
})

test('E14: a code counts in its own step and in the ones beside it, and in no other', () => {
  const now = Date.parse('2026-11-23T08:00:17Z')
  const code = codeOf(SECRET, stepAt(now))
  for (const [seconds, counts] of [
    [-48, false],
    [-47, true],
    [0, true],
    [42, true],
    [43, false],
  ] as const) {
    const found = stepOf(SECRET, code, now + seconds * 1000)
    assert.equal(found, counts ? stepAt(now) : undefined, `${seconds} s`)
  }
})

test('a text that is no code of this secret is none', () => {
  const now = Date.now()
  const code = codeOf(SECRET, stepAt(now))
  for (const text of ['', code.slice(1), `${code}0`, ` ${code}`, code.replace(/\d/, 'x'), '٠٠٠٠٠٠']) {
    assert.equal(stepOf(SECRET, text, now), undefined)
  }
  assert.equal(stepOf(systemRandom(TOTP_SECRET_BYTES), code, now), undefined)
})

test('the key URI names service and account, whatever they hold', () => {
  const uri = new URL(keyUri(SECRET, 'Shop: & Söhne', 'a+b@example.com'))
  assert.equal(uri.protocol, 'otpauth:')
  assert.equal(decodeURIComponent(uri.pathname), '/Shop: & Söhne:a+b@example.com')
  assert.deepEqual(Object.fromEntries(uri.searchParams), {
    secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    issuer: 'Shop: & Söhne',
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  })
})
