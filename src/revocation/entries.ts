import type { Random } from '../base/random.ts'
import type { RevocationKind } from '../model/revocation.ts'
import type { PulledRevocation } from '../store/revocations.ts'
import { type Census, EntryTable, EVERYTHING, NOTHING, SWEEPS_OF_TABLE } from './entry-table.ts'
import { createKeyedHash } from './keyed-hash.ts'
import { NamedEntries } from './named-entries.ts'
import { OverflowFilter } from './overflow-filter.ts'
import { digestReference, kindOf, readUuid, uuidText } from './reference.ts'

const KINDS: readonly RevocationKind[] = ['token', 'session', 'user', 'client', 'store', 'key', 'apikey']
const MOST_NAMED = 100_000
const LATEST = 2 ** 32 - 1
/** Where the store gives no time of its own: it has said so, but nothing can be compared. */
const SAID = 1

export function isKind(text: string): text is RevocationKind {
  return KINDS.some((kind) => kind === text)
}

/** The number that stands for a kind where texts would be slow. */
export function numberOf(kind: RevocationKind): number {
  return KINDS.indexOf(kind)
}

export interface EntriesOptions {
  readonly random: Random
  /** Beyond that many, entries become coarser (see `OverflowFilter`). */
  readonly mostEntries: number
}

/**
 * All entries this process knows. It only grows until their ends: adding in any order, or twice, comes to the same.
 * What is past its end counts no more, whether it was swept or not. Time is what the caller counts it by, in
 * milliseconds from any point on, and is known as of the last `add` or `sweep`.
 */
export class Entries {
  readonly #table: EntryTable
  readonly #named: NamedEntries
  readonly #overflow: OverflowFilter
  readonly #words = new Int32Array(4)
  #sweeps = 0
  #seconds = 0

  constructor({ random, mostEntries }: EntriesOptions) {
    const hash = createKeyedHash(random(8))
    this.#table = new EntryTable(hash, mostEntries)
    this.#named = new NamedEntries(Math.min(mostEntries, MOST_NAMED))
    this.#overflow = new OverflowFilter(hash)
  }

  get size(): number {
    return this.#table.size + this.#named.size
  }

  get bytes(): number {
    return this.#table.bytes
  }

  /** Whether there were more entries than fit, so that some are coarser than they should be. */
  get isOverfull(): boolean {
    return this.#overflow.inUse
  }

  /** Where an entry with this reference would lie; for `leastOf`, and for as long as this object lives. */
  placeOf(kind: number, ref: string): number {
    readUuid(ref, kind, this.#words)
    return this.#table.placeOf(this.#words)
  }

  /**
   * The least acceptable counter, `EVERYTHING` or `NOTHING`. Does not allocate. With the place that `placeOf` gave for
   * the same kind and reference, what is not there is mostly known without reading the reference.
   */
  leastOf(kind: number, ref: string, place?: number): number {
    const tabled = this.#table.holds(kind)
    const named = this.#named.holds(kind)
    const overfull = this.#overflow.holds(kind)
    if (!tabled && !named && !overfull) return NOTHING
    if (!named && !overfull && place !== undefined && !this.#table.mayHold(place)) return NOTHING
    const isUuid = readUuid(ref, kind, this.#words)
    const exact = isUuid
      ? this.#table.leastOf(this.#words, this.#seconds)
      : this.#named.leastOf(ref, kind, this.#seconds)
    if (!overfull) return exact
    if (!isUuid) digestReference(ref, kind, this.#words)
    return Math.max(exact, this.#overflow.leastOf(this.#words))
  }

  /** Adds what the store said. `storeNow` is the store's clock as it said so (milliseconds since 1970). */
  add(entry: PulledRevocation, now: number, storeNow: number | undefined): void {
    this.#seconds = Math.floor(now / 1000)
    const { ref, remainingMilliseconds: remaining } = entry
    if (remaining <= 0) return
    const kind = numberOf(entry.kind)
    const least = isCompared(entry) ? entry.least : EVERYTHING
    const end = Math.min(Math.ceil((now + remaining) / 1000), LATEST)
    const storeEnd = storeNow === undefined ? SAID : Math.floor((storeNow + remaining) / 1000)
    const words = this.#words
    const isUuid = readUuid(ref, kind, words)
    const added = isUuid
      ? this.#table.add(words, least, end, storeEnd, this.#seconds)
      : this.#named.add(ref, kind, least, end, storeEnd, this.#seconds)
    if (added) return
    if (!isUuid) digestReference(ref, kind, words)
    this.#overflow.add(words, least, end)
  }

  /** Lets go of some of what has ended. */
  sweep(now: number): void {
    this.#seconds = Math.floor(now / 1000)
    this.#table.sweep(this.#seconds)
    this.#sweeps = (this.#sweeps + 1) % SWEEPS_OF_TABLE
    if (this.#sweeps === 0) this.#named.sweep(this.#seconds)
    this.#overflow.sweep(this.#seconds)
  }

  /** To be called before the entries of a full snapshot are added. */
  forgetSaid(): void {
    this.#table.forgetSaid()
    this.#named.forgetSaid()
  }

  /** At most that many entries that the store has not spoken of since and that last for `leastRemaining` or more. */
  unsaid(now: number, leastRemaining: number, most: number): PulledRevocation[] {
    const seconds = Math.floor(now / 1000)
    const since = seconds + leastRemaining / 1000
    const found: PulledRevocation[] = []
    for (const row of this.#named.unsaid(since)) {
      if (found.length === most) return found
      found.push(entryOf(row.kind, row.ref, row.least, row.end - seconds))
    }
    for (const row of this.#table.unsaid(since)) {
      if (found.length === most) return found
      found.push(entryOf(kindOf(row.words), uuidText(row.words), row.least, row.end - seconds))
    }
    return found
  }

  /** A census of the entries that, as the store said, end at `from` (seconds since 1970) or later. */
  census(from: number): Census {
    const tabled = this.#table.census(from)
    const named = this.#named.census(from)
    return { count: tabled.count + named.count, sum: tabled.sum + named.sum }
  }
}

/** Tokens, sessions and keys have no counter: an entry ends them whatever it says. */
function isCompared<Entry extends PulledRevocation>(entry: Entry): entry is Entry & { least: number } {
  const { kind, least } = entry
  return least !== undefined && (kind === 'user' || kind === 'client' || kind === 'store')
}

function entryOf(kind: number, ref: string, least: number, remainingSeconds: number): PulledRevocation {
  return {
    kind: KINDS[kind] ?? 'token',
    ref,
    least: least === EVERYTHING ? undefined : least,
    remainingMilliseconds: remainingSeconds * 1000,
  }
}
