import { familyOf, type Samples } from './metrics.ts'

/** The processes of one program that share a machine, as one of them sees them. */
export interface Processes {
  readonly count: number
  /** How to ask this one for its numbers, from now on. */
  share(read: () => Samples): void
  /** The numbers of all; what those counted that have ended is among them. */
  all(): Promise<Samples>
}

/** Counts that never go down, whoever ends: a counter that fell would be read as one that began anew. */
export interface MetricSums {
  /** The numbers of a process, in the place of those it said before. */
  note(process: number, samples: Iterable<readonly [string, number]>): void
  /** It will say no more; what it counted stays. */
  end(process: number): void
  total(): Samples
}

export function createMetricSums(): MetricSums {
  let ended: Samples = new Map()
  const live = new Map<number, Samples>()
  return {
    note(process, samples) {
      live.set(process, new Map(samples))
    },
    end(process) {
      const last = live.get(process)
      if (last === undefined) return
      live.delete(process)
      ended = join([ended, new Map([...last].filter(([series]) => familyOf(series)?.[1].type !== 'gauge'))])
    },
    total: () => join([ended, ...live.values()]),
  }
}

function join(all: readonly Samples[]): Samples {
  const joined = new Map<string, number>()
  for (const samples of all) {
    for (const [series, value] of samples) {
      const former = joined.get(series)
      if (former === undefined) joined.set(series, value)
      else if (familyOf(series)?.[1].among === 'most') joined.set(series, Math.max(former, value))
      else joined.set(series, former + value)
    }
  }
  return joined
}
