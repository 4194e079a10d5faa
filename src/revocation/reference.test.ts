import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { digestReference, kindOf, readUuid, uuidText } from './reference.ts'

const words = new Int32Array(4)

test('a random UUID is read and written back, with its kind', () => {
  fc.assert(
    fc.property(fc.uuid({ version: 4 }), fc.nat(14), (uuid, kind) => {
      assert.equal(readUuid(uuid, kind, words), true)
      assert.equal(kindOf(words), kind)
      assert.equal(uuidText(words), uuid)
    }),
  )
})

test('the kinds of one reference are different words', () => {
  const seen = new Set<string>()
  for (let kind = 0; kind < 15; kind++) {
    readUuid('0b5e8f0a-6d0c-4a51-9b1e-0d9a5f6b7c8d', kind, words)
    seen.add(words.join())
  }
  assert.equal(seen.size, 15)
})

test('any other spelling is not a random UUID', () => {
  const others = [
    '',
    'first-party',
    '00000000-0000-0000-0000-000000000000',
    '0B5E8F0A-6D0C-4A51-9B1E-0D9A5F6B7C8D',
    '0b5e8f0a-6d0c-7a51-9b1e-0d9a5f6b7c8d',
    '0b5e8f0a-6d0c-4a51-9b1e-0d9a5f6b7c8',
    '0b5e8f0a-6d0c-4a51-9b1e-0d9a5f6b7c8d0',
    '0b5e8f0a06d0c-4a51-9b1e-0d9a5f6b7c8d',
    '0b5e8f0a-6d0c04a51-9b1e-0d9a5f6b7c8d',
    '0b5e8f0a-6d0c-4a5109b1e-0d9a5f6b7c8d',
    '0b5e8f0a-6d0c-4a51-9b1e00d9a5f6b7c8d',
    '0b5e8f0g-6d0c-4a51-9b1e-0d9a5f6b7c8d',
    '0b5e8f0a-6d0c-4a51-9b1e-0d9a5f6b7c8 ',
    '0b5e8f0a-6d0c-4a51-9b1e-0d9a5f6b7c8\u0164',
    '0b5e8f0a-6d0c-4a51-9b1e-0d9a5f6b7c8\u0000',
    '\u{1f511}b5e8f0-6d0c-4a51-9b1e-0d9a5f6b7c8d',
  ]
  for (const other of others) assert.equal(readUuid(other, 1, words), false, JSON.stringify(other))
})

test('every single change of a UUID makes it another or none', () => {
  const uuid = '0b5e8f0a-6d0c-4a51-9b1e-0d9a5f6b7c8d'
  readUuid(uuid, 0, words)
  const original = words.join()
  fc.assert(
    fc.property(fc.nat(35), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), (at, put) => {
      const changed = uuid.slice(0, at) + put + uuid.slice(at + 1)
      fc.pre(changed !== uuid)
      assert.ok(!readUuid(changed, 0, words) || words.join() !== original)
    }),
    { numRuns: 2000 },
  )
})

test('a digest keeps the kind and tells texts apart', () => {
  digestReference('first-party', 3, words)
  const one = words.join()
  assert.equal(kindOf(words), 3)
  digestReference('first-partz', 3, words)
  assert.notEqual(words.join(), one)
})
