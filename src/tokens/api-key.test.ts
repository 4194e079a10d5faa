import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomId, systemRandom } from '../base/random.ts'
import { makeApiKey, readApiKey } from './api-key.ts'

test('F-7: a key tells whose it is, and with one letter mistyped, two swapped or one lost it is none', () => {
  const userId = randomId(systemRandom)
  const key = makeApiKey(userId, systemRandom)
  assert.deepEqual(readApiKey(key), { userId })
  for (let at = 0; at < key.length; at++) {
    const [before, letter, next = '', rest] = [key.slice(0, at), key[at], key[at + 1], key.slice(at + 2)]
    const mistyped = before + (letter === 'A' ? 'B' : 'A') + next + rest
    const swapped = before + next + letter + rest
    for (const wrong of [mistyped, swapped, before + next + rest]) {
      if (wrong !== key) assert.equal(readApiKey(wrong), undefined, `${at}: ${wrong}`)
    }
  }
})

test('F-7: a key holds 256 bits of its own', () => {
  let asked = 0
  const random = (bytes: number) => {
    asked += bytes
    return systemRandom(bytes)
  }
  const userId = randomId(systemRandom)
  const keys = new Set(Array.from({ length: 100 }, () => makeApiKey(userId, random)))
  assert.deepEqual([keys.size, asked], [100, 3200])
})
