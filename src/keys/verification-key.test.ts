import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { test } from 'node:test'
import { hmacAlgorithms, publicAlgorithms } from './algorithm.ts'
import { generateSigningKey } from './signing-key.ts'
import { hmacVerificationKey, importPublicJwk } from './verification-key.ts'

const TEXT = 'header.payload'

test('A20: a key that was withdrawn verifies nothing, also what it signed before', () => {
  const key = generateSigningKey('EdDSA')
  const signature = key.sign(TEXT)
  assert.ok(key.verification.verify(TEXT, signature))
  key.verification.withdraw()
  assert.equal(key.verification.usable, false)
  assert.equal(key.verification.verify(TEXT, signature), false)
})

test('A13: a signature has one length: numbers with zeros before them are another text of the same token', () => {
  for (const algorithm of ['ES256', 'ES384'] as const) {
    const key = generateSigningKey(algorithm)
    const signature = Buffer.from(key.sign(TEXT))
    const half = publicAlgorithms[algorithm].coordinateBytes
    const zero = Buffer.alloc(1)
    const longer = Buffer.concat([zero, signature.subarray(0, half), zero, signature.subarray(half)])
    assert.ok(key.verification.verify(TEXT, signature))
    assert.equal(key.verification.verify(TEXT, longer), false)
  }
})

test('A15: a secret has at least as many bytes as the MAC of its algorithm', () => {
  for (const [algorithm, { macBytes }] of Object.entries(hmacAlgorithms)) {
    const make = (bytes: number) =>
      hmacVerificationKey(randomBytes(bytes), 'k', algorithm as keyof typeof hmacAlgorithms)
    assert.equal(make(macBytes).algorithm, algorithm)
    for (const bytes of [0, 1, macBytes - 1]) assert.throws(() => make(bytes), RangeError, `${bytes}`)
  }
})

test('RFC 7518 section 3.5: the salt of PSS is as long as the hash', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = importPublicJwk({ ...publicKey.export({ format: 'jwk' }), alg: 'PS256' })
  const signed = (saltLength: number) =>
    sign('sha256', Buffer.from(TEXT), {
      key: privateKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength,
    })
  const verdicts = [32, 0, 20, 31, 64].map((saltLength) => key.verify(TEXT, signed(saltLength)))
  assert.deepEqual(verdicts, [true, false, false, false, false])
})

test('A16: the length of an RSA key is counted in bits, and need not fill a byte', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2050 })
  const jwk = { ...publicKey.export({ format: 'jwk' }), alg: 'RS256' }
  assert.ok(importPublicJwk(jwk).verify(TEXT, sign('sha256', Buffer.from(TEXT), privateKey)))
  const of2048 = Buffer.alloc(256, 0xff)
  const of2047 = Buffer.from(of2048).fill(0x7f, 0, 1)
  assert.ok(importPublicJwk({ ...jwk, n: of2048.toString('base64url') }))
  assert.throws(() => importPublicJwk({ ...jwk, n: of2047.toString('base64url') }), { code: 'JWK_REFUSED' })
})
