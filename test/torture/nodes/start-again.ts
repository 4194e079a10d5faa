import { setTimeout as pause } from 'node:timers/promises'
import type { NodeServer } from './node-server.ts'

const MOST_STARTS = 10
const REST_MILLISECONDS = 500

/**
 * Starts a node that was killed, and again if it found no database in time, as whatever watches over processes does: on
 * a busy machine a database takes longer now and then than a node waits at its start. Any other reason to end at a start
 * is thrown at once, and this one after so many starts.
 * @param again is told each time
 */
export async function startAgain(
  node: Pick<NodeServer, 'start' | 'log'>,
  again: () => void,
  restMilliseconds = REST_MILLISECONDS,
): Promise<void> {
  for (let starts = 1; ; starts += 1) {
    try {
      return await node.start()
    } catch (error) {
      if (starts === MOST_STARTS || !foundNoDatabase(node.log())) throw error
      again()
      await pause(restMilliseconds)
    }
  }
}

/** Told by the last thing it wrote; what belongs to that is indented. */
function foundNoDatabase(log: string): boolean {
  const last = log.split('\n').findLast((line) => /^\S/.test(line))
  return last?.startsWith('STORE_UNAVAILABLE: ') === true
}
