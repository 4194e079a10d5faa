const FIRST_MILLISECONDS = 500
const LONGEST_MILLISECONDS = 30_000
/** Who has lived for so long did not fail for what the start has to do with. */
const STEADY_MILLISECONDS = 10_000

export interface RestartPlan {
  /** Lives in a row that were too short. */
  readonly failures: number
  readonly delayMilliseconds: number
}

/** When to start a worker anew that ended by itself: at once after a steady life, else ever later. Pure. */
export function planRestart(failures: number, livedMilliseconds: number): RestartPlan {
  if (livedMilliseconds >= STEADY_MILLISECONDS) return { failures: 0, delayMilliseconds: 0 }
  const delayMilliseconds = Math.min(LONGEST_MILLISECONDS, FIRST_MILLISECONDS * 2 ** Math.min(failures, 10))
  return { failures: failures + 1, delayMilliseconds }
}
