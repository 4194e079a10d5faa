import type { Facts } from './facts.ts'
import { header } from './http-facts.ts'

/** How far clocks are from the doctor's own, in seconds; positive is ahead. Undefined where nobody looked. */
export interface ClockFacts {
  readonly server: number | undefined
  readonly issuer: number | undefined
  /** The issuer's when the token was issued. */
  readonly issuerAtIssue: number | undefined
  readonly client: number | undefined
  /** Where the number for the server comes from. */
  readonly serverFrom: string
}

/** Differences below this are those of any two machines, and of whole seconds. */
export const ORDINARY_SECONDS = 5

/**
 * What the readings say. A reference clock, where one was read, corrects the doctor's own; else its own counts as true:
 * the time of the case, or that of the machine it runs on.
 */
export function readClocks({ evidence, now, exchange, config }: Facts): ClockFacts {
  const readings = evidence.clocks ?? []
  const reading = (who: string, moment = 'now') =>
    readings.find((one) => one.who === who && one.moment === moment)?.reads
  const away = (reads: number | undefined) => (reads === undefined ? undefined : reads - now)
  const date = header(exchange?.response, 'date')
  const parsed = date === undefined ? Number.NaN : Date.parse(date) / 1000
  const byDate = Number.isNaN(parsed) ? undefined : parsed - now
  const server = away(reading('server'))
  const issued = reading('issuer', 'issue')
  return {
    server: server ?? (config.in_front === undefined ? byDate : undefined),
    issuer: away(reading('issuer')),
    issuerAtIssue: issued === undefined ? undefined : issued - now,
    client: away(reading('client')),
    serverFrom: server === undefined ? 'the Date header of its answer' : 'its system clock',
  }
}
