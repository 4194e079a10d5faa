import { type Clock, guardedClock } from '../../../src/base/clock.ts'
import { type Random, systemRandom } from '../../../src/base/random.ts'
import { AuthError } from '../../../src/errors/auth-error.ts'
import type { Store } from '../../../src/store/store.ts'

export type Part = 'store' | 'clock' | 'random'

/** Which call fails. */
export interface Fault {
  readonly part: Part
  /** Counted from one, from the moment it is set. */
  readonly nth: number
  readonly lasts: 'once' | 'for ever'
  /** A call that fails after it was carried out: nobody knows, as when a connection breaks at its commit. */
  readonly carriedOut: boolean
}

/** Stands in everything that such a failure says: no client may ever see it. */
export const CANARY = 'canary-9c1e'

/** Store, clock and random source that fail on command. */
export interface FaultyParts {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  /** Counts from now on, and fails as told; undefined: no more. */
  set(fault: Fault | undefined): void
  /** Calls since `set`. */
  calls(part: Part): number
}

export function createFaultyParts(store: Store): FaultyParts {
  const well = guardedClock()
  const counts: Record<Part, number> = { store: 0, clock: 0, random: 0 }
  let fault: Fault | undefined

  /** Whether this call is one that fails. */
  const fails = (part: Part): boolean => {
    counts[part] += 1
    if (fault?.part !== part) return false
    return fault.lasts === 'once' ? counts[part] === fault.nth : counts[part] >= fault.nth
  }
  const failing =
    <Parameters extends readonly unknown[], Value>(part: Part, work: (...parameters: Parameters) => Value) =>
    (...parameters: Parameters): Value => {
      if (fails(part)) throw new Error(`${part} is broken: ${CANARY}`)
      return work(...parameters)
    }
  const unavailable = () => new AuthError('STORE_UNAVAILABLE', { details: { reason: CANARY } })
  const verb =
    (work: (...parameters: unknown[]) => Promise<unknown>) =>
    async (...parameters: unknown[]): Promise<unknown> => {
      if (!fails('store')) return work(...parameters)
      if (fault?.carriedOut) await work(...parameters)
      throw unavailable()
    }
  /** Every verb of a group of verbs. */
  const verbs = <Verbs extends object>(group: Verbs): Verbs =>
    Object.fromEntries(
      Object.entries(group).map(([name, member]) => [
        name,
        typeof member === 'function' ? verb(member) : member,
      ]),
    ) as Verbs

  const { users, sessions, clients, keys, revocations, nodes, events, oneTime, ...plain } = store
  return {
    store: {
      ...plain,
      ping: verb(store.ping) as Store['ping'],
      users: verbs(users),
      sessions: verbs(sessions),
      clients: verbs(clients),
      keys: verbs(keys),
      revocations: verbs(revocations),
      nodes: verbs(nodes),
      events: verbs(events),
      oneTime: verbs(oneTime),
    },
    clock: { now: failing('clock', well.now), elapsed: failing('clock', well.elapsed) },
    random: failing('random', systemRandom),
    set(next) {
      fault = next
      counts.store = 0
      counts.clock = 0
      counts.random = 0
    },
    calls: (part) => counts[part],
  }
}
