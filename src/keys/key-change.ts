import type { NewEvent } from '../audit/events.ts'
import type { Random } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { KeyVerbs, StoredKey, StoredRing } from '../store/keys.ts'
import type { KeyRing } from './key-ring.ts'
import type { SecretKeys } from './secret-keys.ts'

/** A change of the ring: all its keys as they are to be, and the event that says why. */
export interface KeyChange {
  readonly keys: readonly StoredKey[]
  readonly event: NewEvent
  /** Keys whose tokens end now. */
  readonly revoked?: readonly string[]
}

export interface KeyChangeParts {
  readonly store: KeyVerbs
  readonly keyRing: KeyRing
  readonly secretKeys: SecretKeys
  readonly random: Random
  /** Tells the other processes that there is something to ask the database about. Never fails. */
  readonly tellOthers: () => void
}

const MOST_TRIES = 10

/**
 * Changes the ring of all nodes and takes the change into use here. Decided upon the newest ring, and decided anew if
 * somebody else was quicker: the version of the ring is the lock. False if there is nothing to change.
 */
export async function changeRing(
  { store, keyRing, tellOthers }: KeyChangeParts,
  decide: (ring: StoredRing) => KeyChange | undefined | Promise<KeyChange | undefined>,
): Promise<boolean> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const ring = await store.ring()
    const change = await decide(ring)
    if (change === undefined) return false
    if (await store.replace(ring.version, change.keys, change.event, change.revoked)) {
      tellOthers()
      await keyRing.load()
      return true
    }
  }
  throw new AuthError('STORE_UNAVAILABLE', {
    details: { why: 'the key ring changes faster than it can be read' },
  })
}
