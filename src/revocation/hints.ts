import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { backgroundTimer, type Schedule } from '../base/schedule.ts'
import type { HintVerbs } from '../store/hints.ts'

/**
 * Hints tell processes that there may be something new to ask the database about, and no more than that: whoever can
 * send them can cause a question, and can neither add nor hide a revocation. Whatever is lost of them is found by the
 * next regular question (PROTOCOL 2.2, 2.3).
 */
const HINT_SPACING_MILLISECONDS = 20
const SUBSCRIBE_AGAIN_MILLISECONDS = 30_000

/** Makes of many calls at most one action in 20 milliseconds: the first at once, the last never left out. */
export function coalesce(action: () => void, clock: Clock, schedule: Schedule = backgroundTimer): () => void {
  let last = Number.NEGATIVE_INFINITY
  let waits = false
  const act = (): void => {
    waits = false
    last = clock.elapsed()
    action()
  }
  return () => {
    if (waits) return
    const delay = last + HINT_SPACING_MILLISECONDS - clock.elapsed()
    if (delay <= 0) return act()
    waits = true
    schedule(act, delay)
  }
}

/** Listens to all ways of hints, trying again where one cannot be reached. Answers with the way to end it. */
export function listenToHints(
  all: readonly HintVerbs[],
  listener: () => void,
  { logger, schedule }: { readonly logger: Logger; readonly schedule: Schedule },
): () => Promise<void> {
  let stopped = false
  const endings = new Set<() => Promise<void> | void>()

  const subscribe = async (hints: HintVerbs): Promise<void> => {
    try {
      const unsubscribe = await hints.subscribe(listener)
      if (stopped) await unsubscribe()
      else endings.add(unsubscribe)
    } catch (error) {
      logger.warn({ err: error }, 'revocations are asked for without hints: cannot subscribe to them')
      if (stopped) return
      const cancel = schedule(() => {
        endings.delete(cancel)
        void subscribe(hints)
      }, SUBSCRIBE_AGAIN_MILLISECONDS)
      endings.add(cancel)
    }
  }
  for (const hints of all) void subscribe(hints)
  return async () => {
    stopped = true
    await Promise.allSettled([...endings].map(async (end) => end()))
  }
}
