import type { Logger } from '../base/logger.ts'
import type { Store } from './store.ts'

const EVERY_MILLISECONDS = 60_000
const BATCH = 500
const BATCHES_IN_A_ROW = 20

/** Told after each round how many rows it removed, and how many past their use are still there. */
export type NoteCleaned = (rows: number, left: number) => void

/**
 * Removes rows that are past their use, a small batch at a time, while the process does its ordinary work; and does what
 * else is to be done now and then.
 */
export function startHousekeeping(
  store: Pick<Store, 'cleanUp' | 'expired'>,
  logger: Logger,
  more: () => Promise<unknown>,
  noteCleaned: NoteCleaned,
): { stop(): void } {
  let running = false
  const clean = async (): Promise<void> => {
    if (running) return
    running = true
    let rows = 0
    try {
      let removed = BATCH
      for (let batch = 0; removed === BATCH && batch < BATCHES_IN_A_ROW; batch++) {
        removed = await store.cleanUp(BATCH)
        rows += removed
      }
      await more()
    } catch (error) {
      logger.warn({ err: error }, 'housekeeping failed; the next try is in a minute')
    }
    // Counted also after a failure, for then there is most to tell; where nothing answers, what was told last stays.
    await store.expired().then(
      (left) => noteCleaned(rows, left),
      () => undefined,
    )
    running = false
  }
  const timer = setInterval(clean, EVERY_MILLISECONDS).unref()
  return { stop: () => clearInterval(timer) }
}
