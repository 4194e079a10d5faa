/** The hash of four words, as a signed 32-bit number. */
export type KeyedHash = (words: Int32Array) => number

const KEY_BYTES = 8
const WORDS = 4
const ROUNDS = WORDS + 1 + 3

/**
 * HalfSipHash-1-3 with a 32-bit result: the keyed hash that Linux uses for its tables, made of 32-bit additions,
 * rotations and XORs. It only decides where in a table an entry lies. Its secret key keeps whoever can choose
 * references from piling them up in one place; it proves nothing, and what is found is compared in full.
 * Aumasson and Bernstein, "SipHash: a fast short-input PRF".
 */
export function createKeyedHash(key: Uint8Array): KeyedHash {
  if (key.byteLength !== KEY_BYTES) throw new RangeError('the key has 8 bytes')
  const view = new DataView(key.buffer, key.byteOffset)
  const k0 = view.getInt32(0, true)
  const k1 = view.getInt32(4, true)
  const length = (4 * WORDS) << 24

  return (words) => {
    let v0 = k0
    let v1 = k1
    let v2 = 0x6c796765 ^ k0
    let v3 = 0x74656462 ^ k1
    for (let round = 0; round < ROUNDS; round++) {
      // Five rounds take in a word each; the last three take in nothing and finish.
      const word = round < WORDS ? (words[round] ?? 0) : round === WORDS ? length : 0
      v3 ^= word
      if (round === WORDS + 1) v2 ^= 0xff
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
      v0 ^= word
    }
    return v1 ^ v3
  }
}
