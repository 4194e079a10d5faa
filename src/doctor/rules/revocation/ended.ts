import { createHash } from 'node:crypto'
import type { EventLine } from '../../evidence.ts'
import type { Facts } from '../../facts.ts'
import { ago } from '../../words.ts'

/** What of a token can stand on a deny list, by the name of what it is found by. */
function entriesOf({ token }: Facts): ReadonlyMap<string, string> {
  const { jti, sid, sub } = token?.claims ?? {}
  const text = token?.text ?? ''
  const named: readonly (readonly [string, unknown])[] = [
    ['jti', jti],
    ['sid', sid],
    ['sub', sub],
    ['token_text', text],
    ['token_sha256', createHash('sha256').update(text).digest('hex')],
  ]
  return new Map(
    named.flatMap(([name, value]) =>
      typeof value === 'string' && value !== '' ? [[name, value] as const] : [],
    ),
  )
}

/** The entry that stands for this token, and by what. */
export function denied(facts: Facts) {
  const rows =
    facts.evidence.store?.deny_list?.filter(({ until }) => until === undefined || until > facts.now) ?? []
  for (const [name, value] of entriesOf(facts)) {
    const row = rows.find(({ entry }) => entry === value || entry === `${name}:${value}`)
    if (row !== undefined) return { row, by: name }
  }
  return undefined
}

/** The counter of the user in the token, where it carries one. */
export function counterOf({ token, config }: Facts): number | undefined {
  const name = config.version_claim?.name ?? 'ver'
  const value = token?.claims?.[name] ?? token?.claims?.tv ?? token?.claims?.token_version
  if (typeof value === 'number') return value
  // What Entra calls so is the version of its tokens.
  if (config.version_claim === undefined && /^[12]\.0$/.test(String(value))) return undefined
  const first = typeof value === 'string' ? Number(value.split('.')[0]) : Number.NaN
  return Number.isInteger(first) ? first : undefined
}

export function inWords({ type, time, address }: EventLine, now: number): string {
  const what = (type ?? '').replace(/^\w+\./, '').replaceAll('_', ' ')
  return `${what} ${ago(time, now)}${address ? ` from ${address}` : ''}`
}
