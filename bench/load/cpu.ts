import { readdirSync, readFileSync } from 'node:fs'

const TICKS_A_SECOND = 100

/** Of /proc/PID/stat, what follows the name, which may hold anything. Undefined where the process is gone. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')
  } catch {
    return undefined
  }
}

/** User and system time that a process has used, all its threads together. Seconds; Linux only. */
export function cpuSeconds(pid: number): number {
  const fields = statOf(pid) ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
}

/** The process and those below it. */
export function processesBelow(pid: number): readonly number[] {
  const childrenOf = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(statOf(Number(name))?.[1])
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), Number(name)])
  }
  const tree = [pid]
  for (const one of tree) tree.push(...(childrenOf.get(one) ?? []))
  return tree
}

/** The same of a process and those below it, those that have ended included. */
export function treeCpuSeconds(pid: number): number {
  let ticks = 0
  for (const one of processesBelow(pid)) {
    const fields = statOf(one)
    for (const field of [11, 12, 13, 14]) ticks += Number(fields?.[field] ?? 0)
  }
  return ticks / TICKS_A_SECOND
}
