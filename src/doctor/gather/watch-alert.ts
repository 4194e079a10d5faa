import type { Look } from './watch-course.ts'

/** What is sent where alerts go, as JSON. */
export interface Alert {
  /** What chats show of a message. */
  readonly text: string
  readonly rising: readonly string[]
  readonly gone: readonly string[]
  readonly deployment: string | null
  readonly groups: Look['rising']
}

/** What is new in a look: causes that rise, and those that are gone again. Pure. */
export function alertOf({ rising, allClear, report }: Pick<Look, 'rising' | 'allClear' | 'report'>): Alert {
  const lines = [
    ...(report.deployment === undefined || rising.length === 0 ? [] : [report.deployment]),
    ...rising.map(({ sentence }) => sentence),
    ...allClear.map((code) => `${code}: the cause is gone.`),
  ]
  return {
    text: withoutMarkup(lines.join('\n')),
    rising: rising.map(({ code }) => code),
    gone: allClear,
    deployment: report.deployment ?? null,
    groups: rising,
  }
}

/** Chats make mentions and named links of these, and anybody can send a token whose issuer has them. */
function withoutMarkup(text: string): string {
  return text.replaceAll(/[<>@[\]]/g, '?')
}
