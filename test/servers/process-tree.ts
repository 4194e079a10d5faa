import { execFileSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'

const GONE_TRIES = 6000
const GONE_PAUSE_MILLISECONDS = 10

/**
 * Sends a signal to a process and all below it, and names them. PostgreSQL's processes each lead a group of their own,
 * so a signal to the group would not reach them. The parent goes first: once it is stopped or dead, no child appears.
 */
export function signalTree(pid: number, signal: NodeJS.Signals): ReadonlySet<number> {
  const known = below(pid)
  send(pid, signal)
  const children = new Set([...known, ...below(pid)])
  for (const child of children) send(child, signal)
  return new Set([pid, ...children])
}

/** Kills a process and all below it, and waits until none of them holds anything any more. */
export async function killTree(pid: number): Promise<void> {
  const killed = signalTree(pid, 'SIGKILL')
  for (let tries = 0; tries < GONE_TRIES; tries += 1) {
    if (!listProcesses().some((process) => killed.has(process.pid))) return
    await wait(GONE_PAUSE_MILLISECONDS)
  }
  throw new Error(`process ${pid} or one below it survived being killed`)
}

interface Running {
  readonly pid: number
  readonly parent: number
}

/** All processes but zombies, which hold nothing and wait for a parent to hear of their end. */
function listProcesses(): Running[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  return table.split('\n').flatMap((line) => {
    const [pid, parent, state] = line.trim().split(/\s+/)
    return state === undefined || state.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent) }]
  })
}

function below(pid: number): number[] {
  const all = listProcesses()
  const childrenOf = (parent: number): number[] =>
    all.flatMap((process) => (process.parent === parent ? [process.pid, ...childrenOf(process.pid)] : []))
  return childrenOf(pid)
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
