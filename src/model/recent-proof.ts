/**
 * Long enough to set a second factor up, too short for whoever finds an open session the day after. One length for all
 * that is asked for with it: who may add a passkey can prove themselves anew with it, and so do whatever a shorter one guards.
 */
export const RECENT_PROOF_SECONDS = 600

/** Nobody proves themselves later than now: beyond what two clocks differ by, a time ahead is one of a clock that was wrong. */
const MOST_AHEAD_SECONDS = 60

/**
 * Whether somebody proved who they are so recently (RFC 9470). Where nobody knows when, they did not. Seconds, and seconds
 * since 1970.
 */
export function isRecentProof(
  authTime: number | undefined,
  withinSeconds: number,
  nowSeconds: number,
): boolean {
  if (authTime === undefined) return false
  const ageSeconds = nowSeconds - authTime
  return ageSeconds <= withinSeconds && ageSeconds >= -MOST_AHEAD_SECONDS
}
