import type { RefusalCount } from '../../store/refusals.ts'
import type { Surroundings } from './watch-joins.ts'
import { type RefusalGroup, reportRefusals, type SeenRefusals, type WatchReport } from './watch-report.ts'

/** What one look found, and what is new since the last one. */
export interface Look {
  readonly report: WatchReport
  /** Causes that rise, which nobody was told of yet. */
  readonly rising: readonly RefusalGroup[]
  /** Causes that were there and have been quiet since; each once. */
  readonly gone: readonly string[]
  /** The nodes disagreed at the last look, and agree now. */
  readonly mended: boolean
  /** Causes that are gone, of which somebody was told that they rise, and not yet that they are gone. */
  readonly allClear: readonly string[]
}

/** Refusals as they are followed: what rises, and when it is over. */
export interface WatchCourse {
  /** Times are milliseconds since 1970; `since` is where the counts begin. */
  look(
    seen: SeenRefusals,
    surroundings: Surroundings,
    time: { readonly now: number; readonly since: number },
  ): Look
  /** Somebody was told what a look says of rises. Until then each look hands it out again. */
  told(look: Pick<Look, 'rising' | 'allClear'>): void
}

export interface CourseOptions {
  /** A cause that was there and has not been seen for so long is called gone. */
  readonly quietMilliseconds: number
}

const RECENT_MILLISECONDS = 60_000
/** What is usual is taken from the minutes before the last one. */
const USUAL_MINUTES = 5
const LEAST_OF_A_RISE = 10
const TIMES_THE_USUAL = 3

interface Increase {
  readonly at: number
  readonly code: string
  readonly count: number
}

export function createWatchCourse({ quietMilliseconds }: CourseOptions): WatchCourse {
  const lastSeen = new Map<string, number>()
  const alerted = new Set<string>()
  const clearing = new Set<string>()
  let known: ReadonlyMap<string, number> | undefined
  let increases: Increase[] = []
  let disagreed = false

  /** Exact from the second look on; the first has only the records to tell when it was. */
  const increasesOf = ({ counts, records }: SeenRefusals, now: number): Increase[] => {
    const before = known
    known = new Map(counts.map((one) => [keyOf(one), one.count]))
    if (before === undefined) return records.map(({ at, code }) => ({ at, code, count: 1 }))
    return counts.flatMap((one) => {
      const count = one.count - (before.get(keyOf(one)) ?? 0)
      return count > 0 ? [{ at: now, code: one.code, count }] : []
    })
  }

  return {
    look(seen, surroundings, { now, since }) {
      const report = reportRefusals(seen, surroundings, since / 1000)
      const fresh = increasesOf(seen, now)
      const oldest = now - (USUAL_MINUTES + 1) * RECENT_MILLISECONDS
      increases = [...increases, ...fresh].filter(({ at }) => at > oldest)
      for (const { code, at } of fresh) lastSeen.set(code, Math.max(at, lastSeen.get(code) ?? 0))
      const gone = [...lastSeen].flatMap(([code, at]) => (now - at > quietMilliseconds ? [code] : []))
      for (const code of gone) lastSeen.delete(code)
      // What is over does not rise, though it did within the last minute.
      increases = increases.filter(({ code }) => !gone.includes(code))
      for (const code of gone) if (alerted.delete(code)) clearing.add(code)
      const risen = risenIn(increases, now)
      const mended = disagreed && report.deployment === undefined
      disagreed = report.deployment !== undefined
      return {
        report,
        rising: report.groups.filter(({ code }) => risen.has(code) && !alerted.has(code)),
        gone,
        allClear: [...clearing],
        mended,
      }
    },
    told({ rising, allClear }) {
      for (const { code } of rising) alerted.add(code)
      for (const code of allClear) clearing.delete(code)
    },
  }
}

function keyOf({ at, code, node }: RefusalCount): string {
  return `${at} ${code} ${node}`
}

/** Causes of which the last minute had several times as many as the minutes before, and more than a few. */
function risenIn(increases: readonly Increase[], now: number): ReadonlySet<string> {
  const recent = new Map<string, number>()
  const usual = new Map<string, number>()
  for (const { at, code, count } of increases) {
    const sums = at > now - RECENT_MILLISECONDS ? recent : usual
    sums.set(code, (sums.get(code) ?? 0) + count)
  }
  const isRisen = ([code, count]: [string, number]): boolean =>
    count >= LEAST_OF_A_RISE && count > (TIMES_THE_USUAL * (usual.get(code) ?? 0)) / USUAL_MINUTES
  return new Set([...recent].filter(isRisen).map(([code]) => code))
}
