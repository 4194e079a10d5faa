import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { backgroundTimer, type Schedule } from '../base/schedule.ts'
import type { Refusal } from '../errors/refusal.ts'
import {
  REFUSAL_SLOT_MILLISECONDS,
  type RefusalCount,
  type RefusalRecord,
  type RefusalVerbs,
} from '../store/refusals.ts'
import { describeRefusal, type NodeFacts, type RefusedAt } from './refusal-facts.ts'

export interface RefusalLogOptions {
  readonly refusals: RefusalVerbs
  readonly node: NodeFacts
  readonly clock: Clock
  readonly logger: Logger
  readonly schedule?: Schedule
}

/** Every refusal of this process: counted exactly, described as far as a flood leaves room. */
export interface RefusalLog {
  /** Takes note. Never throws, waits for nothing, and writes nothing itself. */
  note(refusal: Refusal, at: RefusedAt): void
  /** Exact numbers since the start, by cause. */
  readonly counts: ReadonlyMap<string, number>
  /** How many were counted and not described, for there were too many. */
  readonly left: number
  /** The newest, newest last: also those that are not written yet. */
  recent(): readonly RefusalRecord[]
  start(): void
  /** Writes what is still to be written. */
  flush(): Promise<void>
  stop(): Promise<void>
}

const EVERY_MILLISECONDS = 1000
const MOST_RECENT = 200
/** Of one cause: so many at once, and then so many a second. A flood of one cause hides no other. */
const BURST = 40
const A_SECOND = 2
/** Of all causes, within one batch. */
const MOST_IN_BATCH = 200
/** Of all causes, for hours: so much is kept while it cannot be written. */
const MOST_SLOTS = 4000

export function createRefusalLog({
  refusals,
  node,
  clock,
  logger,
  schedule = backgroundTimer,
}: RefusalLogOptions): RefusalLog {
  const counts = new Map<string, number>()
  const room = new Map<string, number>()
  const slots = new Map<string, RefusalCount>()
  let recent: RefusalRecord[] = []
  let waiting: RefusalRecord[] = []
  let left = 0
  let cancel: (() => void) | undefined
  let writing: Promise<void> | undefined

  const hasRoom = (code: string): boolean => {
    const free = room.get(code) ?? BURST
    if (free < 1 || waiting.length >= MOST_IN_BATCH) return false
    room.set(code, free - 1)
    return true
  }
  const count = (code: string, now: number): void => {
    counts.set(code, (counts.get(code) ?? 0) + 1)
    const at = now - (now % REFUSAL_SLOT_MILLISECONDS)
    const slot = slotOf({ at, code })
    slots.set(slot, { at, code, node: node.node, count: (slots.get(slot)?.count ?? 0) + 1 })
  }
  /** For the next batch: of the while when the database was away they tell the most. */
  const keep = (sums: readonly RefusalCount[]): void => {
    for (const sum of sums) {
      const slot = slotOf(sum)
      const known = slots.get(slot)
      if (known === undefined && slots.size >= MOST_SLOTS) continue
      slots.set(slot, { ...sum, count: sum.count + (known?.count ?? 0) })
    }
  }
  const write = async (): Promise<void> => {
    for (const [code, free] of room) room.set(code, Math.min(BURST, free + A_SECOND))
    if (waiting.length === 0 && slots.size === 0) return
    const [records, sums] = [waiting, [...slots.values()]]
    waiting = []
    slots.clear()
    try {
      await refusals.write(records, sums)
    } catch (error) {
      // Records are let go: a database that is away must not fill the memory, and the log lines have them. The numbers are few.
      keep(sums)
      if (records.length > 0)
        logger.warn({ err: error, records: records.length }, 'refusals could not be kept for the doctor')
    }
  }
  const flush = async (): Promise<void> => {
    await writing
    writing = write().finally(() => {
      writing = undefined
    })
    await writing
  }
  const again = (): void => {
    cancel = schedule(() => {
      flush().finally(() => {
        if (cancel !== undefined) again()
      })
    }, EVERY_MILLISECONDS)
  }

  return {
    counts,
    get left() {
      return left
    },
    note(refusal, at) {
      try {
        const now = clock.now()
        count(refusal.code, now)
        if (!hasRoom(refusal.code)) {
          left += 1
          return
        }
        const record = describeRefusal(refusal, at, node, now)
        waiting.push(record)
        recent.push(record)
        if (recent.length > 2 * MOST_RECENT) recent = recent.slice(-MOST_RECENT)
      } catch (error) {
        logger.error({ err: error }, 'a refusal could not be described')
      }
    },
    recent: () => recent.slice(-MOST_RECENT),
    start: again,
    flush,
    async stop() {
      cancel?.()
      cancel = undefined
      await flush()
    },
  }
}

function slotOf({ at, code }: Pick<RefusalCount, 'at' | 'code'>): string {
  return `${at} ${code}`
}
