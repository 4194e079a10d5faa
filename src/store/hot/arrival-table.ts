import { createKeyedTextHash } from '../../base/keyed-text-hash.ts'
import type { Random } from '../../base/random.ts'

const FIRST_SLOTS = 1024
const PROBES = 16

/**
 * When each subject's bucket will be empty again, in 16 bytes a slot: a subject is known by a keyed hash of 64 bits.
 * It grows to `mostSlots` (a power of two); where it is fuller than that, whoever is limited least is forgotten.
 */
export class ArrivalTable {
  readonly #hash: ReturnType<typeof createKeyedTextHash>
  readonly #words = new Int32Array(2)
  readonly #mostSlots: number
  #marks = new Int32Array(2 * FIRST_SLOTS)
  #arrivals = new Float64Array(FIRST_SLOTS)
  #used = 0
  /** The subject that was looked up last, whose hash the words are, and its slot: it is asked about, and then set. */
  #sought: string | undefined
  #slot = -1

  constructor(random: Random, mostSlots: number) {
    this.#hash = createKeyedTextHash(random(8))
    this.#mostSlots = Math.max(FIRST_SLOTS, mostSlots)
  }

  get bytes(): number {
    return this.#marks.byteLength + this.#arrivals.byteLength
  }

  /** 0 for a subject that is not known. */
  arrivalOf(subject: string): number {
    const slot = this.#seek(subject)
    return slot === -1 ? 0 : (this.#arrivals[slot] ?? 0)
  }

  set(subject: string, arrival: number, now: number): void {
    const slot = this.#seek(subject)
    if (slot !== -1) {
      this.#arrivals[slot] = arrival
      return
    }
    if (this.#used * 2 > this.#arrivals.length && this.#arrivals.length < this.#mostSlots) this.#grow(now)
    this.#add(this.#words[0] ?? 0, this.#words[1] ?? 0, arrival)
    this.#sought = undefined
  }

  #seek(subject: string): number {
    if (subject !== this.#sought) {
      this.#hash(subject, this.#words)
      this.#sought = subject
      this.#slot = this.#find(this.#words[0] ?? 0, this.#words[1] ?? 0)
    }
    return this.#slot
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
