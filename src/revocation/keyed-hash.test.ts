import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createKeyedHash } from './keyed-hash.ts'

/** HalfSipHash-c-d over bytes, written for reading; proven by published values, then the yardstick for the fast one. */
function halfSipHash(key: Uint8Array, message: Uint8Array, c: number, d: number): number {
  const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by))
  const [k0, k1] = [Buffer.from(key).readInt32LE(0), Buffer.from(key).readInt32LE(4)]
  let [v0, v1, v2, v3] = [k0, k1, 0x6c796765 ^ k0, 0x74656462 ^ k1]
  const rounds = (count: number): void => {
    for (let round = 0; round < count; round++) {
      v0 = (v0 + v1) | 0
      v1 = rotate(v1, 5) ^ v0
      v0 = rotate(v0, 16)
      v2 = (v2 + v3) | 0
      v3 = rotate(v3, 8) ^ v2
      v0 = (v0 + v3) | 0
      v3 = rotate(v3, 7) ^ v0
      v2 = (v2 + v1) | 0
      v1 = rotate(v1, 13) ^ v2
      v2 = rotate(v2, 16)
    }
  }
  const padded = Buffer.alloc((Math.floor(message.length / 4) + 1) * 4)
  padded.set(message)
  padded[padded.length - 1] = message.length & 0xff
  for (let at = 0; at < padded.length; at += 4) {
    v3 ^= padded.readInt32LE(at)
    rounds(c)
    v0 ^= padded.readInt32LE(at)
  }
  v2 ^= 0xff
  rounds(d)
  return (v1 ^ v3) >>> 0
}

test('the yardstick gives the published values of HalfSipHash-2-4', () => {
  const published = [
    0x5b9f35a9, 0xb85a4727, 0x03a662fa, 0x04e7fe8a, 0x89466e2a, 0x69b6fac5, 0x23fc6358, 0xc563cf8b,
    0x8f84b8d0, 0x79e706f8, 0x3479b094, 0x50300808, 0x2f87f057, 0xff63e677, 0x7cf8ffd6, 0x972bfe74,
    0x84acb5d9, 0x5b6474c4, 0x9b8d5b46, 0x87e3ef7b,
  ]
  const key = Uint8Array.from({ length: 8 }, (_, index) => index)
  for (const [length, value] of published.entries()) {
    const message = Uint8Array.from({ length }, (_, index) => index)
    assert.equal(halfSipHash(key, message, 2, 4), value, `${length} bytes`)
  }
})

test('the table hash is HalfSipHash-1-3 of the four words', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  fc.assert(
    fc.property(bytes(8), bytes(16), (key, reference) => {
      const words = Int32Array.from({ length: 4 }, (_, index) =>
        Buffer.from(reference).readInt32LE(4 * index),
      )
      assert.equal(createKeyedHash(key)(words) >>> 0, halfSipHash(key, reference, 1, 3))
    }),
  )
})

test('another key puts the same references elsewhere', () => {
  const words = Int32Array.of(1, 2, 3, 4)
  const places = new Set<number>()
  for (let key = 0; key < 64; key++) places.add(createKeyedHash(new Uint8Array(8).fill(key))(words))
  assert.equal(places.size, 64)
})

test('a key of another length is refused', () => {
  assert.throws(() => createKeyedHash(new Uint8Array(7)), RangeError)
  assert.throws(() => createKeyedHash(new Uint8Array(16)), RangeError)
})
