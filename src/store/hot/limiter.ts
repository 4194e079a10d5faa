import type { Limit, Taken } from '../../model/rate.ts'

/**
 * Counts tries against limits. What it knows may be lost at any time: then people may try again sooner, and nothing
 * else. Never rejects: a limiter that cannot be asked counts by itself.
 */
export interface Limiter {
  /** Counts a try against all limits, or against none if one of them is reached. Atomic. At least one limit. */
  take(limits: readonly Limit[]): Taken | Promise<Taken>
  /** Takes a try back that was allowed and did no harm. */
  giveBack(limits: readonly Limit[]): void | Promise<void>
  /** Whether the last try was counted by this process alone, though there is a place where all count together. */
  readonly isApart: boolean
}
