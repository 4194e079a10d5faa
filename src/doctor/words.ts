/** A length of time for people: exact in seconds, and in a larger unit where that reads better. */
export function span(seconds: number): string {
  const whole = Math.abs(Math.round(seconds * 1000) / 1000)
  if (whole < 1) return `${Math.round(whole * 1000)} ms`
  const exact = `${Math.round(whole)} s`
  if (whole < 120) return exact
  const [unit, size] =
    whole < 7200
      ? (['min', 60] as const)
      : whole < 172_800
        ? (['h', 3600] as const)
        : (['days', 86_400] as const)
  const count = whole / size
  return `${Number.isInteger(count) ? count : Math.floor(count * 10) / 10} ${unit} (${exact})`
}

/** A moment for people: how long ago, and its time of day in UTC. */
export function ago(time: number, now: number): string {
  const at = moment(time)
  return time <= now ? `${span(now - time)} ago (${at})` : `in ${span(time - now)} (${at})`
}

/** A moment in UTC; what is no time is said to be none. */
export function moment(time: number): string {
  const date = new Date(time * 1000)
  return Number.isNaN(date.getTime())
    ? 'no time there is'
    : date
        .toISOString()
        .replace(/\.\d{3}Z$/, 'Z')
        .replace('T', ' ')
}

/** A value out of a token or header, short and without characters that a terminal obeys. */
export function clipped(value: unknown, most = 120): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
  return plain.length > most ? `${plain.slice(0, most)}…` : plain
}
