import type { MetricFacts } from './metrics.ts'

/** The processes of one program that share a machine, as one of them sees them. */
export interface Processes {
  readonly count: number
  /** How to ask this one for its numbers, from now on. */
  share(read: () => MetricFacts): void
  /** The numbers of all, those that have ended included. */
  all(): Promise<MetricFacts>
}

/** Sums that never go down, whoever ends: a counter that fell would be read as one that began anew. */
export interface MetricSums {
  /** What a process has counted so far. */
  note(process: number, refusals: Iterable<readonly [string, number]>, left: number): void
  /** It will say no more; what it counted stays. */
  end(process: number): void
  total(): Pick<MetricFacts, 'refusals' | 'left'>
}

interface Counted {
  refusals: Map<string, number>
  left: number
}

export function createMetricSums(): MetricSums {
  const ended: Counted = { refusals: new Map(), left: 0 }
  const live = new Map<number, Counted>()
  const add = (to: Counted, { refusals, left }: Counted): Counted => {
    for (const [code, count] of refusals) to.refusals.set(code, (to.refusals.get(code) ?? 0) + count)
    to.left += left
    return to
  }
  return {
    note(process, refusals, left) {
      live.set(process, { refusals: new Map(refusals), left })
    },
    end(process) {
      const counted = live.get(process)
      if (counted === undefined) return
      live.delete(process)
      add(ended, counted)
    },
    total() {
      return [ended, ...live.values()].reduce(add, { refusals: new Map<string, number>(), left: 0 })
    },
  }
}
