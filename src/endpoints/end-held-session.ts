import type { NewEvent } from '../audit/events.ts'
import type { GrantParts } from '../grants/grant.ts'
import type { SessionEnd } from '../model/session.ts'

/** A session that a request proved to hold, well enough to end it. */
export interface Held {
  readonly userId: string
  readonly id: string
  readonly secretHash?: string
  readonly clientId?: string
  /** It is held by an access token that has run out: none can be good that only an entry would end. */
  readonly isOver?: boolean
}

type Parts = Pick<GrantParts, 'store' | 'isEnded' | 'revocationsChanged'>

/**
 * Ends a session by a genuine token of it; the next request here is refused. False if it had ended before.
 *
 * Where the database has no such session it has lost its sign-in, in a fail-over to a replica that lacked the last
 * commits. Its access tokens are genuine and would be good until they run out, so an entry says that they are not; one
 * that is known already is not written again, however often somebody asks.
 */
export async function endHeldSession(
  { isOver = false, ...held }: Held,
  why: SessionEnd,
  event: NewEvent,
  { store, isEnded, revocationsChanged }: Parts,
): Promise<boolean> {
  const isLive = await store.sessions.end({ ...held, why }, event)
  if (!isLive && (isOver || (await isKnown(held, store)))) return false
  await revocationsChanged()
  if (isLive || isEnded('session', held.id)) return isLive
  await store.revocations.add({ kind: 'session', ref: held.id, least: undefined }, held, event)
  await revocationsChanged()
  return true
}

/**
 * By an access token nobody can look it up; but whichever of its session has ended has an entry for as long as it is
 * good.
 */
async function isKnown({ userId, id, secretHash }: Held, { sessions }: Parts['store']): Promise<boolean> {
  return secretHash !== undefined && (await sessions.inspect({ userId, id, secretHash })) !== undefined
}
