import { readFileSync } from 'node:fs'

/** Memory of a process that is in the machine's (VmRSS). MiB; Linux only. */
export function residentMebibytes(pid: number): number {
  const kibibytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kibibytes ?? 0) / 1024
}
