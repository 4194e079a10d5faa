import { inspect } from 'node:util'
import { countOf, type Repetitions } from '../counts.ts'
import { seededRandom } from '../store/seeded.ts'

/** Takes down what was done and seen. */
export interface Ledger {
  /** Counts what was done or seen, for the report. */
  note(what: string, times?: number): void
  /** Keeps the largest. */
  noteLargest(what: string, value: number): void
  /** Something that must never happen did. The torture may go on. */
  violation(text: string): void
}

/** What a torture is given, and what it tells. */
export interface Attempt extends Ledger {
  /** How many times. */
  readonly count: number
  readonly seed: number
  /** The names of the parts that are wanted; all of them where there is none. */
  readonly only: readonly string[]
  /** Whether a run takes hours if it must. */
  readonly isLong: boolean
  /**
   * Whether it is wrong to be slow: not where other tests run beside it, where a machine that is busy tells nothing of
   * what it runs. There slowness is noted.
   */
  readonly isTimed: boolean
  /** From 0 to below 1; the same for the same seed. */
  readonly random: () => number
  /** A whole number below the limit. */
  below(limit: number): number
  /** Tells how far it has come, and with what. */
  progress(done: number, what?: string): void
  /** Does a part of the work with a row of its own in the report. What it throws is a violation. */
  part(name: string, count: number, work: (ledger: Ledger) => Promise<void>): Promise<void>
}

/** One way to break a promise. The same module serves `npm run torture`, `npm test` and the full run. */
export interface Torture {
  readonly name: string
  /** What must hold, with the rules it proves. */
  readonly title: string
  readonly counts: Repetitions
  /** What is counted; how many times, if nothing is said. */
  readonly unit?: 'times' | 'seconds' | 'rounds'
  /** The names of its parts, where one can ask for some of them. */
  readonly parts?: readonly string[]
  run(attempt: Attempt): Promise<void>
}

export interface Findings extends Account {
  readonly seed: number
  readonly parts: readonly PartFindings[]
}

/** A part of a torture with a row of its own. */
export interface PartFindings extends Account {
  readonly name: string
}

interface Account {
  readonly count: number
  readonly notes: Readonly<Record<string, number>>
  /** Of a torture with parts: also theirs. */
  readonly violations: readonly string[]
  readonly seconds: number
  /** Whether it was still under way. */
  readonly isCutOff: boolean
}

export interface AttemptOptions {
  readonly count: number
  readonly seed: number
  readonly only?: readonly string[]
  readonly isLong?: boolean
  readonly isTimed?: boolean
  readonly onProgress?: (done: number, what?: string) => void
  /** Ends the wait for it; what it has started goes on until the process ends. */
  readonly cutOff?: AbortSignal
}

/** What went wrong once goes wrong a thousand times; the first say enough. */
const MOST_VIOLATIONS = 20

/** Runs one torture. What it throws is a violation too. Once it is cut off, what was found until then is all there is. */
export async function endure(torture: Torture, options: AttemptOptions): Promise<Findings> {
  const { count, seed, only = [], isLong = false, isTimed = false, onProgress, cutOff } = options
  const random = seededRandom(seed)
  const whole = openAccount(count)
  const parts: { readonly name: string; readonly account: OpenAccount }[] = []
  const work = whole.keep(() =>
    torture.run({
      ...whole.ledger,
      count,
      seed,
      only,
      isLong,
      isTimed,
      random,
      below: (limit) => Math.floor(random() * limit),
      progress: (done, what) => onProgress?.(done, what),
      part(name, times, ofPart) {
        const account = openAccount(times)
        parts.push({ name, account })
        return account.keep(() => ofPart(account.ledger))
      },
    }),
  )
  await (cutOff === undefined ? work : Promise.race([work, aborted(cutOff)]))
  const told = parts.map(({ name, account }) => ({ name, ...account.close() }))
  const ofParts = told.flatMap(({ name, violations }) => violations.map((text) => `${name}: ${text}`))
  const { violations, ...rest } = whole.close()
  return { ...rest, seed, parts: told, violations: [...violations, ...ofParts] }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

interface OpenAccount {
  readonly ledger: Ledger
  /** Resolves when the work is done, also if it threw. */
  keep(work: () => Promise<void>): Promise<void>
  /** As it is now. */
  close(): Account
}

function openAccount(count: number): OpenAccount {
  const notes: Record<string, number> = {}
  const violations: string[] = []
  const began = performance.now()
  let ended: number | undefined
  const violation = (text: string): void => {
    if (violations.length < MOST_VIOLATIONS) violations.push(text)
  }
  return {
    ledger: {
      note(what, times = 1) {
        notes[what] = (notes[what] ?? 0) + times
      },
      noteLargest(what, value) {
        notes[what] = Math.max(notes[what] ?? Number.NEGATIVE_INFINITY, Math.round(value))
      },
      violation,
    },
    async keep(work) {
      try {
        await work()
      } catch (error) {
        // With its cause: of a connection that failed, "fetch failed" alone does not say how.
        violation(inspect(error))
      }
      ended = performance.now()
    },
    close: () => ({
      count,
      notes: { ...notes },
      violations: [...violations],
      seconds: ((ended ?? performance.now()) - began) / 1000,
      isCutOff: ended === undefined,
    }),
  }
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

/** Whether the run we are in is the one of hours. */
export function isLongRun(): boolean {
  return countOf({ quick: 0, full: 0, long: 1 }) === 1
}
