import { type ClockFacts, readClocks } from '../../clock-facts.ts'
import type { Facts } from '../../facts.ts'
import { found } from '../../finding.ts'
import { fieldsOf, header } from '../../http-facts.ts'
import type { Rule } from '../../rule.ts'
import { span } from '../../words.ts'
import { TEN_YEARS, YEAR_5138 } from './points.ts'

/** When the token was really issued, where something else than the token tells it. */
function issueTime({ events, token, exchanges }: Facts, clocks: ClockFacts, now: number): number | undefined {
  const { jti, sid } = token?.claims ?? {}
  const event = events.find(
    ({ type, outcome, jti: id, session }) =>
      outcome === 'ok' &&
      /issued|signed_in|logged_in|refreshed|started|login/.test(type ?? '') &&
      ((id !== undefined && id === jti) || (session !== undefined && session === sid)),
  )
  if (event !== undefined) return event.time
  for (const { response } of exchanges) {
    const body = fieldsOf(response)
    const date = Date.parse(header(response, 'date') ?? '') / 1000
    if (token !== undefined && body.get('access_token') === token.text && !Number.isNaN(date)) return date
  }
  return clocks.issuerAtIssue === undefined ? undefined : now + clocks.issuerAtIssue
}

export const zone: Rule = (facts) => {
  const { token, now, skewSeconds } = facts
  const { exp, iat } = token?.claims ?? {}
  if (typeof iat !== 'number' && typeof exp !== 'number') return undefined
  const clocks = readClocks(facts)
  const issued = issueTime(facts, clocks, now)
  const start =
    typeof iat === 'number'
      ? iat
      : Number(exp) - (typeof facts.config.access_ttl_s === 'number' ? facts.config.access_ttl_s : 900)
  const life = typeof iat === 'number' && typeof exp === 'number' ? exp - iat : undefined
  const ttl = typeof facts.config.access_ttl_s === 'number' ? facts.config.access_ttl_s : undefined
  const shift = issued === undefined ? undefined : hoursOff(start - issued)
  // iat right, exp shifted: the end alone went through local time.
  const lifeShift = life !== undefined && ttl !== undefined ? hoursOff(life - ttl) : undefined
  const future = start - now > Math.max(skewSeconds, 60) ? hoursOff(start - now, 300) : undefined
  const seconds = shift ?? lifeShift ?? future
  if (seconds === undefined || typeof exp !== 'number' || exp > YEAR_5138 || exp < TEN_YEARS) return undefined
  // A life that is off by hours may also have been issued under another setting.
  const proven = shift !== undefined
  const hours = seconds / 3600
  return found('TIMEZONE_OFFSET', proven, {
    evidence: [
      `The times of the token are off by ${hours > 0 ? '+' : ''}${hours} ${Math.abs(hours) === 1 ? 'hour' : 'hours'} (${span(seconds)}): a whole offset of a time zone, not a clock that drifted. Local time was written as if it were UTC, so tokens end ${hours < 0 ? 'early' : 'late'}.`,
    ],
    settledBy: ['the clock of the issuer at the moment of issue (UTC), against `iat`'],
    fix: [
      'In the issuer take the time in UTC: seconds since 1970 from the system clock (`Math.floor(Date.now() / 1000)`; Python `datetime.now(timezone.utc)`, never the naive `utcnow()` or `now()` without a zone; Java `Instant.now()`).',
      'Then issue new tokens.',
    ],
    explains: [
      'TOKEN_EXPIRED',
      'CLOCK_VERIFIER_BEHIND',
      'CLOCK_VERIFIER_AHEAD',
      'LIFETIME_TOO_SHORT',
      'SKEW_HIDES_EXPIRY',
    ],
  })
}

/** The difference if it is a whole number of half hours, at least one hour and at most 14. */
function hoursOff(seconds: number, tolerance = 60): number | undefined {
  const halves = Math.round(seconds / 1800)
  const isWhole = Math.abs(seconds - halves * 1800) <= tolerance
  return isWhole && Math.abs(halves) >= 2 && Math.abs(halves) <= 28 ? halves * 1800 : undefined
}
