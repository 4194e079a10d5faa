import type { Ledger } from './torture.ts'

/** How long after the end of a fault it may still be felt, beyond what the same takes without one. */
const RECOVERY_MILLISECONDS = 5000

/** Something that was seen after the end of a fault. */
export interface Aftermath {
  /** In few words, by which it is counted. */
  readonly what: string
  /** Since the end of the fault, less what the same takes without one. */
  readonly milliseconds: number
  readonly details?: string
}

/** The one place that judges recovery: late is wrong where the run is timed, and counted where it is not. */
export function judgeRecovery(
  ledger: Ledger,
  isTimed: boolean,
  { what, milliseconds, details = '' }: Aftermath,
): void {
  if (milliseconds <= RECOVERY_MILLISECONDS) return
  if (isTimed)
    ledger.violation(
      `${Math.round(milliseconds)} ms after the end of the fault: ${what} ${details}`.trimEnd(),
    )
  else ledger.note(`${what}, later than 5 s after the fault`)
}
