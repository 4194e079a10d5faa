import type { Clock } from '../../base/clock.ts'
import { Refusal } from '../../errors/refusal.ts'
import type { Principal } from '../../model/principal.ts'
import { type ScopePolicy, scopesOfRoles } from '../../model/scope-policy.ts'
import { authTimeOf } from '../../model/session.ts'
import { type BrowserSessionLimits, limitsFor, type SessionLimits } from '../../model/session-limits.ts'
import type { RevocationFeed } from '../../revocation/feed.ts'
import type { RevocationState } from '../../revocation/state.ts'
import type { SessionStandingNow, SessionUse, SessionVerbs } from '../../store/sessions.ts'
import { hashSecret } from '../../tokens/refresh-token.ts'
import { readSessionCookie } from '../../tokens/session-cookie.ts'
import { isHarmless, refuseForgery } from '../csrf.ts'
import { readCookie } from './cookie-header.ts'
import type { Credential } from './credential.ts'
import { createStandingMemory } from './standing-memory.ts'

export interface SessionParts {
  readonly store: Pick<SessionVerbs, 'findStanding'>
  readonly policy: ScopePolicy
  readonly clock: Clock
  readonly state: Pick<RevocationState, 'refusesSession' | 'learnt'>
  readonly feed: Pick<RevocationFeed, 'isStale'>
  readonly limits: BrowserSessionLimits
  readonly cookieName: string
  /** Those whose pages may use the cookie: that of the issuer, and those that CORS lets in. */
  readonly ownOrigins: ReadonlySet<string>
  /** Told when a session was seen; called on every request, so it only takes note. */
  readonly noteUse: (use: SessionUse) => void
  /** See `createStandingMemory`. */
  readonly goodForMilliseconds: number
}

/** What was read of a session. Whether it is still so is asked of memory on every request. */
interface Remembered extends SessionStandingNow {
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly limits: SessionLimits
  readonly use: SessionUse
  /** Moved on by each use, as the row will be. Milliseconds since 1970. */
  idleEndsAt: number
  /** What the memory of revocations had learnt when it said last that nothing had ended the session. */
  clearIn: number
}

/**
 * The session cookie of a browser (rules F-1 to F-4). Whether the request may rely on it is looked at when it is read,
 * before anybody asks whose it is. The first sight of one asks the database; after that a request waits for nothing.
 * Roles and scopes are those of the user as of now.
 */
export function session(parts: SessionParts): Credential {
  const { store, policy, clock, state, feed, limits, cookieName, ownOrigins, noteUse } = parts
  const memory = createStandingMemory<Remembered>(parts)

  /** Undefined where what is remembered is out of date, and the database has to be asked. */
  const judge = (known: Remembered, isUse: boolean): Principal | Refusal | undefined => {
    const { session: row, counters, endsAt } = known
    if (feed.isStale()) return new Refusal('REVOCATION_STALE')
    const now = clock.now()
    if (now >= endsAt || now >= known.idleEndsAt) return undefined
    if (known.clearIn !== state.learnt) {
      const { id, userId, clientId } = row
      if (state.refusesSession({ id, userId, clientId, counters }) !== undefined) return undefined
      known.clearIn = state.learnt
    }
    if (isUse) {
      known.idleEndsAt = Math.min(now + known.limits.idleMilliseconds, endsAt)
      noteUse(known.use)
    }
    return principalOf(known)
  }

  const ask = async (text: string, isUse: boolean): Promise<Principal | Refusal> => {
    const cookie = readSessionCookie(text)
    if (cookie === undefined) return new Refusal('COOKIE_FOREIGN_APP')
    const { userId, sessionId } = cookie
    const asked = memory.now()
    const standing = await store.findStanding({
      userId,
      id: sessionId,
      secretHash: hashSecret(cookie.secret),
    })
    const ended = new Refusal('SESSION_ENDED', { details: { userId, sessionId } })
    if (standing === undefined) return ended
    const scopes = Object.freeze(await scopesOfRoles(policy, standing.user.roles))
    const roles = Object.freeze([...standing.user.roles])
    const own = limitsFor(scopes, limits)
    const use = { userId, id: sessionId, idleMilliseconds: own.idleMilliseconds }
    const known = { ...standing, scopes, roles, limits: own, use, clearIn: -1 }
    memory.keep(text, known, asked)
    return judge(known, isUse) ?? ended
  }

  return {
    name: 'session',
    isAmbient: true,
    read(request) {
      const text = readCookie(request.header('cookie'), cookieName)
      if (text === undefined || text instanceof Refusal) return text
      // To take the text apart costs as much as all other checks of a request, and what is remembered was found good.
      if (isHarmless(request) && memory.knows(text)) return text
      const cookie = readSessionCookie(text)
      if (cookie === undefined) return new Refusal('COOKIE_FOREIGN_APP')
      return refuseForgery(request, cookie.secret, ownOrigins) ?? text
    },
    verify(text, { opensSocket }) {
      // A socket that stays open is nobody at work: it ends with the idle session, and does not keep it going.
      const isUse = opensSocket !== true
      const known = memory.find(text)
      const verdict = known && judge(known, isUse)
      if (verdict !== undefined) return verdict
      memory.forget(text)
      return ask(text, isUse)
    },
  }
}

/** A new object for each request, so that no handler can change what the next one sees; its lists are frozen. */
function principalOf({ session: row, scopes, roles, endsAt }: Remembered): Principal {
  return {
    kind: 'user',
    id: row.userId,
    clientId: row.clientId,
    scopes,
    roles,
    sessionId: row.id,
    tokenId: row.id,
    via: 'session',
    amr: row.amr,
    authTime: authTimeOf(row.authenticatedAt),
    expiresAt: Math.floor(endsAt / 1000),
    claims: {},
  }
}
