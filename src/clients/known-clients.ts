import { type Clock, type Moment, millisecondsSince, momentOf } from '../base/clock.ts'
import { FIRST_PARTY } from '../model/client.ts'
import type { ClientStanding, ClientVerbs } from '../store/clients.ts'

/** A client as it stood when the store was asked. */
export interface KnownClient extends ClientStanding {
  readonly asked: Moment
}

/**
 * Clients as last read, so that a client which asks all the time costs one read a second and not one a request.
 *
 * A change made by this process, or one that any process wrote a revocation for, is known as soon as `forget` is called;
 * any other change, as a new secret, within a second. The built-in client follows the configuration, nobody changes it
 * and it proves nothing: it is kept for good. Tokens of a client alone are never given to it, and whether it is active
 * the statements ask that start and refresh sessions.
 */
export interface KnownClients {
  /** Undefined where it has to be read. */
  remembered(id: string): KnownClient | undefined
  /** As it stands now. */
  read(id: string): Promise<KnownClient | undefined>
  find(id: string): Promise<KnownClient | undefined>
  forget(): void
}

const KEPT_MILLISECONDS = 1000
const MOST_KEPT = 1000

export function createKnownClients(
  clients: Pick<ClientVerbs, 'findStanding'>,
  clock: Pick<Clock, 'now' | 'elapsed'>,
): KnownClients {
  const kept = new Map<string, KnownClient>()
  let forgotten = 0

  const remembered: KnownClients['remembered'] = (id) => {
    const known = kept.get(id)
    if (known === undefined || id === FIRST_PARTY) return known
    return millisecondsSince(clock, known.asked) < KEPT_MILLISECONDS ? known : undefined
  }
  const read: KnownClients['read'] = async (id) => {
    const asked = momentOf(clock)
    const before = forgotten
    const standing = await clients.findStanding(id)
    if (standing === undefined) {
      kept.delete(id)
      return undefined
    }
    const known = { ...standing, asked }
    // What was read before a change must not be taken for what stands after it.
    if (before === forgotten) keep(id, known)
    return known
  }
  const keep = (id: string, known: KnownClient): void => {
    kept.delete(id)
    const [oldest] = kept.keys()
    if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest)
    kept.set(id, known)
  }
  return {
    remembered,
    read,
    find: async (id) => remembered(id) ?? read(id),
    forget() {
      forgotten += 1
      kept.clear()
    },
  }
}
