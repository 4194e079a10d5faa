import { diagnose } from '../../src/doctor/diagnose.ts'
import { exitStatusOf } from '../../src/doctor/finding.ts'
import { redact } from '../../src/doctor/redact.ts'
import { reportDiagnosis } from '../../src/doctor/report.ts'
import { buildCase, makeKeys } from './build.ts'
import type { CaseFile } from './case-file.ts'
import { answerOf, judge } from './judge.ts'

export interface Played {
  readonly id: string
  readonly title: string
  readonly faults: readonly string[]
  readonly falseCertainty: boolean
  /** The codes that the case expects and the doctor named. */
  readonly shown: readonly string[]
  readonly printed: string
}

/** Plays every case of a file with keys made anew. A case that cannot be built fails, and says why. */
export function playCases({ fixtures, cases, judging }: CaseFile): readonly Played[] {
  const keys = makeKeys(fixtures)
  return cases.map((one) => {
    try {
      const { evidence, now, secrets } = buildCase(one, fixtures, keys)
      const diagnosis = redact(diagnose(evidence, now), evidence)
      const printed = reportDiagnosis(diagnosis)
      const answer = answerOf(diagnosis, `${printed}\n${JSON.stringify(diagnosis)}`, exitStatusOf(diagnosis))
      const { faults, falseCertainty } = judge(answer, one.expect, judging, secrets)
      const named = answer.causes.map(({ code }) => code)
      return {
        id: one.id,
        title: one.title,
        faults,
        falseCertainty,
        printed,
        shown: one.expect.codes.filter((code) => named.includes(code)),
      }
    } catch (error) {
      return {
        id: one.id,
        title: one.title,
        faults: [`cannot be played: ${error instanceof Error ? (error.stack ?? '') : String(error)}`],
        falseCertainty: false,
        printed: '',
        shown: [],
      }
    }
  })
}
