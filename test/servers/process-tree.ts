import { execFileSync } from 'node:child_process'

/**
 * Sends a signal to a process and all below it. PostgreSQL's processes each lead a group of their own, so a signal to
 * the group would not reach them. The parent goes first: once it is stopped or dead, no child appears.
 */
export function signalTree(pid: number, signal: NodeJS.Signals): void {
  const known = childrenByParent()
  send(pid, signal)
  const after = childrenByParent()
  for (const child of new Set([...below(pid, known), ...below(pid, after)])) send(child, signal)
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

function childrenByParent(): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>()
  for (const line of execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).split('\n')) {
    const [pid = 0, parent = 0] = line.trim().split(/\s+/).map(Number)
    children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  return children
}

function below(pid: number, children: ReadonlyMap<number, readonly number[]>): number[] {
  return (children.get(pid) ?? []).flatMap((child) => [child, ...below(child, children)])
}
