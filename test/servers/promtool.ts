import { execFileSync } from 'node:child_process'
import { promtool, requireProgram } from './programs.ts'

/** Runs Prometheus' own checker; throws with what it said where it finds something wrong. */
export function runPromtool(cwd: string, args: readonly string[]): string {
  return execFileSync(requireProgram(promtool), args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
