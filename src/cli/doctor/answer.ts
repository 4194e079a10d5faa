import { diagnose } from '../../doctor/diagnose.ts'
import type { Evidence } from '../../doctor/evidence.ts'
import { type Diagnosis, exitStatusOf } from '../../doctor/finding.ts'
import { redact } from '../../doctor/redact.ts'
import { reportDiagnosis } from '../../doctor/report.ts'
import { readMoment } from '../moment.ts'
import { readNamedBytes, readStandardInput } from '../named-file.ts'
import { NoVerdict } from '../no-verdict.ts'
import { type OutputOptions, printJson } from '../output.ts'
import { type Proposal, type ProposalOptions, propose, reportProposal } from './proposals.ts'

export interface DoctorOptions extends OutputOptions {
  /** Unix seconds, or a date: what time it is taken to be. */
  readonly now?: string
}

/** Looks at the evidence, prints the answer and what is proposed with it, and sets the exit status: 0, 1 or 2. */
export function answer(evidence: Evidence, options: DoctorOptions & ProposalOptions): void {
  const diagnosis = redact(diagnose(evidence, nowOf(options)), evidence)
  tell(diagnosis, options, propose(diagnosis, evidence, options))
}

export function tell(diagnosis: Diagnosis, { json }: OutputOptions, proposed: Proposal = {}): void {
  if (json) printJson({ ...diagnosis, ...proposed })
  else process.stdout.write(reportDiagnosis(diagnosis) + reportProposal(proposed))
  process.exitCode = exitStatusOf(diagnosis)
}

export function nowOf({ now }: DoctorOptions): number {
  if (now === undefined) return Date.now() / 1000
  const seconds = /^\d+(\.\d+)?$/.test(now) ? Number(now) : (readMoment(now) ?? Number.NaN) / 1000
  if (!Number.isFinite(seconds))
    throw new NoVerdict('--now: unix seconds, or a time such as 2026-11-23T08:00:00Z')
  return seconds
}

/** A file, or standard input: a credential among the arguments would stay in the history of the shell. */
export async function readInput(file: string | undefined): Promise<string> {
  if (file !== undefined && file !== '-') return textOf(readNamedBytes(file))
  if (process.stdin.isTTY) process.stderr.write('Paste it, then press Ctrl-D:\n')
  return textOf(await readStandardInput())
}

/** Text by its mark at the front, which belongs to the file: shells of Windows write UTF-16, and its editors the mark. */
function textOf(bytes: Buffer): string {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  return new TextDecoder().decode(bytes)
}
