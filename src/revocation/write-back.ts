import type { Logger } from '../base/logger.ts'
import type { RevocationSource } from './source.ts'
import type { RevocationState } from './state.ts'

/** What ends sooner is not worth the alarm: the clocks of reader and store agree only so far. */
const LEAST_REMAINING_MILLISECONDS = 10_000
const MOST_AT_ONCE = 1000

/**
 * After a full snapshot: gives the database what memory has and the snapshot lacked, with its cause (PROTOCOL 2.4). A
 * fail-over or a restore has lost it, and until it is back, processes that start now would accept what was revoked.
 * Resolves to whether anything was lost: then another snapshot has to show that it is there, for there may be more than
 * was given back at once, and a database that fell back may fall back again.
 */
export async function writeBack(
  source: RevocationSource,
  state: RevocationState,
  logger: Logger,
): Promise<boolean> {
  if (source.restore === undefined) return false
  const lost = state.unsaid(LEAST_REMAINING_MILLISECONDS, MOST_AT_ONCE)
  if (lost.length === 0) return false
  const written = await source.restore(lost, {
    name: 'store.rolled_back',
    origin: { actor: { kind: 'system' } },
    data: { entries: lost.length },
  })
  // None where a clock was set: what was over by it is remembered for as long as it has to be, and was never lost.
  if (written > 0)
    logger.error(
      { code: 'STORE_BEHIND', entries: written },
      'the database had lost revocations: they were written back',
    )
  return true
}
