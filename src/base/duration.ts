const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Seconds of a duration: a whole number of seconds, or text such as `30s`, `15m`, `12h`, `7d`. Undefined if neither. */
export function parseDurationSeconds(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined
  const match = /^(\d{1,9})([smhd])$/.exec(value)
  return match ? Number(match[1]) * (UNITS[match[2] ?? ''] ?? Number.NaN) : undefined
}

/** A duration in words, the largest unit that divides it: `15 minutes`, `30 days`. */
export function durationInWords(seconds: number): string {
  const [name, size] = (
    [
      ['day', 86_400],
      ['hour', 3600],
      ['minute', 60],
    ] as const
  ).find(([, unit]) => seconds >= unit && seconds % unit === 0) ?? ['second', 1]
  const count = seconds / size
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
