import type { KeyedHash } from './keyed-hash.ts'
import { kindOf } from './reference.ts'

/** The least counter of what is not in the table: nothing is below it. */
export const NOTHING = -1
/** The least counter of what ends everything without comparison: everything is below it. */
export const EVERYTHING = Number.POSITIVE_INFINITY

const KINDS = 16
const SHARDS = 64
/** How many sweeps go once through the whole table. */
export const SWEEPS_OF_TABLE = SHARDS
const SMALLEST_SHARD = 8
/** Past this share of places taken, a shard is built anew with room to grow by a quarter. */
const MOST_FULL = 0.75
const ROOM_TO_GROW = 1.25

const WORDS_A_RECORD = 6
const BYTES_A_PLACE = 4 * WORDS_A_RECORD + 4 + 4 + 1

/** One row of the table, for those who list it. */
export interface TableRow {
  readonly words: Int32Array
  readonly least: number
  /** Seconds by the reader's count. */
  readonly end: number
}

/** To compare with the store's own: the same entries give the same two numbers. */
export interface Census {
  readonly count: number
  /** Of the seconds that each entry lives beyond the moment the census counts from. */
  readonly sum: number
}

/**
 * Places for entries, by open addressing with linear probing. A search reads only the tags, of which 64 lie in one
 * cache line, until one of them fits: so most searches that find nothing read nothing else.
 */
interface Shard {
  readonly capacity: number
  used: number
  /** Eight bits of the hash, never zero; zero marks an empty place. */
  readonly tags: Uint8Array
  /** Four words of reference and the two of the least counter, side by side. */
  readonly words: Int32Array<ArrayBuffer>
  readonly leasts: Float64Array
  /** When it ends: seconds by the reader's count. */
  readonly ends: Uint32Array
  /** When the store says that it ends, in seconds since 1970. Zero: it has not said so, or says less of it. */
  readonly storeEnds: Uint32Array
}

function newShard(capacity: number): Shard {
  const buffer = new ArrayBuffer(BYTES_A_PLACE * capacity)
  return {
    capacity,
    used: 0,
    words: new Int32Array(buffer, 0, WORDS_A_RECORD * capacity),
    leasts: new Float64Array(buffer, 0, (WORDS_A_RECORD / 2) * capacity),
    ends: new Uint32Array(buffer, 24 * capacity, capacity),
    storeEnds: new Uint32Array(buffer, 28 * capacity, capacity),
    tags: new Uint8Array(buffer, 32 * capacity, capacity),
  }
}

/**
 * What has ended: 128 bits of reference and kind with their least counter, in 33 bytes a place. An entry only grows
 * until its end, so adding it twice or in another order comes to the same. References are compared in full: nothing
 * is refused by mistake.
 *
 * It consists of 64 small tables. One is built anew when it fills up or when enough of it has ended, which takes well
 * two milliseconds, and no more than a 64th of the table is ever in memory twice.
 */
export class EntryTable {
  readonly #hash: KeyedHash
  readonly #mostEntries: number
  readonly #shards: Shard[]
  readonly #counts = new Uint32Array(KINDS)
  readonly #row = new Int32Array(4)
  #size = 0
  #swept = 0

  constructor(hash: KeyedHash, mostEntries: number) {
    this.#hash = hash
    this.#mostEntries = mostEntries
    const empty = newShard(1)
    this.#shards = Array.from({ length: SHARDS }, () => empty)
  }

  /** Entries held, those included that have ended and not been swept yet. */
  get size(): number {
    return this.#size
  }

  /** Bytes of all places, free ones included. */
  get bytes(): number {
    return this.#shards.reduce((sum, { capacity }) => sum + BYTES_A_PLACE * capacity, 0)
  }

  /** Whether there may be entries of the kind. */
  holds(kind: number): boolean {
    return this.#counts[kind] !== 0
  }

  /** A number for a reference that stays the same however the table grows. */
  placeOf(words: Int32Array): number {
    return this.#hash(words)
  }

  /** Whether there may be an entry of that place. Where not there is none; reads only tags. */
  mayHold(place: number): boolean {
    const { tags, capacity } = this.#shardOf(place)
    const tag = tagOf(place)
    for (let at = firstPlace(place, capacity); ; at = at + 1 === capacity ? 0 : at + 1) {
      const found = tags[at]
      if (found === 0) return false
      if (found === tag) return true
    }
  }

  /** The least acceptable counter, `EVERYTHING` or `NOTHING`. Does not allocate. */
  leastOf(words: Int32Array, now: number): number {
    const hash = this.#hash(words)
    const shard = this.#shardOf(hash)
    return leastAtPlace(shard, findPlace(shard, hash, words), now)
  }

