import { type Census, NOTHING } from './entry-table.ts'

const KINDS = 16

interface NamedEntry {
  least: number
  /** Seconds by the reader's count. */
  end: number
  /** Seconds since 1970 as the store said; zero: it has not said so, or says less of it. */
  storeEnd: number
}

/** One entry, for those who list them. */
export interface NamedRow {
  readonly kind: number
  readonly ref: string
  readonly least: number
  readonly end: number
}

/**
 * Entries whose reference is a name: clients, signing keys, and whatever an application names in its own way. They are
 * few, and made by operators rather than by requests. The same rules as in the entry table hold.
 */
export class NamedEntries {
  readonly #mostEntries: number
  readonly #kinds: readonly Map<string, NamedEntry>[] = Array.from({ length: KINDS }, () => new Map())
  #size = 0

  constructor(mostEntries: number) {
    this.#mostEntries = mostEntries
  }

  get size(): number {
    return this.#size
  }

  holds(kind: number): boolean {
    return this.#of(kind).size !== 0
  }

  leastOf(ref: string, kind: number, now: number): number {
    return leastOf(this.#of(kind).get(ref), now)
  }

  /** False if there is no room. */
  add(ref: string, kind: number, least: number, end: number, storeEnd: number, now: number): boolean {
    const known = this.#of(kind).get(ref)
    if (known !== undefined) {
      const counts = leastOf(known, now)
      if (least >= counts) known.storeEnd = storeEnd
      known.least = Math.max(counts, least)
      known.end = Math.max(known.end, end)
      return true
    }
    if (this.#size >= this.#mostEntries) return false
    this.#of(kind).set(ref, { least, end, storeEnd })
    this.#size++
    return true
  }

  sweep(now: number): void {
    for (const [, ref, entry, entries] of this.#all()) {
      if (entry.end <= now && entries.delete(ref)) this.#size--
    }
  }

  forgetSaid(): void {
    for (const [, , entry] of this.#all()) entry.storeEnd = 0
  }

  *unsaid(since: number): Generator<NamedRow> {
    for (const [kind, ref, { least, end, storeEnd }] of this.#all()) {
      if (storeEnd === 0 && end > since) yield { kind, ref, least, end }
    }
  }

  census(from: number): Census {
    let count = 0
    let sum = 0
    for (const [, , { storeEnd }] of this.#all()) {
      if (storeEnd < from) continue
      count++
      sum += storeEnd - from
    }
    return { count, sum }
  }

  #of(kind: number): Map<string, NamedEntry> {
    // The index is always inside; the other side of ?? only satisfies the compiler.
    return this.#kinds[kind] ?? new Map()
  }

  *#all(): Generator<[kind: number, ref: string, entry: NamedEntry, entries: Map<string, NamedEntry>]> {
    for (const [kind, entries] of this.#kinds.entries()) {
      for (const [ref, entry] of entries) yield [kind, ref, entry, entries]
    }
  }
}

/** What has ended and was not swept yet is as good as gone. */
function leastOf(entry: NamedEntry | undefined, now: number): number {
  return entry === undefined || entry.end <= now ? NOTHING : entry.least
}
