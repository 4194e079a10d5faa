import { readFileSync } from 'node:fs'

/** Of the time of a hash. Less is what any busy machine makes a thread wait. */
const MUCH = 0.2
/** The core is free for three quarters of the time, and a flood has the rest. */
const REST_FOR_EACH = 3
/** A hash that was kept waiting itself took long enough. */
const LONGEST_MILLISECONDS = 50

/**
 * How long a thread rests after a hash, so that checked requests are not slowed down (rule E10). Low priority is not enough
 * where a proxy, a database or whoever asks is on the same machine: a core on which a password is hashed counts as taken,
 * so the kernel has the thread that answers requests share another one with those that it talks to. That shows in how long
 * it waited for a core meanwhile. All in milliseconds.
 */
export function restAfter(hash: { readonly took: number; readonly waitedForCore: number }): number {
  const { took, waitedForCore: waited } = hash
  return waited > took * MUCH ? Math.min(took * REST_FOR_EACH, LONGEST_MILLISECONDS) : 0
}

/**
 * Milliseconds for which the calling thread could have run and had to wait for a core, since it began. Linux counts them
 * (proc(5), schedstat); where nobody does, it is always 0.
 */
export function waitedForCore(): number {
  if (process.platform !== 'linux') return 0
  try {
    const [, waitedNanoseconds] = readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')
    return Number(waitedNanoseconds ?? 0) / 1e6
  } catch {
    return 0
  }
}
