import type { Surroundings } from './surroundings.ts'

/** Longer than anybody needs who behaves: a tab that hangs must not hold up the others for ever. */
const PATIENCE_MILLISECONDS = 40_000

/** Lets one tab of the origin work at a time. */
export type TakeTurns = <Value>(work: () => Promise<Value>) => Promise<Value>

/**
 * Turns by Web Locks; undefined where there are none. Good manners, not safety: who has waited too long goes on without,
 * and the comparison before each write, the key of the attempt and the server's window keep that harmless.
 */
export function turnsOf({ locks }: Pick<Surroundings, 'locks'>, name: string): TakeTurns | undefined {
  if (locks === undefined) return undefined
  return async (work) => {
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(), PATIENCE_MILLISECONDS)
    let begun = false
    const begin = () => {
      begun = true
      clearTimeout(timer)
      return work()
    }
    try {
      return await locks.request(name, { signal: controller.signal }, begin)
    } catch (error) {
      // Waited too long, or this place has locks and gives none, as a sandboxed frame.
      if (begun) throw error
      return begin()
    }
  }
}
