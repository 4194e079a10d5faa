import assert from 'node:assert/strict'
import { createHash, createHmac, createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { hmacAlgorithms } from './algorithm.ts'
import { hmacCheck } from './hmac.ts'

/** RFC 4231 sections 4.2 to 4.8: key, data, and the MAC by SHA-256 and SHA-512, of which the fifth is cut short there. */
const cases = [
  ['0b'.repeat(20), '4869205468657265', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [
    '4a656665',
    '7768617420646f2079612077616e7420666f72206e6f7468696e673f',
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  ['aa'.repeat(20), 'dd'.repeat(50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
  [
    '0102030405060708090a0b0c0d0e0f10111213141516171819',
    'cd'.repeat(50),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  ],
  [
    'aa'.repeat(131),
    '54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374',
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
] as const

/** Any bytes, the same each time. */
function bytesOf(length: number, label = ''): Buffer {
  return createHash('shake256', { outputLength: length }).update(`${length} ${label}`).digest()
}

test('the MACs of RFC 4231, and none that differs in a bit', () => {
  for (const [key, data, expected] of cases) {
    const isMac = hmacCheck(createSecretKey(Buffer.from(key, 'hex')), hmacAlgorithms.HS256)
    const text = Buffer.from(data, 'hex').toString('latin1')
    const mac = Buffer.from(expected, 'hex')
    assert.equal(isMac(text, mac), true, expected)
    for (let bit = 0; bit < 256; bit++) {
      const other = Buffer.from(mac)
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(isMac(text, other), false, `bit ${bit}`)
    }
    assert.equal(isMac(`${text}x`, mac), false)
    assert.equal(isMac(text, mac.subarray(1)), false, 'too short')
    assert.equal(isMac(text, Buffer.concat([mac, Buffer.alloc(1)])), false, 'too long')
    assert.equal(isMac(text, Buffer.alloc(0)), false, 'none')
  }
})

for (const [name, facts] of Object.entries(hmacAlgorithms)) {
  test(`${name} is what node:crypto makes of it, for secrets and texts of every length`, () => {
    for (const secretBytes of [1, 32, 63, 64, 65, 127, 128, 129, 500]) {
      const key = createSecretKey(bytesOf(secretBytes))
      const isMac = hmacCheck(key, facts)
      // A long text first: what is left of it must not be part of a shorter one.
      for (const characters of [8192, 8193, 20_000, 8191, 600, 64, 1, 0]) {
        const text = bytesOf(characters).toString('latin1')
        const mac = createHmac(facts.digest, key).update(text, 'latin1').digest()
        const where = `${secretBytes} bytes, ${characters} characters`
        assert.equal(isMac(text, mac), true, where)
        assert.equal(isMac(`${text.slice(1)}${text.length > 0 ? '' : 'x'}`, mac), false, where)
        assert.equal(isMac(text, createHmac(facts.digest, 'another').update(text).digest()), false, where)
        assert.equal(isMac(text, bytesOf(facts.macBytes, 'other')), false, where)
      }
    }
  })
}

test('keys of one process do not get into each other', () => {
  const keys = ['a', 'b', 'c', 'd'].map((label) => createSecretKey(bytesOf(32, label)))
  const checks = keys.map((key) => hmacCheck(key, hmacAlgorithms.HS256))
  for (let turn = 0; turn < 40; turn++) {
    const text = bytesOf(turn * 20).toString('base64url')
    for (const [at, key] of keys.entries()) {
      const mac = createHmac('sha256', key).update(text).digest()
      const whose = checks.map((isMac) => isMac(text, mac))
      assert.deepEqual(
        whose,
        keys.map((_, other) => other === at),
      )
    }
  }
})
