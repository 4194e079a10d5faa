import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { encodeBase64Url } from '../../src/base/base64url.ts'
import { AuthError } from '../../src/errors/auth-error.ts'
import { Refusal } from '../../src/errors/refusal.ts'
import { generateSigningKey } from '../../src/keys/signing-key.ts'
import type { KeyLookup } from '../../src/keys/verification-key.ts'
import { importPublicJwk } from '../../src/keys/verification-key.ts'
import type { AccessToken } from '../../src/model/access-token.ts'
import { type AccessReaderOptions, createAccessReader } from '../../src/tokens/read-access.ts'
import { AUDIENCE, accessClaims, sign } from '../verify/stand-in.ts'

const ISSUER = 'https://issuer.example'
const key = generateSigningKey('ES256')
const keys: KeyLookup = (kid) => (kid === key.kid ? key.verification : undefined)

function readerOf(options: Partial<AccessReaderOptions> = {}) {
  return createAccessReader({
    issuer: ISSUER,
    audience: AUDIENCE,
    keys,
    clock: { now: Date.now, elapsed: () => 0 },
    maxLifetimeSeconds: 3600,
    ...options,
  })
}

const codeOf = (outcome: AccessToken | Refusal): string => (outcome instanceof Refusal ? outcome.code : 'ok')

test('A4: no text and no key of another kind passes for a key', () => {
  // @ts-expect-error: a text is no key.
  const texts: KeyLookup = () => 'secret'
  // @ts-expect-error: nor is one of node:crypto, which would not say its algorithm.
  const objects: KeyLookup = () => generateKeyPairSync('ed25519').publicKey
  // @ts-expect-error: nor an object that merely looks like one.
  const likenesses: KeyLookup = () => ({ kid: key.kid, algorithm: 'ES256', usable: true, verify: () => true })
  const token = sign(key, accessClaims(ISSUER))
  for (const lookup of [texts, objects]) assert.notEqual(codeOf(readerOf({ keys: lookup }).read(token)), 'ok')
  assert.ok(likenesses)
})

test('A13: one token has one text: every other spelling of its parts is refused', () => {
  const { read } = readerOf()
  const token = sign(key, accessClaims(ISSUER))
  const [header = '', payload = '', signature = ''] = token.split('.')
  assert.equal(codeOf(read(token)), 'ok')
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const stray = alphabet[(alphabet.indexOf(signature.at(-1) ?? '') & 48) | 1] ?? ''
  const others = [
    `${token}=`,
    `${token}==`,
    `${token}\n`,
    ` ${token}`,
    `${header}=.${payload}.${signature}`,
    `${header}.${payload}=.${signature}`,
    `${header}.${payload}.${signature.slice(0, -1)}${stray}`,
    `${header}. ${payload}.${signature}`,
    `${header}..${payload}.${signature}`,
    `${token}.`,
    `.${token}`,
    `${header}.${payload}`,
    `${header}.${payload}.`,
    `..${signature}`,
    token.replaceAll('-', '+').replaceAll('_', '/') === token
      ? `${token}+`
      : token.replaceAll('-', '+').replaceAll('_', '/'),
    JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
    JSON.stringify({ payload, protected: header, signature }),
    `${header}.${payload}.${signature}.${header}.${payload}`,
  ]
  for (const other of others) {
    if (other === token) continue
    const outcome = read(other)
    assert.ok(outcome instanceof Refusal, other)
    assert.equal(outcome.clientCode, 'token_malformed', other)
  }
})

test('A12: of 8192 characters a token is looked at, of one more it is not', () => {
  const { read } = readerOf()
  assert.equal(codeOf(read('a'.repeat(8192))), 'TOKEN_OPAQUE')
  assert.equal(codeOf(read('a'.repeat(8193))), 'TOKEN_TOO_LARGE')
})

test('A11: a time beyond all numbers is none: it would be fresh for ever', () => {
  const part = encodeBase64Url
  const claims = JSON.stringify(accessClaims(ISSUER, { auth_time: 7 }))
  const signed = (text: string) => {
    const input = `${part(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: key.kid }))}.${part(text)}`
    return `${input}.${part(key.sign(input))}`
  }
  const { read } = readerOf()
  assert.equal(codeOf(read(signed(claims))), 'ok')
  const endless = claims.replace('"auth_time":7', '"auth_time":1e999')
  assert.equal(codeOf(read(signed(endless))), 'CLAIM_WRONG_TYPE')
})

