import { type Findings, inWords, measure, type PartFindings, type Torture } from './torture.ts'

/** A torture, and what came of it. */
export interface Endured {
  readonly torture: Torture
  readonly findings: Findings
}

/** One row for each torture, and below it one for each of its parts. */
export function table(endured: readonly Endured[]): string {
  const rows = endured.flatMap(({ torture, findings }) => {
    const { count, seed, violations, seconds, notes, parts } = findings
    return [
      [
        torture.name,
        measure(torture, count) + ifCutOff(findings),
        seed,
        violations.length,
        seconds.toFixed(1),
        inWords(notes),
      ],
      ...parts.map((part) => [
        `${torture.name}: ${part.name}`,
        `${part.count} times${ifCutOff(part)}`,
        seed,
        part.violations.length,
        part.seconds.toFixed(1),
        inWords(part.notes),
      ]),
    ]
  })
  const heads = ['torture', 'count', 'seed', 'violations', 'seconds', 'seen']
  const line = (cells: readonly unknown[]): string => `| ${cells.join(' | ')} |`
  return [line(heads), `|${'---|'.repeat(heads.length)}`, ...rows.map(line)].join('\n')
}

function ifCutOff({ isCutOff }: PartFindings | Findings): string {
  return isCutOff ? ', cut off' : ''
}

/**
 * Parts count each, and what has parts counts by itself only where something went wrong outside of them. What was cut
 * off has not passed; it has failed where something was found.
 */
export function countPassed(endured: readonly Endured[]): {
  readonly passed: number
  readonly failed: number
} {
  const isWell = endured.flatMap(({ findings: { violations, parts, isCutOff } }) => {
    const ofParts = parts
      .filter((part) => !part.isCutOff || part.violations.length > 0)
      .map((part) => part.violations.length === 0)
    const others = violations.length - parts.reduce((sum, part) => sum + part.violations.length, 0)
    const isCounted = others > 0 || (parts.length === 0 && !isCutOff)
    return isCounted ? [...ofParts, others === 0] : ofParts
  })
  const failed = isWell.filter((well) => !well).length
  return { passed: isWell.length - failed, failed }
}
