import { setTimeout as pause } from 'node:timers/promises'
import { Worker, type WorkPlace } from './worker.ts'

/** A busy machine may take longer than it should; past this something is wrong. */
const PATIENCE_MILLISECONDS = 120_000
const PAUSE_MILLISECONDS = 20

/** Looks whether all is as it was: on every node, everything that is done there. */
export interface Probes {
  /**
   * Resolves to how long it took until each node did all of it again; with `briefly` all but to sign somebody in and
   * out, which is what takes long. Rejects if one does not.
   */
  untilNormal(options?: { readonly briefly?: boolean | undefined }): Promise<Recovery>
}

export interface Recovery {
  /** At the last of the nodes. */
  readonly milliseconds: number
  /** What took how long at the last node. */
  readonly steps: string
}

/** @param first the number of the first worker that is nobody else's */
export function createProbes(place: WorkPlace, first: number): Probes {
  const workers = Array.from({ length: place.cluster.nodes }, (_, node) => new Worker(place, first + node))
  return {
    async untilNormal({ briefly = false } = {}) {
      const began = performance.now()
      const everything = async (worker: Worker, node: number): Promise<Recovery> => {
        const access = () => worker.session?.access
        const steps: readonly (readonly [name: string, work: () => Promise<boolean>])[] = [
          ['sign-in', async () => (briefly && worker.isSignedIn()) || worker.signIn(node)],
          ['check', async () => worker.check(access() ?? never(), node)],
          ['refresh', () => worker.refresh(node)],
          ['introspection', async () => worker.introspect(access() ?? never(), node)],
          ['sign-out', async () => briefly || worker.signOut(node)],
        ]
        const took: string[] = []
        for (const [name, work] of steps) {
          let why = ''
          while (!(await work())) {
            if (performance.now() - began > PATIENCE_MILLISECONDS)
              throw new Error(`node ${node} does not come back to its work: ${name}`)
            why = ` after ${worker.seen?.status} ${/"cause":"\w+"/.exec(worker.seen?.text ?? '')?.[0] ?? ''}`
            await pause(PAUSE_MILLISECONDS)
          }
          took.push(`${name} at ${Math.round(performance.now() - began)}${why}`)
        }
        return { milliseconds: performance.now() - began, steps: `node ${node}: ${took.join(', ')}` }
      }
      const all = await Promise.all(workers.map(everything))
      return all.reduce((last, one) => (one.milliseconds > last.milliseconds ? one : last))
    },
  }
}

function never(): never {
  throw new Error('nobody is signed in')
}
