import { text } from 'node:stream/consumers'
import { diagnose } from '../../doctor/diagnose.ts'
import type { Evidence } from '../../doctor/evidence.ts'
import { type Diagnosis, exitStatusOf } from '../../doctor/finding.ts'
import { redact } from '../../doctor/redact.ts'
import { reportDiagnosis } from '../../doctor/report.ts'
import { readNamedFile } from '../named-file.ts'
import { NoVerdict } from '../no-verdict.ts'
import { type OutputOptions, printJson } from '../output.ts'

export interface DoctorOptions extends OutputOptions {
  /** Unix seconds, or a date: what time it is taken to be. */
  readonly now?: string
}

/** Looks at the evidence, prints the answer, and sets the exit status: 0, 1 or 2. */
export function answer(evidence: Evidence, options: DoctorOptions): Diagnosis {
  const diagnosis = redact(diagnose(evidence, nowOf(options)), evidence)
  tell(diagnosis, options)
  return diagnosis
}

export function tell(diagnosis: Diagnosis, { json }: OutputOptions): void {
  if (json) printJson(diagnosis)
  else process.stdout.write(reportDiagnosis(diagnosis))
  process.exitCode = exitStatusOf(diagnosis)
}

export function nowOf({ now }: DoctorOptions): number {
  if (now === undefined) return Date.now() / 1000
  const seconds = /^\d+(\.\d+)?$/.test(now) ? Number(now) : Date.parse(now) / 1000
  if (!Number.isFinite(seconds))
    throw new NoVerdict('--now: unix seconds, or a time such as 2026-11-23T08:00:00Z')
  return seconds
}

/** A file, or standard input: a credential among the arguments would stay in the history of the shell. */
export async function readInput(file: string | undefined): Promise<string> {
  if (file !== undefined && file !== '-') return readNamedFile(file)
  if (process.stdin.isTTY) process.stderr.write('Paste it, then press Ctrl-D:\n')
  return text(process.stdin)
}
