import { callerOf } from '../base/network.ts'
import { Refusal } from '../errors/refusal.ts'
import type { Rate, Taken } from '../model/rate.ts'
import type { Limiter } from '../store/hot/limiter.ts'
import type { HeaderValues } from './headers.ts'

/** What a limit says to a request: why not, or nothing; and what the answer tells of it either way. */
export interface RateAnswer {
  readonly refusal: Refusal | undefined
  readonly headers: HeaderValues
}

/** How often one caller may ask a route. */
export interface RateLimits {
  /** Counts a request. Without an address nobody is counted: the adapter did not say who it is. */
  count(name: string, rate: Rate, address: string | undefined): Promise<RateAnswer>
}

export interface RateLimitsOptions {
  readonly limiter: Limiter
  /** Addresses that are not counted. */
  readonly isExempt: (address: string) => boolean
}

const UNCOUNTED: RateAnswer = { refusal: undefined, headers: {} }

export function createRateLimits({ limiter, isExempt }: RateLimitsOptions): RateLimits {
  return {
    async count(name, rate, address) {
      const subject = callerOf(address)
      if (address === undefined || subject === undefined || isExempt(address)) return UNCOUNTED
      const taken = await limiter.take([{ name, subject, rate }])
      const headers = rateHeaders(name, rate, taken)
      if (taken.refusedBy === undefined) return { refusal: undefined, headers }
      const retryAfterSeconds = Math.ceil(taken.waitMilliseconds / 1000)
      const refusal = new Refusal('RATE_LIMITED', { retryAfterSeconds, details: { limit: name } })
      return { refusal, headers }
    },
  }
}

/** The fields of the HTTP working group's draft (draft-ietf-httpapi-ratelimit-headers): quota, window, rest, reset. */
function rateHeaders(name: string, { count, periodMilliseconds }: Rate, { tightest }: Taken): HeaderValues {
  const seconds = (milliseconds: number) => Math.ceil(milliseconds / 1000)
  return {
    'RateLimit-Policy': `"${name}";q=${count};w=${seconds(periodMilliseconds)}`,
    RateLimit: `"${name}";r=${tightest.left};t=${seconds(tightest.resetMilliseconds)}`,
  }
}
