import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { NodeServer } from './node-server.ts'

const PATIENCE_MILLISECONDS = 60_000

/** What a process holds. */
export interface Holdings {
  readonly pid: number
  /** After a collection. */
  readonly heapBytes: number
  /** Files and connections; undefined where the system does not tell. */
  readonly open: number | undefined
}

/** Asks a node that was started with the memory probe. */
export async function lookInto(node: NodeServer): Promise<Holdings> {
  const file = join(node.folder, 'memory.json')
  rmSync(file, { force: true })
  const pid = node.pid()
  if (pid === undefined) throw new Error('the node has ended')
  process.kill(pid, 'SIGUSR2')
  const late = performance.now() + PATIENCE_MILLISECONDS
  for (;;) {
    const text = read(file)
    if (text !== undefined) {
      const { heapUsed, external } = JSON.parse(text) as NodeJS.MemoryUsage
      return { pid, heapBytes: heapUsed + external, open: countOpen(pid) }
    }
    if (performance.now() > late) throw new Error('the node does not say what it holds')
    await pause(20)
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function countOpen(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return undefined
  }
}
