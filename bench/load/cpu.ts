import { readFileSync } from 'node:fs'

const TICKS_A_SECOND = 100

/** User and system time that a process has used, all its threads together. Seconds; Linux only. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
}
