import { inspect } from 'node:util'
import { countOf, type Repetitions } from '../counts.ts'
import { seededRandom } from '../store/seeded.ts'

/** What a torture is given, and what it tells. */
export interface Attempt {
  /** How many times. */
  readonly count: number
  readonly seed: number
  /** From 0 to below 1; the same for the same seed. */
  readonly random: () => number
  /** A whole number below the limit. */
  below(limit: number): number
  /** Counts what was done or seen, for the report. */
  note(what: string, times?: number): void
  /** Keeps the largest. */
  noteLargest(what: string, value: number): void
  /** Something that must never happen did. The torture may go on. */
  violation(text: string): void
  /** Tells how far it has come. */
  progress(done: number): void
}

/** One way to break a promise. The same module serves `npm run torture`, `npm test` and the full run. */
export interface Torture {
  readonly name: string
  /** What must hold, with the rules it proves. */
  readonly title: string
  readonly counts: Repetitions
  /** What is counted; how many times, if nothing is said. */
  readonly unit?: 'times' | 'seconds'
  run(attempt: Attempt): Promise<void>
}

export interface Findings {
  readonly count: number
  readonly seed: number
  readonly notes: Readonly<Record<string, number>>
  readonly violations: readonly string[]
  readonly seconds: number
}

export interface AttemptOptions {
  readonly count: number
  readonly seed: number
  readonly onProgress?: (done: number) => void
}

/** What went wrong once goes wrong a thousand times; the first say enough. */
const MOST_VIOLATIONS = 20

/** Runs one torture. What it throws is a violation too. */
export async function endure(
  torture: Torture,
  { count, seed, onProgress }: AttemptOptions,
): Promise<Findings> {
  const random = seededRandom(seed)
  const notes: Record<string, number> = {}
  const violations: string[] = []
  const began = performance.now()
  const violation = (text: string): void => {
    if (violations.length < MOST_VIOLATIONS) violations.push(text)
  }
  const attempt: Attempt = {
    count,
    seed,
    random,
    below: (limit) => Math.floor(random() * limit),
    note(what, times = 1) {
      notes[what] = (notes[what] ?? 0) + times
    },
    noteLargest(what, value) {
      notes[what] = Math.max(notes[what] ?? Number.NEGATIVE_INFINITY, Math.round(value))
    },
    violation,
    progress: (done) => onProgress?.(done),
  }
  try {
    await torture.run(attempt)
  } catch (error) {
    // With its cause: of a connection that failed, "fetch failed" alone does not say how.
    violation(inspect(error))
  }
  return { count, seed, notes, violations, seconds: (performance.now() - began) / 1000 }
}

/** How much of it there is to be. */
export function measure({ unit = 'times' }: Torture, count: number): string {
  return `${count} ${unit}`
}

/** The notes on one line. */
export function inWords(notes: Findings['notes']): string {
  return Object.entries(notes)
    .map(([what, times]) => `${what} ${times}`)
    .join(', ')
}

/** The count of the run we are in. */
export function countFor(torture: Torture): number {
  return countOf(torture.counts)
}
