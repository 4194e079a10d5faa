import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeBase64Url, encodeBase64Url } from '../base/base64url.ts'
import { systemRandom } from '../base/random.ts'
import { seal, sealedWith, unseal } from './seal.ts'
import { createSecretKeys } from './secret-keys.ts'

const [NEW, OLD] = ['a', 'b'].map((letter) => letter.repeat(43)) as [string, string]
const keys = createSecretKeys([NEW, OLD])
const { writing } = keys
const make = (plain = 'a private key', purpose = 'signing-key k') =>
  seal(plain, purpose, writing, systemRandom)

test('what is sealed is read again, by every entry of the list and for its purpose alone', () => {
  for (const plain of ['', 'a private key', 'ü\u0000€', 'x'.repeat(100_000)]) {
    assert.deepEqual(unseal(make(plain), 'signing-key k', keys), { plain })
  }
  const byOld = seal('plain', 'p', createSecretKeys([OLD]).writing, systemRandom)
  assert.deepEqual(unseal(byOld, 'p', keys), { plain: 'plain' })
  assert.equal(sealedWith(byOld), keys.fingerprints[1])
  for (const purpose of ['', 'signing-key', 'signing-key l', 'signing-key k ']) {
    assert.deepEqual(unseal(make(), purpose, keys), { unreadable: 'damaged' }, purpose)
  }
})

test('one text is never sealed twice with one nonce', () => {
  const nonces = Array.from({ length: 100 }, () =>
    decodeBase64Url(make().split('.')[2] ?? '')?.toString('hex', 0, 12),
  )
  assert.equal(new Set(nonces).size, 100)
})

test('a secret key that is not at hand is told from a text that was changed', () => {
  const others = createSecretKeys(['c'.repeat(43)])
  assert.deepEqual(unseal(make(), 'signing-key k', others), { unreadable: 'key_missing' })
  const [version, fingerprint, text = ''] = make().split('.')
  const body = decodeBase64Url(text) ?? Buffer.alloc(0)
  const bodies = [
    ...Array.from(body, (byte, at) => Buffer.from(body).fill(byte ^ 1, at, at + 1)),
    ...Array.from(body, (_, length) => body.subarray(0, length)),
    Buffer.concat([body, Buffer.alloc(1)]),
  ]
  for (const changed of bodies) {
    const sealed = `${version}.${fingerprint}.${encodeBase64Url(changed)}`
    assert.deepEqual(unseal(sealed, 'signing-key k', keys), { unreadable: 'damaged' })
  }
  for (const sealed of [
    '',
    's1',
    `s1.${fingerprint}`,
    `s2.${fingerprint}.${text}`,
    `s1.${fingerprint}.${text}=`,
  ]) {
    assert.deepEqual(unseal(sealed, 'signing-key k', keys), { unreadable: 'damaged' }, sealed)
  }
})
