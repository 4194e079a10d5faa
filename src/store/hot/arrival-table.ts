import { createKeyedTextHash } from '../../base/keyed-text-hash.ts'
import type { Random } from '../../base/random.ts'

const FIRST_SLOTS = 1024
const PROBES = 16
const MOST_NAMES = 1024

/**
 * When the bucket of each name and subject will be empty again, in 16 bytes a slot: they are known by keyed hashes of
 * 64 bits. It grows to `mostSlots` (a power of two); where it is fuller than that, whoever is limited least is
 * forgotten.
 */
export class ArrivalTable {
  readonly #hash: ReturnType<typeof createKeyedTextHash>
  readonly #words = new Int32Array(2)
  readonly #mostSlots: number
  #marks = new Int32Array(2 * FIRST_SLOTS)
  #arrivals = new Float64Array(FIRST_SLOTS)
  #used = 0
  /** Names are few and come again with every request: each is hashed once. */
  readonly #names = new Map<string, readonly [number, number]>()
  /** What was looked up last, whose hash the words are, and its slot: it is asked about, and then set. */
  #name: string | undefined
  #subject: string | undefined
  #slot = -1

  constructor(random: Random, mostSlots: number) {
    this.#hash = createKeyedTextHash(random(8))
    this.#mostSlots = Math.max(FIRST_SLOTS, mostSlots)
  }

  get bytes(): number {
    return this.#marks.byteLength + this.#arrivals.byteLength
  }

  /** 0 for a subject that is not known. */
  arrivalOf(name: string, subject: string): number {
    const slot = this.#seek(name, subject)
    return slot === -1 ? 0 : (this.#arrivals[slot] ?? 0)
  }

  set(name: string, subject: string, arrival: number, now: number): void {
    const slot = this.#seek(name, subject)
    if (slot !== -1) {
      this.#arrivals[slot] = arrival
      return
    }
    if (this.#used * 2 > this.#arrivals.length && this.#arrivals.length < this.#mostSlots) this.#grow(now)
    this.#add(this.#words[0] ?? 0, this.#words[1] ?? 0, arrival)
    this.#subject = undefined
  }

  #seek(name: string, subject: string): number {
    if (subject !== this.#subject || name !== this.#name) {
      const [one, two] = this.#names.get(name) ?? this.#wordsOf(name)
      this.#hash(subject, this.#words)
      const words = this.#words
      words[0] = (words[0] ?? 0) ^ one
      words[1] = (words[1] ?? 0) ^ two
      this.#name = name
      this.#subject = subject
      this.#slot = this.#find(words[0] ?? 0, words[1] ?? 0)
    }
    return this.#slot
  }

  /** Two hashes under one secret key, put together: no other pair has the same but by chance. */
  #wordsOf(name: string): readonly [number, number] {
    if (this.#names.size >= MOST_NAMES) this.#names.clear()
    this.#hash(`${name}\n`, this.#words)
    const words = [this.#words[0] ?? 0, this.#words[1] ?? 0] as const
    this.#names.set(name, words)
    return words
  }

  #find(one: number, two: number): number {
    const mask = this.#arrivals.length - 1
    for (let probe = 0; probe < PROBES; probe++) {
      const slot = (one + probe) & mask
      if (this.#marks[2 * slot] === one && this.#marks[2 * slot + 1] === two) return slot
    }
    return -1
  }

  #add(one: number, two: number, arrival: number): void {
    const slot = this.#leastLimited(one)
    if (this.#arrivals[slot] === 0) this.#used++
    this.#marks[2 * slot] = one
    this.#marks[2 * slot + 1] = two
    this.#arrivals[slot] = arrival
  }

  /** An empty slot has arrival 0; one whose bucket is empty again comes next. */
  #leastLimited(one: number): number {
    const mask = this.#arrivals.length - 1
    let least = one & mask
    for (let probe = 1; probe < PROBES; probe++) {
      const slot = (one + probe) & mask
      if ((this.#arrivals[slot] ?? 0) < (this.#arrivals[least] ?? 0)) least = slot
    }
    return least
  }

  /** Leaves out whose bucket is empty again, which may make it unnecessary next time. */
  #grow(now: number): void {
    const marks = this.#marks
    const arrivals = this.#arrivals
    this.#marks = new Int32Array(2 * marks.length)
    this.#arrivals = new Float64Array(2 * arrivals.length)
    this.#used = 0
    for (let slot = 0; slot < arrivals.length; slot++) {
      const arrival = arrivals[slot] ?? 0
      if (arrival > now) this.#add(marks[2 * slot] ?? 0, marks[2 * slot + 1] ?? 0, arrival)
    }
  }
}
