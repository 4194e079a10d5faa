import { EVERYTHING, NOTHING } from './entry-table.ts'
import type { KeyedHash } from './keyed-hash.ts'
import { kindOf } from './reference.ts'

const BITS = 2 ** 26
const BITS_AN_ENTRY = 3
const KINDS = 16

/**
 * Where entries go that found no room: coarser, never dropped. A Bloom filter of 8 MiB that says of every entry given
 * to it that it is there, and of a few others too: with a million entries inside about 1 in 11,000, with five million
 * 1 in 125. Counters are coarser as well: the largest one given for a kind holds for all of that kind. It is forgotten
 * as a whole when the last entry given to it has ended.
 */
export class OverflowFilter {
  readonly #hash: KeyedHash
  readonly #leasts = new Float64Array(KINDS).fill(NOTHING)
  #bits: Uint32Array | undefined
  #end = 0

  constructor(hash: KeyedHash) {
    this.#hash = hash
  }

  get inUse(): boolean {
    return this.#bits !== undefined
  }

  holds(kind: number): boolean {
    return this.#leasts[kind] !== NOTHING
  }

  add(words: Int32Array, least: number, end: number): void {
    this.#bits ??= new Uint32Array(BITS / 32)
    const kind = kindOf(words)
    this.#leasts[kind] = Math.max(this.#leasts[kind] ?? EVERYTHING, least)
    this.#end = Math.max(this.#end, end)
    let position = this.#hash(words)
    for (let count = 0; count < BITS_AN_ENTRY; count++) {
      const at = position >>> 11
      this.#bits[at] = (this.#bits[at] ?? 0) | (1 << ((position >>> 6) & 31))
      position = scramble(position)
    }
  }

  leastOf(words: Int32Array): number {
    if (this.#bits === undefined) return NOTHING
    let position = this.#hash(words)
    for (let count = 0; count < BITS_AN_ENTRY; count++) {
      if (((this.#bits[position >>> 11] ?? 0) & (1 << ((position >>> 6) & 31))) === 0) return NOTHING
      position = scramble(position)
    }
    return this.#leasts[kindOf(words)] ?? EVERYTHING
  }

  sweep(now: number): void {
    if (this.#end > now) return
    this.#bits = undefined
    this.#leasts.fill(NOTHING)
  }
}

/** Another number for each number (the finishing steps of MurmurHash3). The secret is in what it starts from. */
function scramble(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
