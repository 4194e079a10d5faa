import crypto, { createHmac, type KeyObject } from 'node:crypto'
import { equalInConstantTime } from '../base/constant-time.ts'

/** The MAC of a text. Both are latin1, one character a byte: a Buffer for each would cost as much as its hash. */
export type Mac = (text: string) => string

/** Whether this is the MAC of the text. The text is ASCII. */
export type HmacCheck = (text: string, mac: Uint8Array) => boolean

interface HmacSizes {
  readonly digest: 'sha256' | 'sha384' | 'sha512'
  readonly macBytes: number
}

const BLOCK_BYTES = { sha256: 64, sha384: 128, sha512: 128 } as const

/** Room for the longest text that a token signs; a longer one is given to `createHmac`. */
const ROOM_BYTES = 8192

/**
 * HMAC (RFC 2104) as its two hashes, over memory that is prepared once: an `Hmac` of node:crypto is a stream, and making
 * one takes longer than to hash a token.
 */
export function hmacOf(key: KeyObject, { digest, macBytes }: HmacSizes): Mac {
  const plainly: Mac = (text) => createHmac(digest, key).update(text, 'latin1').digest('binary')
  const { hash } = crypto
  // Missing in some runtimes that have node:crypto.
  if (typeof hash !== 'function') return plainly

  const blockBytes = BLOCK_BYTES[digest]
  const secret = key.export()
  const short = secret.length > blockBytes ? crypto.hash(digest, secret, 'buffer') : secret
  const padded = (pad: number, room: number): Buffer => {
    const bytes = Buffer.alloc(blockBytes + room, pad)
    for (const [at, byte] of short.entries()) bytes[at] = byte ^ pad
    return bytes
  }
  const inner = padded(0x36, ROOM_BYTES)
  const outer = padded(0x5c, macBytes)
  const inTwoHashes: Mac = (text) => {
    if (text.length > ROOM_BYTES) return plainly(text)
    const end = blockBytes + inner.write(text, blockBytes, 'latin1')
    outer.write(hash(digest, inner.subarray(0, end), 'binary'), blockBytes, 'latin1')
    return hash(digest, outer, 'binary')
  }
  // One try before it is relied on: a runtime that hashes otherwise shall refuse no token for it.
  return inTwoHashes('') === plainly('') ? inTwoHashes : plainly
}

/** The comparison takes the same time wherever the two differ. */
export function hmacCheck(key: KeyObject, sizes: HmacSizes): HmacCheck {
  const macOf = hmacOf(key, sizes)
  const own = Buffer.alloc(sizes.macBytes)
  return (text, mac) => {
    own.write(macOf(text), 'latin1')
    return equalInConstantTime(own, mac)
  }
}
