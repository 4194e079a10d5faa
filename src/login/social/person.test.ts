import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whyFailed } from './failure.ts'
import { personOfClaims, personOfGithub } from './person.ts'
import { PRESETS } from './presets.ts'

test('D2: an address that is no plain text is none, and so is not proven either', () => {
  for (const email of [
    '',
    5,
    null,
    ['a@example.com'],
    'a\u0000@example.com',
    'a@example.com\n',
    'a\ud800@example.com',
  ]) {
    const person = personOfClaims({ sub: 'one', email, email_verified: true })
    assert.deepEqual([person?.email, person?.emailVerified], [undefined, false], JSON.stringify(email))
    const github = personOfGithub({ user: { id: 1 }, emails: [{ email, primary: true, verified: true }] })
    assert.deepEqual([github?.email, github?.emailVerified], [undefined, false], JSON.stringify(email))
  }
  for (const [verified, expected] of [
    [true, true],
    ['true', false],
    [1, false],
    [undefined, false],
  ]) {
    const person = personOfClaims({ sub: 'one', email: 'a@example.com', email_verified: verified })
    assert.equal(person?.emailVerified, expected, JSON.stringify(verified))
  }
})

test('D2, E17: an address that becomes another one when it is normalised is not proven', () => {
  for (const [email, expected] of [
    ['Alice.B+x@Example.COM', true],
    ['пётр@пример.рф', true],
    ['\uff41lice@example.com', false],
    ['a\u2113ice@example.com', false],
    ['\u212aim@example.com', false],
    [' alice@example.com', false],
    ['alice@evil.example\uff20example.com', false],
    ['alice\uff20example.com', false],
  ] as const) {
    const person = personOfClaims({ sub: 'one', email, email_verified: true })
    assert.deepEqual([person?.email, person?.emailVerified], [email, expected], email)
  }
})

test('D2: Google is believed about addresses that it gives out or keeps, not about a mailbox that somebody had once', () => {
  const google = PRESETS.google.protocol()
  for (const [claims, expected] of [
    [{ email: 'alice@gmail.com' }, true],
    [{ email: 'Alice@GMail.com' }, true],
    [{ email: 'alice@example.com', hd: 'example.com' }, true],
    [{ email: 'alice@example.com' }, false],
    [{ email: 'alice@example.com', hd: '' }, false],
    [{ email: 'alice@gmail.com.example.com' }, false],
    [{ email: 'alice@notgmail.com' }, false],
    [{ email: 'alice@gmail.com', email_verified: false }, false],
  ] as const) {
    const person = personOfClaims({ sub: 'one', email_verified: true, ...claims }, google)
    assert.deepEqual([person?.email, person?.emailVerified], [claims.email, expected], JSON.stringify(claims))
  }
})

test('what is logged of an answer that is no JSON does not quote it', async () => {
  const error = await new Response('{"email":"alice@example.com"').json().catch((failed: unknown) => failed)
  const { cause, why } = whyFailed(error)
  assert.deepEqual([cause, why], ['PROVIDER_UNAVAILABLE', 'no JSON'])
})
