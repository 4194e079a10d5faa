import { toSeconds } from '../base/clock.ts'

/**
 * The value a counter (`ver`, `epoch`, of user, client or store) takes when it is raised. Never below the time in
 * seconds, so that a counter lost in a fail-over and raised again cannot repeat a value already given out.
 */
export function raisedCounter(old: number, nowMilliseconds: number): number {
  return Math.max(old + 1, toSeconds(nowMilliseconds))
}
