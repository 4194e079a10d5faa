import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import {
  intervalOf,
  judgeRate,
  type Limit,
  type Rate,
  summariseVerdicts,
  type Taken,
} from '../../model/rate.ts'
import { ArrivalTable } from './arrival-table.ts'
import type { Limiter } from './limiter.ts'

export interface MemoryLimiterOptions {
  readonly clock: Pick<Clock, 'elapsed'>
  readonly random: Random
  /** Slots of the table, a power of two; two million unless said otherwise: 32 MB when a million subjects are limited. */
  readonly mostSlots?: number
  /** Between how many nodes the limits are divided, where they cannot count together. */
  readonly shares?: () => number
}

export interface MemoryLimiter extends Limiter {
  take(limits: readonly Limit[]): Taken
  giveBack(limits: readonly Limit[]): void
  readonly bytes: number
}

const DEFAULT_MOST_SLOTS = 2 ** 21

/** Counts in this process, by the monotonic clock. */
export function memoryLimiter(options: MemoryLimiterOptions): MemoryLimiter {
  const { clock, random, mostSlots = DEFAULT_MOST_SLOTS, shares = () => 1 } = options
  const table = new ArrivalTable(random, mostSlots)
  const began = clock.elapsed()
  /** From 1 on, for 0 says that a subject is not known. */
  const now = (): number => clock.elapsed() - began + 1
  const ownShare = ({ rate }: Limit): Rate => {
    const nodes = shares()
    return nodes === 1 ? rate : { ...rate, count: Math.max(1, rate.count / nodes) }
  }

  return {
    take(limits) {
      const at = now()
      const verdicts = limits.map((limit) =>
        judgeRate(table.arrivalOf(limit.name, limit.subject), at, ownShare(limit)),
      )
      const taken = summariseVerdicts(limits, verdicts, at)
      if (taken.refusedBy === undefined) {
        for (const [index, { name, subject }] of limits.entries()) {
          table.set(name, subject, verdicts[index]?.arrival ?? 0, at)
        }
      }
      return taken
    },
    giveBack(limits) {
      const at = now()
      for (const limit of limits) {
        const { name, subject } = limit
        const arrival = table.arrivalOf(name, subject) - intervalOf(ownShare(limit))
        if (arrival > 0) table.set(name, subject, arrival, at)
      }
    },
    isApart: false,
    get bytes() {
      return table.bytes
    },
  }
}
