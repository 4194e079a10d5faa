/** Above any hash that is read; a thread that was stopped meanwhile must not make everybody wait. */
const MOST_MILLISECONDS = 2000
/** How much of the difference each faster hash takes off: one slow moment is forgotten after some dozens. */
const FORGET = 1 / 32

interface Verified {
  readonly verdict: { readonly matches: boolean }
  readonly milliseconds: number
  readonly isForeign: boolean
}

export interface SlowestNo {
  /** Takes note of a comparison; answers by how much its no would come earlier than the slowest does. */
  earlyBy(verified: Verified): number
}

/**
 * Knows how long a wrong password takes where the stored hash was made elsewhere, such as an imported bcrypt, so that an
 * unknown name and an account that has signed in here can be made to take as long. It learns from what it sees: the first
 * of them after a start is not evened out. A right password is never held back: it tells more than its time does.
 */
export function createSlowestNo(): SlowestNo {
  let slowest = 0
  return {
    earlyBy({ verdict, milliseconds, isForeign }) {
      if (isForeign) {
        const faded = slowest - (slowest - milliseconds) * FORGET
        slowest = Math.min(MOST_MILLISECONDS, Math.max(milliseconds, faded))
      }
      return verdict.matches ? 0 : Math.max(0, slowest - milliseconds)
    },
  }
}
