import { placeOf } from '../base/network.ts'
import { Refusal } from '../errors/refusal.ts'
import type { CountRequest } from '../guard/guard.ts'
import type { AccessLimit } from '../model/access.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import type { Principal } from '../model/principal.ts'
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
  /**
   * Counts a request: for the address it came from, and once it is known who asks, for that account or client, wherever it
   * comes from. All that come without an address count as one caller: the adapter did not say who it is.
   */
  count(
    name: string,
    rate: Rate,
    address: string | undefined,
    principal?: Pick<Principal, 'kind' | 'id'>,
  ): Promise<RateAnswer>
}

export interface RateLimitsOptions {
  readonly limiter: Limiter
  /** Addresses that are not counted; asked too where none is known. */
  readonly isExempt: (address: string | undefined) => boolean
}

/**
 * Counts requests against the limits of access words: for each client and account by itself, and where nobody is asked
 * for, for each address. An API key counts as its owner, who could make another whenever one is used up. Whoever comes from
 * an address that nobody told counts with all others of whom that is so: a limit that lets them pass would be none.
 * However often a request is checked, each limit counts it once.
 */
export function createRequestCounter({
  limiter,
  isExempt,
  addressOf,
}: RateLimitsOptions & {
  /** The address of whoever sent it, behind whatever proxy. */
  readonly addressOf: (request: GuardRequest) => string | undefined
}): CountRequest {
  const counted = new WeakMap<object, Set<AccessLimit>>()
  const uncounted = (limits: readonly AccessLimit[], { raw }: GuardRequest): readonly AccessLimit[] => {
    if (raw === undefined) return limits
    const before = counted.get(raw) ?? new Set()
    counted.set(raw, before)
    return limits.filter((limit) => !before.has(limit) && before.add(limit))
  }
  const subjectOf = (principal: Principal | undefined, request: GuardRequest): string | undefined => {
    if (principal !== undefined) return subjectOfPrincipal(principal)
    const address = addressOf(request)
    return isExempt(address) ? undefined : (placeOf(address) ?? UNKNOWN_CALLER)
  }
  return (limits, principal, request) => {
    const subject = subjectOf(principal, request)
    if (subject === undefined) return undefined
    const due = uncounted(limits, request)
    if (due.length === 0) return undefined
    const taken = limiter.take(due.map((limit) => ({ name: limit.name, subject, rate: rateOf(limit) })))
    const answer = (told: Taken): Refusal | undefined => {
      const { name, rate } = told.tightest.limit
      const headers = rateHeaders(name, rate, told)
      if (told.refusedBy !== undefined) return limitReached(told.refusedBy.name, told, headers)
      request.tell?.(headers)
      return undefined
    }
    return taken instanceof Promise ? taken.then(answer) : answer(taken)
  }
}

const UNKNOWN_CALLER = 'unknown'

function subjectOfPrincipal({ kind, id }: Pick<Principal, 'kind' | 'id'>): string {
  return kind === 'client' ? `client ${id}` : `account ${id}`
}

function rateOf({ count, perSeconds }: AccessLimit): Rate {
  return { count, periodMilliseconds: perSeconds * 1000 }
}

function limitReached(limit: string, { waitMilliseconds }: Taken, headers: HeaderValues): Refusal {
  const retryAfterSeconds = Math.ceil(waitMilliseconds / 1000)
  return new Refusal('RATE_LIMITED', { retryAfterSeconds, details: { limit }, headers })
}

const UNCOUNTED: RateAnswer = { refusal: undefined, headers: {} }

export function createRateLimits({ limiter, isExempt }: RateLimitsOptions): RateLimits {
  return {
    async count(name, rate, address, principal) {
      if (isExempt(address)) return UNCOUNTED
      const subject =
        principal === undefined ? (placeOf(address) ?? UNKNOWN_CALLER) : subjectOfPrincipal(principal)
      const taken = await limiter.take([{ name, subject, rate }])
      const headers = rateHeaders(name, rate, taken)
      if (taken.refusedBy === undefined) return { refusal: undefined, headers }
      return { refusal: limitReached(name, taken, headers), headers }
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
