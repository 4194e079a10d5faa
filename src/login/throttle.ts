import { DAY_MILLISECONDS, HOUR_MILLISECONDS, MINUTE_MILLISECONDS } from '../base/duration.ts'
import { placeOf } from '../base/network.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Limit, Rate, Taken } from '../model/rate.ts'
import type { Limiter } from '../store/hot/limiter.ts'

/** Who tries to sign in, to which account. */
export interface CountedTry {
  /** The canonical login key that was typed, whether or not there is such an account. */
  readonly account: string
  readonly address: string | undefined
  /** The browser, if it is one in which this account has signed in before. */
  readonly device?: string | undefined
}

export interface SignInTry extends CountedTry {
  /** Whether this account is known to be used from there; asked only when its own limit is reached. */
  readonly isFamiliar: () => Promise<boolean>
}

/**
 * Slows down who guesses passwords (rules E7 to E9). A try is counted before its password is hashed and taken back
 * when it was right, so that of any number of tries at once no more are hashed than the limits allow.
 */
export interface Throttle {
  /** Counts a try. Throws `RATE_LIMITED` where a limit is reached; resolves to the way to take the try back. */
  admit(attempt: SignInTry): Promise<() => Promise<void>>
  /** Counts what was allowed before and turned out to be no success yet. */
  count(attempt: CountedTry): Promise<void>
  /** Takes back what `count` counted, from the same place. */
  takeBack(attempt: CountedTry): Promise<void>
}

/** Several limits at once make waits that grow: seconds after five tries, minutes after twenty, half hours after fifty. */
const PAIR: readonly Rate[] = [
  { count: 5, periodMilliseconds: MINUTE_MILLISECONDS },
  { count: 20, periodMilliseconds: HOUR_MILLISECONDS },
  { count: 50, periodMilliseconds: DAY_MILLISECONDS },
]
/** Whoever goes through many accounts from one place. */
const ADDRESS: readonly Rate[] = [
  { count: 30, periodMilliseconds: MINUTE_MILLISECONDS },
  { count: 300, periodMilliseconds: HOUR_MILLISECONDS },
]
/** Whoever goes at one account from many places. Familiar places are let past it, so that nobody is locked out. */
const ACCOUNT: readonly Rate[] = [
  { count: 20, periodMilliseconds: 10 * MINUTE_MILLISECONDS },
  { count: 100, periodMilliseconds: DAY_MILLISECONDS },
]

export interface ThrottleOptions {
  readonly limiter: Limiter
  /** Addresses that everybody shares, such as that of this machine in development: accounts alone are counted there. */
  readonly isShared?: (address: string) => boolean
}

export function createThrottle({ limiter, isShared = () => false }: ThrottleOptions): Throttle {
  return {
    async admit(attempt) {
      const limits = limitsOf(attempt, isShared)
      const taken = await limiter.take(limits)
      if (taken.refusedBy === undefined) return async () => limiter.giveBack(limits)
      if (!isOfAccount(taken.refusedBy) || !(await attempt.isFamiliar())) throw limited(taken)

      const others = limits.filter((limit) => !isOfAccount(limit))
      const again = others.length === 0 ? taken : await limiter.take(others)
      if (again.refusedBy !== undefined) throw limited(again)
      return async () => limiter.giveBack(others)
    },
    async count(attempt) {
      await limiter.take(limitsOf(attempt, isShared))
    },
    async takeBack(attempt) {
      await limiter.giveBack(limitsOf(attempt, isShared))
    },
  }
}

function limited({ refusedBy, waitMilliseconds }: Taken): AuthError {
  return new AuthError('RATE_LIMITED', {
    retryAfterSeconds: Math.ceil(waitMilliseconds / 1000),
    details: { limit: refusedBy?.name ?? '' },
  })
}

const NOWHERE = 'nowhere'
const OF_ACCOUNT = 'sign-in of account'

function isOfAccount({ name }: Limit): boolean {
  return name.startsWith(OF_ACCOUNT)
}

function limitsOf({ account, address, device }: CountedTry, isShared: (address: string) => boolean): Limit[] {
  // What strangers do, to the account or behind the same address, does not keep its owner out.
  if (device !== undefined) return layers('sign-in from known device', `${account} ${device}`, PAIR)
  const ofAccount = layers(OF_ACCOUNT, account, ACCOUNT)
  // Whoever comes from nowhere comes from one place: else it were better to hide than to be seen.
  const place = placeOf(address) ?? NOWHERE
  const ofPair = layers('sign-in of pair', `${account} ${place}`, PAIR)
  return [
    ...ofAccount,
    ...ofPair,
    ...(address !== undefined && isShared(address) ? [] : layers('sign-in from address', place, ADDRESS)),
  ]
}

/** One limit for each rate; the name tells them apart. */
function layers(name: string, subject: string, rates: readonly Rate[]): Limit[] {
  return rates.map((rate) => ({ name: `${name}, ${rate.count}`, subject, rate }))
}
