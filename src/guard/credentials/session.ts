import { type Clock, type Moment, toSeconds } from '../../base/clock.ts'
import { networkOf } from '../../base/network.ts'
import { Refusal } from '../../errors/refusal.ts'
import type { GuardRequest } from '../../model/guard-request.ts'
import type { Principal } from '../../model/principal.ts'
import { type ScopePolicy, scopesOfRoles } from '../../model/scope-policy.ts'
import { authTimeOf } from '../../model/session.ts'
import { type BrowserSessionLimits, limitsFor } from '../../model/session-limits.ts'
import type { RevocationFeed } from '../../revocation/feed.ts'
import type { RevocationState, SessionStanding } from '../../revocation/state.ts'
import type { SessionStandingNow, SessionUse, SessionVerbs } from '../../store/sessions.ts'
import { hashSecret } from '../../tokens/secret-hash.ts'
import { readSessionCookie } from '../../tokens/session-cookie.ts'
import { isHarmless, refuseForgery } from '../csrf.ts'
import { readCookie } from './cookie-header.ts'
import type { Credential } from './credential.ts'
import { createStandingMemory } from './standing-memory.ts'
import type { UseNoter } from './use-noter.ts'

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
  readonly uses: UseNoter<SessionUse>
  /** Who sent a request, behind whatever proxy. */
  readonly addressOf: (request: GuardRequest) => string | undefined
  /** See `createStandingMemory`. */
  readonly goodForMilliseconds: number
}

/**
 * What was read of a session. Whether it is still so is asked of memory on every request. All that a request needs lies in
 * this one object: among thousands of sessions each further one is a wait for main memory.
 */
interface Remembered {
  readonly id: string
  readonly userId: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly amr: readonly string[]
  readonly authTime: number | undefined
  /** Milliseconds since 1970, and the seconds that handlers are told. */
  readonly endsAt: number
  readonly expiresAt: number
  readonly idleMilliseconds: number
  readonly standing: SessionStanding
  readonly use: Pick<SessionUse, 'userId' | 'id' | 'idleMilliseconds'>
  notedIn: number
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
  const { store, policy, state, feed, limits, cookieName, ownOrigins, uses, addressOf } = parts
  const memory = createStandingMemory<Remembered>(parts)

  /** Undefined where what is remembered is out of date, and the database has to be asked. */
  const judge = (
    known: Remembered,
    use: GuardRequest | undefined,
    moment: Moment,
  ): Principal | Refusal | undefined => {
    if (feed.isStale(moment)) return new Refusal('REVOCATION_STALE')
    const { now } = moment
    if (now >= known.endsAt || now >= known.idleEndsAt) return undefined
    const { learnt } = state
    if (known.clearIn !== learnt) {
      if (state.refusesSession(known.standing) !== undefined) return undefined
      known.clearIn = learnt
    }
    if (use !== undefined) noteUse(known, now, use)
    return principalOf(known)
  }

  const noteUse = (known: Remembered, now: number, request: GuardRequest): void => {
    known.idleEndsAt = Math.min(now + known.idleMilliseconds, known.endsAt)
    if (known.notedIn === uses.round) return
    known.notedIn = uses.round
    const address = addressOf(request)
    const agent = request.header('user-agent')?.slice(0, LONGEST_AGENT)
    uses.note({ ...known.use, address, network: networkOf(address), agent })
  }

  const withScopes = async ({ session: row, user, counters, idleEndsAt, endsAt }: SessionStandingNow) => {
    const { id, userId, clientId } = row
    const scopes = Object.freeze(await scopesOfRoles(policy, user.roles))
    const { idleMilliseconds } = limitsFor(scopes, limits)
    const known: Remembered = {
      id,
      userId,
      clientId,
      scopes,
      roles: Object.freeze([...user.roles]),
      amr: Object.freeze([...row.amr]),
      authTime: authTimeOf(row.authenticatedAt),
      endsAt,
      expiresAt: toSeconds(endsAt),
      idleMilliseconds,
      standing: { id, userId, clientId, counters },
      use: { userId: user.id, id, idleMilliseconds },
      notedIn: -1,
      idleEndsAt,
      clearIn: -1,
    }
    return known
  }

  const ask = async (text: string, use: GuardRequest | undefined): Promise<Principal | Refusal> => {
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
    const known = await withScopes(standing)
    memory.keep(text, known, asked)
    return judge(known, use, memory.now()) ?? ended
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
    verify(text, request) {
      // A socket that stays open is nobody at work: it ends with the idle session, and does not keep it going.
      const use = request.opensSocket === true ? undefined : request
      const moment = memory.now()
      const known = memory.find(text, moment)
      const verdict = known && judge(known, use, moment)
      if (verdict !== undefined) return verdict
      memory.forget(text)
      return ask(text, use)
    },
  }
}

const LONGEST_AGENT = 256

/** A new object for each request, so that no handler can change what the next one sees; its lists are frozen. */
function principalOf(known: Remembered): Principal {
  const { id, userId, clientId, scopes, roles, amr, authTime, expiresAt } = known
  return {
    kind: 'user',
    id: userId,
    clientId,
    scopes,
    roles,
    sessionId: id,
    tokenId: id,
    via: 'session',
    amr,
    authTime,
    expiresAt,
    claims: {},
  }
}