test('what ends a session may be over, revoked or early, and is otherwise asked everything', () => {
  const now = Math.floor(Date.now() / 1000)
  const { read, readExpired } = readerOf({ revocation: () => 'TOKEN_REVOKED' })
  const verdicts = (claims: object, header: object = {}) => {
    const token = sign(key, accessClaims(ISSUER, { ...claims }), { ...header })
    return [codeOf(read(token)), codeOf(readExpired(token))]
  }
  assert.deepEqual(verdicts({}), ['TOKEN_REVOKED', 'ok'])
  assert.deepEqual(verdicts({ iat: now - 900, exp: now - 60 }), ['TOKEN_EXPIRED', 'ok'])
  assert.deepEqual(verdicts({ iat: now + 60, exp: now + 900 }), ['CLOCK_VERIFIER_BEHIND', 'ok'])
  for (const claims of [{ aud: 'x' }, { iss: 'https://x.example/a' }, { exp: now + 9999 }, { cnf: {} }]) {
    const [one, other] = verdicts(claims)
    assert.equal(one, other)
    assert.notEqual(one, 'ok')
  }
  assert.deepEqual(verdicts({}, { typ: 'JWT' }), ['TOKEN_TYP_MISMATCH', 'TOKEN_TYP_MISMATCH'])
})

test('A16: RSA keys that are weak never become keys', () => {
  const { n = '' } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })
  const short =
    generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }).n ?? ''
  const good = { kty: 'RSA', alg: 'RS256', n, e: 'AQAB' }
  assert.equal(importPublicJwk(good).algorithm, 'RS256')
  const number = (...bytes: number[]) => encodeBase64Url(Uint8Array.from(bytes))
  const weak = [
    { n: short },
    { e: number(1) },
    { e: number(2) },
    { e: number(1, 0, 0) },
    { e: number(0, 1, 0, 1) },
    { e: '' },
    { e: number(1, 0, 0, 0, 1) },
    { n: '' },
    { n: `${n}AA`.repeat(8) },
    { n: `AAAA${n}` },
  ]
  for (const part of weak) {
    assert.throws(() => importPublicJwk({ ...good, ...part }), AuthError, JSON.stringify(part).slice(0, 60))
  }
})

test('A18: a forged token is called forged, whatever else is wrong with it', () => {
  const { read } = readerOf()
  const forger = generateSigningKey('ES256')
  const wrongs = [
    { exp: 1 },
    { iss: 'https://other.example/a' },
    { aud: 'https://other.example' },
    { iat: 9_999_999_999, exp: 9_999_999_999 },
    { cnf: { jkt: 'x' } },
  ]
  for (const wrong of wrongs) {
    assert.equal(codeOf(read(sign(forger, accessClaims(ISSUER, wrong), { kid: key.kid }))), 'SIG_WRONG_KEY')
    assert.notEqual(codeOf(read(sign(key, accessClaims(ISSUER, wrong)))), 'SIG_WRONG_KEY')
  }
})

test('A20: what is remembered is overruled by a revocation, its end, and its key', () => {
  let now = Date.now()
  let revoked = ''
  const own = generateSigningKey('EdDSA')
  const { read } = readerOf({
    keys: (kid) => (kid === own.kid ? own.verification : undefined),
    clock: { now: () => now, elapsed: () => 0 },
    revocation: ({ claims }, kid) =>
      claims.jti === revoked ? 'TOKEN_REVOKED' : kid === revoked ? 'SIGNING_KEY_REVOKED' : undefined,
  })
  const token = sign(own, accessClaims(ISSUER, { jti: 'one' }))
  const another = sign(own, accessClaims(ISSUER, { jti: 'two' }))
  const remember = () => {
    for (let time = 0; time < 4; time++)
      for (const text of [token, another]) assert.equal(codeOf(read(text)), 'ok')
  }
  remember()
  revoked = 'one'
  assert.deepEqual(
    [token, another].map((text) => codeOf(read(text))),
    ['TOKEN_REVOKED', 'ok'],
  )
  revoked = own.kid
  assert.deepEqual(
    [token, another].map((text) => codeOf(read(text))),
    ['SIGNING_KEY_REVOKED', 'SIGNING_KEY_REVOKED'],
  )
  revoked = ''
  remember()
  now += 306_000
  assert.equal(codeOf(read(token)), 'TOKEN_EXPIRED')
  now -= 306_000
  remember()
  own.verification.withdraw()
  assert.equal(codeOf(read(token)), 'SIGNING_KEY_REVOKED')
})

test('A20: a text with the same end as a remembered one is none of it', () => {
  const { read } = readerOf()
  const token = sign(key, accessClaims(ISSUER))
  for (let time = 0; time < 3; time++) assert.equal(codeOf(read(token)), 'ok')
  const end = token.slice(-12)
  const [header, , signature = ''] = token.split('.')
  const payload = encodeBase64Url(JSON.stringify(accessClaims(ISSUER, { roles: ['admin'] })))
  for (const other of [
    `${header}.${payload}.${signature}`,
    `${header}.${payload}.${'A'.repeat(signature.length - 12)}${end}`,
    end,
    `..${end}`,
    '',
    end.slice(-3),
  ]) {
    for (let time = 0; time < 3; time++) assert.ok(read(other) instanceof Refusal)
  }
  assert.equal(codeOf(read(token)), 'ok', 'nor does it put the genuine one out')
})
