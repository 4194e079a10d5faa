/** Two words that stand for a text, written into the first two places. */
export type KeyedTextHash = (text: string, words: Int32Array) => void

const KEY_BYTES = 8
const FINISHING_ROUNDS = 3

/**
 * HalfSipHash-1-3 with its 64-bit result over UTF-16 text, two units a word. Keyed, so that whoever can choose texts
 * cannot make two of them meet. Aumasson and Bernstein, "SipHash: a fast short-input PRF".
 */
export function createKeyedTextHash(key: Uint8Array): KeyedTextHash {
  if (key.byteLength !== KEY_BYTES) throw new RangeError('the key has 8 bytes')
  const view = new DataView(key.buffer, key.byteOffset)
  const k0 = view.getInt32(0, true)
  const k1 = view.getInt32(4, true)

  return (text, words) => {
    let v0 = k0
    let v1 = k1 ^ 0xee
    let v2 = 0x6c796765 ^ k0
    let v3 = 0x74656462 ^ k1
    const { length } = text
    const last = (length + 1) >> 1
    const rounds = last + 1 + 2 * FINISHING_ROUNDS
    for (let round = 0; round < rounds; round++) {
      // The words of the text, its length, and then two times three rounds that take in nothing and finish.
      let word = 0
      if (round < last) {
        const at = 2 * round
        word = text.charCodeAt(at) | (at + 1 < length ? text.charCodeAt(at + 1) << 16 : 0)
      } else if (round === last) word = length
      v3 ^= word
      if (round === last + 1) v2 ^= 0xee
      else if (round === last + 1 + FINISHING_ROUNDS) v1 ^= 0xdd
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
      if (round === last + FINISHING_ROUNDS) words[0] = v1 ^ v3
    }
    words[1] = v1 ^ v3
  }
}
