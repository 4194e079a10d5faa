import { writeFileSync } from 'node:fs'
import type { Evidence } from '../../doctor/evidence.ts'
import type { Diagnosis } from '../../doctor/finding.ts'
import { proposePatch } from '../../doctor/gather/patch.ts'
import { regressionTest } from '../../doctor/gather/regression-test.ts'
import { NoVerdict } from '../no-verdict.ts'
import { print } from '../output.ts'

export interface ProposalOptions {
  /** Write a regression test for the case into this file. */
  readonly writeTest?: string
  /** Print a change as a diff where the cause lies in something that was given. */
  readonly patch?: boolean
}

/** A test and a change to go with an answer; the change is proposed and never applied. */
export async function propose(
  diagnosis: Diagnosis,
  evidence: Evidence,
  { writeTest, patch }: ProposalOptions,
): Promise<void> {
  if (writeTest !== undefined) {
    const text = regressionTest(diagnosis, evidence)
    if (text === undefined)
      throw new NoVerdict(
        '--write-test: a test needs a request that was sent, and its answer (doctor exchange)',
      )
    writeFileSync(writeTest, text, { flag: 'wx' })
    print(`\nwritten: ${writeTest}`)
  }
  if (patch === true)
    print(
      `\n${proposePatch(diagnosis, evidence) ?? 'No change is proposed: the cause lies in nothing that was given.'}`,
    )
}