  /**
   * Adds what the store said, or joins it to what is here: the larger counter and the later end count. False if there
   * is no room. `end` and `now` are seconds by the reader's count, `storeEnd` is the store's.
   */
  add(words: Int32Array, least: number, end: number, storeEnd: number, now: number): boolean {
    const hash = this.#hash(words)
    const shard = this.#shardOf(hash)
    const place = findPlace(shard, hash, words)
    if (place >= 0) {
      const known = leastAtPlace(shard, place, now)
      shard.leasts[leastAt(place)] = Math.max(known, least)
      shard.ends[place] = Math.max(shard.ends[place] ?? 0, end)
      if (least >= known) shard.storeEnds[place] = storeEnd
      return true
    }
    if (this.#size >= this.#mostEntries) return false
    const roomy = shard.used < shard.capacity * MOST_FULL - 1 ? shard : this.#rebuild(hash, now)
    put(roomy, hash, words, least, end, storeEnd)
    this.#size++
    this.#count(kindOf(words), 1)
    return true
  }

  /** Lets go of what has ended in one of the small tables: the next one at each call. */
  sweep(now: number): void {
    this.#swept = (this.#swept + 1) % SHARDS
    const shard = this.#shardOf(this.#swept)
    let ended = 0
    for (let place = 0; place < shard.capacity; place++) {
      if (shard.tags[place] !== 0 && (shard.ends[place] ?? 0) <= now) ended++
    }
    if (ended > shard.used / 8) this.#rebuild(this.#swept, now)
  }

  /** Forgets what the store has said. What is still unsaid after a full snapshot, the store lacks. */
  forgetSaid(): void {
    for (const { storeEnds } of this.#shards) storeEnds.fill(0)
  }

  /**
   * Entries that the store has not spoken of since `forgetSaid`, or said less of, and that end after `since`. Nothing
   * may be added while they are listed.
   */
  *unsaid(since: number): Generator<TableRow> {
    for (const { tags, words, leasts, ends, storeEnds, capacity } of this.#shards) {
      for (let place = 0; place < capacity; place++) {
        const end = ends[place] ?? 0
        if (tags[place] === 0 || storeEnds[place] !== 0 || end <= since) continue
        const start = WORDS_A_RECORD * place
        yield { words: words.slice(start, start + 4), least: leasts[leastAt(place)] ?? EVERYTHING, end }
      }
    }
  }

  /** A census of the entries that end at `from` or later, as the store said. */
  census(from: number): Census {
    let count = 0
    let sum = 0
    for (const { storeEnds, capacity } of this.#shards) {
      for (let place = 0; place < capacity; place++) {
        const beyond = (storeEnds[place] ?? 0) - from
        if (beyond < 0) continue
        count++
        sum += beyond
      }
    }
    return { count, sum }
  }

  #shardOf(hash: number): Shard {
    // The index is always inside; the other side of ?? only satisfies the compiler.
    return this.#shards[hash & (SHARDS - 1)] ?? newShard(1)
  }

  #count(kind: number, change: number): void {
    this.#counts[kind] = (this.#counts[kind] ?? 0) + change
  }

  #rebuild(index: number, now: number): Shard {
    const former = this.#shardOf(index)
    const row = this.#row
    let live = 0
    for (let place = 0; place < former.capacity; place++) {
      if (former.tags[place] !== 0 && (former.ends[place] ?? 0) > now) live++
    }
    const shard = newShard(Math.max(SMALLEST_SHARD, Math.ceil(((live + 1) * ROOM_TO_GROW) / MOST_FULL)))
    for (let place = 0; place < former.capacity; place++) {
      if (former.tags[place] === 0) continue
      for (let word = 0; word < 4; word++) row[word] = former.words[WORDS_A_RECORD * place + word] ?? 0
      const end = former.ends[place] ?? 0
      if (end > now) {
        const least = former.leasts[leastAt(place)] ?? EVERYTHING
        put(shard, this.#hash(row), row, least, end, former.storeEnds[place] ?? 0)
      } else this.#count(kindOf(row), -1)
    }
    this.#size += shard.used - former.used
    this.#shards[index & (SHARDS - 1)] = shard
    // Gives the memory back now. Left to the collector, garbage of growing made the process twice as large.
    if (former.used > 0) former.words.buffer.transfer(0)
    return shard
  }
}

/** What is there, or was found nowhere; what has ended and was not swept yet is as good as gone. */
function leastAtPlace({ leasts, ends }: Shard, place: number, now: number): number {
  return place < 0 || (ends[place] ?? 0) <= now ? NOTHING : (leasts[leastAt(place)] ?? EVERYTHING)
}

/** Where the least counter of a place is: behind its four words, in steps of eight bytes. */
function leastAt(place: number): number {
  return (WORDS_A_RECORD / 2) * place + 2
}

/** The low six bits of the hash chose the shard, the next eight are the tag, the whole number chooses the place. */
function tagOf(hash: number): number {
  return Math.max(1, (hash >>> 6) & 0xff)
}

/** Where a search begins. Capacities need not be powers of two. */
function firstPlace(hash: number, capacity: number): number {
  return Math.floor(((hash >>> 0) * capacity) / 0x1_0000_0000)
}

/** The place of the entry, or the complement of the free place where it would go. */
function findPlace(shard: Shard, hash: number, sought: Int32Array): number {
  const { tags, words, capacity } = shard
  const tag = tagOf(hash)
  let place = firstPlace(hash, capacity)
  for (;;) {
    const found = tags[place]
    if (found === 0) return ~place
    if (found === tag) {
      const at = WORDS_A_RECORD * place
      if (
        words[at] === sought[0] &&
        words[at + 1] === sought[1] &&
        words[at + 2] === sought[2] &&
        words[at + 3] === sought[3]
      ) {
        return place
      }
    }
    place = place + 1 === capacity ? 0 : place + 1
  }
}

function put(
  shard: Shard,
  hash: number,
  words: Int32Array,
  least: number,
  end: number,
  storeEnd: number,
): void {
  const place = ~findPlace(shard, hash, words)
  for (let word = 0; word < 4; word++) shard.words[WORDS_A_RECORD * place + word] = words[word] ?? 0
  shard.tags[place] = tagOf(hash)
  shard.leasts[leastAt(place)] = least
  shard.ends[place] = end
  shard.storeEnds[place] = storeEnd
  shard.used++
}
