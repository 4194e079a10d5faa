import type { Principal } from '../model/principal.ts'
import type { User } from '../model/user.ts'
import type { Store } from '../store/store.ts'

export type HeldBy = Pick<Principal, 'id' | 'sessionId'> & Partial<Pick<Principal, 'via' | 'tokenId'>>

/** Whether a principal stands on a session or an API key, which the database can be asked of. */
export function isHeld({ sessionId, via }: HeldBy): boolean {
  return sessionId !== undefined || via === 'api-key'
}

/**
 * The owner of the session or API key that a principal stands on, if that has not ended: as of now, which memory may
 * learn seconds later, and the handler of a request not at all.
 */
export async function findOwnerNow(
  { id, sessionId, tokenId }: HeldBy,
  { sessions, apiKeys }: Pick<Store, 'sessions' | 'apiKeys'>,
): Promise<User | undefined> {
  if (sessionId !== undefined) return sessions.findOwner(id, sessionId)
  return tokenId === undefined ? undefined : apiKeys.findOwner(id, tokenId)
}
