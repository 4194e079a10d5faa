import { isUuid } from '../../base/uuid.ts'

/**
 * The database's clock in the unit of the contract. Not `now()`, which stands still at the start of the transaction,
 * before the wait for a row's lock (PROTOCOL 1.9).
 */
export const NOW = `date_trunc('milliseconds', clock_timestamp())`

/** A point in time as milliseconds since 1970. Not left to a session's DateStyle and TimeZone: a pool may be shared. */
export function inMilliseconds(time: string): string {
  return `round(date_part('epoch', ${time}) * 1000)`
}

/** A point in time from milliseconds since 1970. */
export function timeFrom(milliseconds: string): string {
  return `to_timestamp(${milliseconds}::float8 / 1000)`
}

/** A number of milliseconds as a length of time. */
export function lengthOf(milliseconds: string): string {
  return `(${milliseconds}::float8 * interval '1 millisecond')`
}

/** The value a counter takes when it is raised; says in SQL what `raisedCounter` says. */
export function raised(counter: string): string {
  return `greatest(${counter} + 1, floor(date_part('epoch', clock_timestamp()))::bigint)`
}

/** An array of text as JSON, so that no parser of array literals is needed. */
export function asJson(array: string): string {
  return `array_to_json(${array})`
}

/** An id for a `uuid` column. What is no UUID names nothing: as null it matches no row. */
export function uuidOrNull(id: string | undefined): string | null {
  return id !== undefined && isUuid(id) ? id : null
}
