import { spawnSync } from 'node:child_process'
import { requireProgram, systemdAnalyze } from './programs.ts'

/** Runs systemd's own checker, which needs no systemd to run. */
export function runSystemdAnalyze(args: readonly string[]): {
  readonly status: number | null
  readonly said: string
} {
  const { status, stdout, stderr } = spawnSync(requireProgram(systemdAnalyze), args, { encoding: 'utf8' })
  return { status, said: stdout + stderr }
}
