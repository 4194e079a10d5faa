import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { NodeServer } from '../../nodes/node-server.ts'

const PATIENCE_MILLISECONDS = 60_000

/** Sets the wall clock of one node, counted from what it really is. Resolves when it is set. */
export async function setClock(node: NodeServer, offsetMilliseconds: number): Promise<void> {
  const pid = node.pid()
  if (pid === undefined) throw new Error('the node has ended')
  const file = join(node.folder, 'clock-offset')
  writeFileSync(`${file}.new`, String(offsetMilliseconds))
  renameSync(`${file}.new`, file)
  process.kill(pid, 'SIGWINCH')
  const late = performance.now() + PATIENCE_MILLISECONDS
  while (existsSync(file)) {
    if (performance.now() > late) throw new Error('the node does not set its clock')
    await pause(10)
  }
}
