import type { Origin } from '../audit/events.ts'
import { placeOf } from '../base/network.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Cause } from '../errors/codes.ts'
import type { Limiter } from '../store/hot/limiter.ts'
import type { Store } from '../store/store.ts'

/**
 * The event of each sign-in that was refused. It is written after the answer, which must not take longer for it, and
 * without the name that was typed: people type passwords there. Of those that a limit refused one a minute and place is
 * written, so that a flood fills no log.
 */
export interface RefusedSignIns {
  /** Does the work of a sign-in; what it throws is thrown on. */
  watch<Done>(origin: Origin, work: () => Promise<Done>): Promise<Done>
  /** Fulfilled when all events are written. */
  settled(): Promise<void>
}

/** A password that was wrong, or right and not enough. A wrong second factor is written where it is counted. */
const REFUSALS: readonly Cause[] = ['CREDENTIALS_WRONG', 'EMAIL_UNVERIFIED', 'HOOK_REFUSED', 'RATE_LIMITED']
const ONE_A_MINUTE = { count: 1, periodMilliseconds: 60_000 }
/** Events that may wait for the database; what is beyond is left out. */
const MOST_WAITING = 500
/** Those of so long are written together: in a flood each wait for the disk would hold everybody up. */
const TOGETHER_MILLISECONDS = 500
/** So many are written without that wait. */
const MANY = MOST_WAITING / 2

export function createRefusedSignIns({
  store,
  limiter,
  report,
}: {
  readonly store: Pick<Store, 'events'>
  readonly limiter: Limiter
  readonly report: (error: unknown) => void
}): RefusedSignIns {
  let waiting: Parameters<typeof write>[] = []
  let writing: Promise<void> | undefined
  /** Ends the wait for more. */
  let hurry = (): void => undefined

  async function write({ code, refusal }: AuthError, origin: Origin): Promise<void> {
    if (code === 'RATE_LIMITED') {
      const subject = placeOf(origin.address) ?? ''
      const { refusedBy } = await limiter.take([{ name: 'login.refused', subject, rate: ONE_A_MINUTE }])
      if (refusedBy !== undefined) return
    }
    const { userId, account, limit } = refusal.details
    await store.events.record({
      name: 'login.refused',
      origin,
      ...(typeof userId === 'string' && { userId }),
      data: {
        cause: code,
        ...(code === 'CREDENTIALS_WRONG' && { known: userId !== undefined }),
        ...(typeof account === 'string' && { account }),
        ...(typeof limit === 'string' && { limit }),
      },
    })
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, TOGETHER_MILLISECONDS)
        hurry = () => {
          clearTimeout(timer)
          resolve()
        }
        if (waiting.length >= MANY) hurry()
      })
      const together = waiting
      waiting = []
      await Promise.all(together.map((event) => write(...event).catch(report)))
    }
    writing = undefined
  }

  return {
    async watch(origin, work) {
      try {
        return await work()
      } catch (error) {
        if (error instanceof AuthError && REFUSALS.includes(error.code) && waiting.length < MOST_WAITING) {
          waiting.push([error, origin])
          writing ??= writeAll()
          if (waiting.length >= MANY) hurry()
        }
        throw error
      }
    },
    async settled() {
      hurry()
      await writing
    },
  }
}
