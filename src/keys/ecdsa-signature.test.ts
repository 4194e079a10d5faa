import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { test } from 'node:test'
import { derOfEcdsa, ecdsaOfDer } from './ecdsa-signature.ts'

const curves = [
  ['P-256', 'sha256', 64, 600],
  ['P-384', 'sha384', 96, 60],
  ['P-521', 'sha512', 132, 60],
] as const

for (const [namedCurve, digest, length, rounds] of curves) {
  test(`a signature of ${namedCurve} is as genuine in DER as side by side`, () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
    for (let count = 0; count < rounds; count++) {
      const text = Buffer.from(`text ${count}`)
      const raw = sign(digest, text, { key: privateKey, dsaEncoding: 'ieee-p1363' })
      assert.equal(raw.length, length)
      assert.equal(verify(digest, text, publicKey, derOfEcdsa(raw)), true, raw.toString('hex'))
      raw[count % length] = (raw[count % length] ?? 0) ^ 1
      assert.equal(verify(digest, text, publicKey, derOfEcdsa(raw)), false, raw.toString('hex'))
    }
  })

  test(`a signature that was made in DER by a key of ${namedCurve} is genuine side by side`, () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
    for (let count = 0; count < rounds; count++) {
      const text = Buffer.from(`text ${count}`)
      const raw = ecdsaOfDer(sign(digest, text, privateKey), length / 2)
      assert.equal(raw.length, length)
      const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
      assert.equal(verify(digest, text, key, raw), true, raw.toString('hex'))
    }
  })

  test(`numbers of ${namedCurve} that are short, or whose first bit is set, keep their places`, () => {
    for (const [r, s] of [
      [1, 2],
      [0x80, 1],
      [0, 0xff],
    ] as const) {
      const raw = Buffer.alloc(length)
      raw[length / 2 - 1] = r
      raw[length - 1] = s
      assert.deepEqual(ecdsaOfDer(derOfEcdsa(raw), length / 2), raw)
      raw[0] = r
      raw[length / 2] = s
      assert.deepEqual(ecdsaOfDer(derOfEcdsa(raw), length / 2), raw)
    }
  })

  test(`zeros and numbers beyond the order of ${namedCurve} are no signature`, () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve })
    const text = Buffer.from('text')
    for (const [r, s] of [
      [0, 0],
      [0, 255],
      [255, 0],
      [255, 255],
      [1, 1],
    ] as const) {
      const raw = Buffer.concat([Buffer.alloc(length / 2, r), Buffer.alloc(length / 2, s)])
      assert.equal(verify(digest, text, publicKey, derOfEcdsa(raw)), false)
    }
  })
}

test('the shortest spelling, as DER demands it', () => {
  const der = (hex: string) => derOfEcdsa(Buffer.from(hex, 'hex')).toString('hex')
  assert.equal(der('00010002'), '3006020101020102')
  assert.equal(der('00800000'), '300702020080020100')
  assert.equal(der('0180ff00'), '3009020201800203' + '00ff00')
})
