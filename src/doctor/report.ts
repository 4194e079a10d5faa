import { type Cause, catalogue } from '../errors/codes.ts'
import type { Diagnosis, Finding } from './finding.ts'

/** The answer for people at a terminal. */
export function reportDiagnosis({ verdict, causes, ruledOut, notChecked, wanted }: Diagnosis): string {
  const lines: string[] = []
  if (verdict === 'ok') lines.push('OK: no fault was found with the evidence given.')
  if (verdict === 'undecided') {
    lines.push('UNDECIDED: the evidence does not decide. This would:')
    lines.push(...wanted.map((want) => `  - ${want}`))
  }
  for (const [index, finding] of causes.entries())
    lines.push(...(index === 0 ? [] : ['']), ...causeLines(finding))
  if (ruledOut.length > 0) {
    lines.push('', 'Ruled out:')
    const reasons = Map.groupBy(ruledOut, ({ why }) => why)
    for (const [why, list] of reasons) lines.push(`  - ${list.map(({ code }) => code).join(', ')}: ${why}`)
  }
  if (notChecked.length > 0) lines.push('', 'Not checked:', ...notChecked.map((what) => `  - ${what}`))
  return `${lines.join('\n')}\n`
}

function causeLines({ code, certainty, evidence, fix, settledBy }: Finding): string[] {
  return [
    `${code} (${certainty}): ${meaningOf(code)}`,
    ...evidence.map((what) => `  ${what}`),
    ...(settledBy.length > 0 ? ['  What would settle it:', ...settledBy.map((what) => `    - ${what}`)] : []),
    '  What to do:',
    ...fix.map((step, index) => `    ${index + 1}. ${step}`),
  ]
}

/** An event may be of a newer release, with a cause that is not known here. */
function meaningOf(code: Cause): string {
  return Object.hasOwn(catalogue, code) ? catalogue[code].meaning : 'A cause that this release does not know.'
}
