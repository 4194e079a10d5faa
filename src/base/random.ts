import { randomFillSync } from 'node:crypto'
import { encodeBase64Url } from './base64url.ts'
import { uuidFromBytes } from './uuid.ts'

/** Where randomness comes from: that many unpredictable bytes. Handed in, so that a test can seed or break it. */
export type Random = (bytes: number) => Uint8Array

/** To ask the system costs as much for a few bytes as for many, so they are fetched in advance, as Node's UUIDs are. */
const stock = new Uint8Array(4096)
const LARGEST_FROM_STOCK = 64
let taken = stock.length

/** The operating system's random source. No byte is given out twice, nor kept once it was given out. */
export const systemRandom: Random = (bytes) => {
  if (bytes > LARGEST_FROM_STOCK) return randomFillSync(new Uint8Array(bytes))
  if (taken + bytes > stock.length) {
    randomFillSync(stock)
    taken = 0
  }
  const given = stock.slice(taken, taken + bytes)
  stock.fill(0, taken, taken + bytes)
  taken += bytes
  return given
}

/** A random UUID (version 4, RFC 9562 section 5.4) for ids. An id names a thing; it is not a secret. */
export function randomId(random: Random): string {
  const bytes = random(16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return uuidFromBytes(bytes)
}

/** A random secret as base64url text; 32 bytes (256 bits) unless said otherwise. */
export function randomSecret(random: Random, bytes = 32): string {
  return encodeBase64Url(random(bytes))
}
