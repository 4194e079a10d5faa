import type { Diagnosis } from '../../src/doctor/finding.ts'
import type { Expectation, Judging } from './case-file.ts'

/** What a judge needs of an answer. */
export interface JudgedAnswer {
  readonly causes: readonly {
    readonly code: string
    readonly certainty: 'certain' | 'probable' | undefined
    readonly settledBy: readonly string[]
  }[]
  readonly ruledOut: readonly string[]
  readonly fix: string
  readonly printed: string
  readonly exit: number
}

export interface Judgement {
  /** Each one fails the case. */
  readonly faults: readonly string[]
  /** A cause called certain that is none. */
  readonly falseCertainty: boolean
}

/** The answer of the doctor in the form that is judged. Neither "nothing wrong" nor "undecided" is a cause with a certainty. */
export function answerOf(diagnosis: Diagnosis, printed: string, exit: number): JudgedAnswer {
  const { verdict, causes, ruledOut, wanted } = diagnosis
  const none =
    verdict === 'ok'
      ? [{ code: 'OK', certainty: undefined, settledBy: [] }]
      : [{ code: 'UNDECIDED', certainty: undefined, settledBy: wanted }]
  return {
    causes: causes.length > 0 ? causes : none,
    ruledOut: ruledOut.map(({ code }) => code),
    fix: verdict === 'undecided' ? wanted.join('\n') : causes.flatMap(({ fix }) => fix).join('\n'),
    printed,
    exit,
  }
}

export function judge(
  answer: JudgedAnswer,
  expected: Expectation,
  { negators, never_advise }: Judging,
  secrets: readonly string[],
): Judgement {
  const faults: string[] = []
  const { codes, also_ok = [], second_ok = [] } = expected
  const [first, ...others] = answer.causes
  const named = new Set(answer.causes.map(({ code }) => code))
  const firstIsRight = first !== undefined && (first.code === codes[0] || also_ok.includes(first.code))
  if (!firstIsRight)
    faults.push(`first cause ${first?.code}, expected ${[codes[0], ...also_ok].join(' or ')}`)
  for (const code of codes.slice(1)) if (!named.has(code)) faults.push(`${code} is not among the causes`)

  const allowed = [...codes, ...also_ok, ...second_ok]
  const falseOnes = others.filter(({ code, certainty }) => !allowed.includes(code) && certainty === 'certain')
  for (const { code } of falseOnes) faults.push(`false certainty: ${code}`)
  const firstIsFalse = !firstIsRight && first?.certainty === 'certain'
  if (firstIsFalse) faults.push(`false certainty: ${first?.code}`)

  const certainty = first?.certainty
  if (firstIsRight && certainty !== undefined && certainty !== expected.certainty)
    faults.push(`called ${certainty}, expected ${expected.certainty}`)
  if (certainty === 'probable' && first?.settledBy.length === 0)
    faults.push('does not say what would settle it')
  for (const code of expected.ruled_out) if (named.has(code)) faults.push(`${code} should be ruled out`)

  const printed = plain(answer.printed)
  const fix = plain(answer.fix)
  for (const idea of expected.mention)
    if (!idea.some((text) => occurs(text, printed))) faults.push(`does not mention ${idea.join(' | ')}`)
  for (const idea of expected.fix)
    if (!idea.some((text) => occurs(text, fix))) faults.push(`the fix lacks ${idea.join(' | ')}`)
  for (const phrase of [...expected.must_not_say, ...never_advise]) {
    if (says(phrase, answer.fix, negators)) faults.push(`the fix says "${phrase}"`)
  }
  for (const secret of secrets) if (answer.printed.includes(secret)) faults.push('prints a credential')
  if (answer.exit !== expected.exit) faults.push(`exit ${answer.exit}, expected ${expected.exit}`)
  return { faults, falseCertainty: falseOnes.length > 0 || firstIsFalse }
}

function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('`', '')
    .replaceAll(/[\u2018\u2019]/g, "'")
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** A part of the text; where it begins or ends with a digit, no digit stands next to that end. */
function occurs(text: string, within: string): boolean {
  return positions(text, within).length > 0
}

function positions(text: string, within: string): readonly number[] {
  const found: number[] = []
  for (let at = within.indexOf(text); at !== -1; at = within.indexOf(text, at + 1)) {
    const before = within[at - 1] ?? ''
    const after = within[at + text.length] ?? ''
    const cuts = (/^\d/.test(text) && /\d/.test(before)) || (/\d$/.test(text) && /\d/.test(after))
    if (!cuts) found.push(at)
  }
  return found
}

/** Whether a phrase occurs in a sentence in which no negator stands before it. */
function says(phrase: string, fix: string, negators: readonly string[]): boolean {
  const sentences = fix.split(/\n|(?<=[.!?;])\s+/).map(plain)
  return sentences.some((sentence) =>
    positions(phrase, sentence).some((at) => !negators.some((word) => hasWord(word, sentence.slice(0, at)))),
  )
}

function hasWord(word: string, text: string): boolean {
  return new RegExp(`(?<![\\w'])${word.replaceAll(/[.*+?^$()|[\]\\{}]/g, '\\$&')}(?![\\w'])`).test(text)
}
