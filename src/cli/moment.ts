const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/i

/**
 * A date, or a date and a time: milliseconds since 1970, undefined for anything else. Without a zone it is UTC, as
 * everything that is printed here. `Date.parse` alone would take `7` for a month of 2001.
 */
export function readMoment(text: string): number | undefined {
  const match = DATE.exec(text.trim())
  if (match === null) return undefined
  const isZoned = match[1] !== undefined || !/\d[T ]\d/i.test(text)
  const time = Date.parse(`${text.trim().replace(' ', 'T')}${isZoned ? '' : 'Z'}`)
  return Number.isNaN(time) ? undefined : time
}
