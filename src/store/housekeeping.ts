import type { Logger } from '../base/logger.ts'
import type { Store } from './store.ts'

const EVERY_MILLISECONDS = 60_000
const BATCH = 500
const BATCHES_IN_A_ROW = 20

/** Told after each round how many rows it removed, and whether it left some for the next. */
export type NoteCleaned = (rows: number, left: boolean) => void

/**
 * Removes rows that are past their use, a small batch at a time, while the process does its ordinary work; and does what
 * else is to be done now and then.
 */
export function startHousekeeping(
  store: Store,
  logger: Logger,
  more: () => Promise<unknown>,
  noteCleaned: NoteCleaned,
): { stop(): void } {
  let running = false
  const clean = async (): Promise<void> => {
    if (running) return
    running = true
    try {
      let rows = 0
      let left = true
      for (let batch = 0; left && batch < BATCHES_IN_A_ROW; batch++) {
        const removed = await store.cleanUp(BATCH)
        rows += removed
        left = removed === BATCH
      }
      noteCleaned(rows, left)
      await more()
    } catch (error) {
      logger.warn({ err: error }, 'housekeeping failed; the next try is in a minute')
    } finally {
      running = false
    }
  }
  const timer = setInterval(clean, EVERY_MILLISECONDS).unref()
  return { stop: () => clearInterval(timer) }
}
