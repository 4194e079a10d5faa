import { writeFileSync } from 'node:fs'
import type { Evidence } from '../../doctor/evidence.ts'
import type { Diagnosis } from '../../doctor/finding.ts'
import { proposePatch } from '../../doctor/gather/patch.ts'
import { regressionTest } from '../../doctor/gather/regression-test.ts'
import { NoVerdict } from '../no-verdict.ts'

export interface ProposalOptions {
  /** Write a regression test for the case into this file. */
  readonly writeTest?: string
  /** Print a change as a diff where the cause lies in something that was given. */
  readonly patch?: boolean
}

export interface Proposal {
  /** The file that was written. */
  readonly written?: string
  /** A diff; null where the cause lies in nothing that was given. */
  readonly patch?: string | null
}

/** A test and a change to go with an answer; the change is proposed and never applied. */
export function propose(
  diagnosis: Diagnosis,
  evidence: Evidence,
  { writeTest, patch }: ProposalOptions,
): Proposal {
  return {
    ...(writeTest !== undefined && { written: writeTestTo(writeTest, regressionTest(diagnosis, evidence)) }),
    ...(patch === true && { patch: proposePatch(diagnosis, evidence) ?? null }),
  }
}

function writeTestTo(file: string, text: string | undefined): string {
  if (text === undefined)
    throw new NoVerdict(
      '--write-test: a test needs a request that was sent, and its answer (doctor exchange)',
    )
  try {
    writeFileSync(file, text, { flag: 'wx' })
  } catch (error) {
    throw new NoVerdict(`--write-test: ${file} was not written (${(error as NodeJS.ErrnoException).code}).`)
  }
  return file
}

/** For people at a terminal. */
export function reportProposal({ written, patch }: Proposal): string {
  return [
    ...(written === undefined ? [] : [`\nwritten: ${written}\n`]),
    ...(patch === undefined
      ? []
      : [`\n${patch ?? 'No change is proposed: the cause lies in nothing that was given.'}\n`]),
  ].join('')
}
