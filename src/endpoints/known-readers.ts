import { hash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { DAY_MILLISECONDS } from '../base/duration.ts'

/**
 * Who was let in to the numbers within the last day, so that a scraper is not shut out by the very outage that it is to
 * tell of: then no credential can be checked. Kept as hashes, in this process alone.
 */
export interface KnownReaders {
  note(credential: string): void
  forget(credential: string): void
  has(credential: string): boolean
}

/** More than anybody has scrapers; past it the one that was let in longest ago is forgotten. */
const MOST = 16

export function createKnownReaders(clock: Pick<Clock, 'elapsed'>): KnownReaders {
  const letIn = new Map<string, number>()
  const digestOf = (credential: string): string => hash('sha256', credential)
  return {
    note(credential) {
      const digest = digestOf(credential)
      letIn.delete(digest)
      letIn.set(digest, clock.elapsed())
      const [oldest = digest] = letIn.keys()
      if (letIn.size > MOST) letIn.delete(oldest)
    },
    forget(credential) {
      letIn.delete(digestOf(credential))
    },
    has(credential) {
      const at = letIn.get(digestOf(credential))
      return at !== undefined && clock.elapsed() - at < DAY_MILLISECONDS
    },
  }
}
