/** How often something may happen: evenly, and so many times at once. */
export interface Rate {
  /** Times in a period; as many may come at once. */
  readonly count: number
  readonly periodMilliseconds: number
}

/** No limit of its own, and why none is needed. */
export interface Uncounted {
  readonly uncounted: string
}

/** How often one caller may ask a route. Each route has an answer to that, or the table does not compile. */
export type RouteLimit = Rate | Uncounted

export function uncounted(why: string): Uncounted {
  return { uncounted: why }
}

/** Undefined for a route that is not counted. */
export function rateOf(limit: RouteLimit): Rate | undefined {
  return 'uncounted' in limit ? undefined : limit
}

/** A limit on one subject. Two limits of one name and subject are one and the same. */
export interface Limit {
  /** What is limited, such as `sign-in per address`. */
  readonly name: string
  /** Whom it is counted for. */
  readonly subject: string
  readonly rate: Rate
}

/** What became of a try. */
export interface Taken {
  /** The limit that refused it; undefined where all allowed it. */
  readonly refusedBy: Limit | undefined
  /** How long to wait for the next one; 0 where it was allowed. */
  readonly waitMilliseconds: number
  /** The limit with the least left, for headers that tell. */
  readonly tightest: { readonly limit: Limit; readonly left: number; readonly resetMilliseconds: number }
}

/** One limit after a try: `arrival` is when the bucket will be empty again (the theoretical arrival time of GCRA). */
export interface RateVerdict {
  readonly arrival: number
  readonly waitMilliseconds: number
  readonly left: number
}

/**
 * The generic cell rate algorithm (ITU-T I.371): a true rate in one number, without windows at whose edges twice as
 * much passes. Pure. `arrival` is what the last verdict said, 0 for a subject that is new; where it is refused, the
 * verdict's `arrival` is not to be kept.
 */
export function judgeRate(arrival: number, now: number, rate: Rate): RateVerdict {
  return verdictOf(Math.max(arrival, now) + intervalOf(rate), now, rate)
}

/** The verdict on a try that fills the bucket until `arrival`. */
export function verdictOf(arrival: number, now: number, rate: Rate): RateVerdict {
  const rest = rate.periodMilliseconds - (arrival - now)
  return {
    arrival,
    waitMilliseconds: rest < -ROUNDING_MILLISECONDS ? -rest : 0,
    left: Math.max(0, Math.floor((rest + ROUNDING_MILLISECONDS) / intervalOf(rate))),
  }
}

/** One try fills the bucket for so long. */
export function intervalOf({ count, periodMilliseconds }: Rate): number {
  return periodMilliseconds / count
}

/** Times since 1970 are kept to a thousandth of a millisecond. */
const ROUNDING_MILLISECONDS = 0.01

/** The verdicts of all limits of a try as one. */
export function summariseVerdicts(
  limits: readonly Limit[],
  verdicts: readonly RateVerdict[],
  now: number,
): Taken {
  let waitMilliseconds = 0
  let refusedBy: Limit | undefined
  let tightest: Taken['tightest'] | undefined
  // Asked for every request, so without an iterator.
  for (let index = 0; index < limits.length; index++) {
    const [limit, verdict] = [limits[index], verdicts[index]]
    if (limit === undefined || verdict === undefined) continue
    if (verdict.waitMilliseconds > waitMilliseconds) {
      waitMilliseconds = verdict.waitMilliseconds
      refusedBy = limit
    }
    if (tightest === undefined || verdict.left < tightest.left) {
      tightest = { limit, left: verdict.left, resetMilliseconds: Math.max(0, verdict.arrival - now) }
    }
  }
  // The try that was refused has filled no bucket.
  if (tightest !== undefined && refusedBy !== undefined) {
    const { limit, resetMilliseconds } = tightest
    tightest = { ...tightest, resetMilliseconds: Math.max(0, resetMilliseconds - intervalOf(limit.rate)) }
  }
  if (tightest === undefined) throw new RangeError('there is no limit to count against')
  return { refusedBy, waitMilliseconds, tightest }
}
