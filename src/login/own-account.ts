import type { AuditEvent } from '../audit/events.ts'
import { type Clock, toSeconds } from '../base/clock.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Postman } from '../mail/postman.ts'
import type { ApiKey } from '../model/api-key.ts'
import { FIRST_PARTY } from '../model/client.ts'
import type { Consent } from '../model/consent.ts'
import type { Identity } from '../model/identity.ts'
import { isRecentProof, RECENT_PROOF_SECONDS } from '../model/recent-proof.ts'
import { hasFactor, type ListedFactors, listedFactors } from '../model/second-factor.ts'
import type { Session } from '../model/session.ts'
import type { User } from '../model/user.ts'
import type { Store } from '../store/store.ts'
import type { Accounts } from './accounts.ts'
import type { Caller } from './caller.ts'
import { type PasswordParts, proveOwnPassword } from './password.ts'

/** Somebody who is signed in, as far as it counts here. */
export interface Owner {
  readonly id: string
  readonly sessionId: string | undefined
  /** The client that acts for them. */
  readonly clientId: string
  /** When they proved who they are. Seconds since 1970. */
  readonly authTime: number | undefined
}

/** All that is kept of a person. */
export interface OwnData {
  readonly user: User
  readonly sessions: readonly Session[]
  readonly apiKeys: readonly ApiKey[]
  readonly identities: readonly Identity[]
  readonly factors: ListedFactors
  /** What other applications were allowed. */
  readonly consents: readonly Consent[]
  /** Newest first; without who else had to do with the account, and from where. */
  readonly events: readonly AuditEvent[]
}

/** What people do with their own account. */
export interface OwnAccount {
  /**
   * Ends every other session. An account with a second factor needs a sign-in of the last minutes as well. Throws
   * `REQUEST_INVALID` for a wrong current password, `REAUTHENTICATION_REQUIRED`, `PASSWORD_REFUSED`, `RATE_LIMITED`;
   * `SESSION_ENDED` where a reset or the like was faster.
   */
  changePassword(
    owner: Owner,
    passwords: { readonly current: string; readonly next: string },
    caller: Caller,
  ): Promise<void>
  /**
   * Whether it is really them: the password if one is given, else a sign-in of the last minutes. An account with a second
   * factor needs that sign-in in any case, for it has asked for the factor. Resolves to the user as read before: under a
   * later epoch nothing is proven. Throws `REQUEST_INVALID`, `REAUTHENTICATION_REQUIRED`, `RATE_LIMITED`.
   */
  prove(owner: Owner, password: string | undefined, caller: Caller): Promise<User>
  /** For the built-in client alone: throws `CLIENT_NOT_ALLOWED`. */
  export(owner: Owner, caller: Caller): Promise<OwnData>
  /**
   * Removes the account and what belongs to it; its tokens end. Whether it is really them is asked before; the user is as
   * `prove` gave it. Throws `SESSION_ENDED` where that proof has become void.
   */
  remove(user: User, caller: Caller): Promise<void>
}

export interface OwnAccountParts {
  readonly accounts: Accounts
  readonly store: Pick<
    Store,
    'users' | 'sessions' | 'apiKeys' | 'identities' | 'events' | 'factors' | 'consents'
  >
  readonly passwords: PasswordParts
  readonly postman: Postman
  readonly clock: Clock
}

/** Above what anybody has: the export is one document, made in memory. */
const MOST_EVENTS = 10_000
const PAGE = 500

export function createOwnAccount(parts: OwnAccountParts): OwnAccount {
  const { accounts, store, passwords, postman, clock } = parts

  /**
   * Before it is asked whether their session is live: what ends it later raises the epoch that was read here, so that
   * what rests on that one epoch is void.
   */
  async function userOf({ id, sessionId }: Owner): Promise<User> {
    const user = await store.users.find(id)
    if (user === undefined) throw new AuthError('USER_NOT_FOUND')
    if (sessionId !== undefined && (await store.sessions.findOwner(id, sessionId)) === undefined) {
      throw new AuthError('SESSION_ENDED', { details: { userId: id, sessionId } })
    }
    return user
  }

  async function provePassword(
    owner: Owner,
    password: string,
    field: string,
    { origin }: Caller,
  ): Promise<void> {
    if (await proveOwnPassword(owner.id, password, origin, passwords)) return
    throw new AuthError('REQUEST_INVALID', {
      fields: [{ field, message: 'Is not right.', reason: 'wrong_password' }],
      details: { userId: owner.id },
    })
  }

  function requireFreshSignIn({ authTime, clientId }: Owner): void {
    const isRecent = isRecentProof(authTime, RECENT_PROOF_SECONDS, toSeconds(clock.now()))
    // A sign-in at another's application was meant for what that application may do, and not for this.
    if (isRecent && clientId === FIRST_PARTY) return
    throw new AuthError('REAUTHENTICATION_REQUIRED', { challenge: { maxAgeSeconds: RECENT_PROOF_SECONDS } })
  }

  /** A password that somebody has watched does not stand for the factor that was set up against that. */
  async function requireFactor(owner: Owner): Promise<void> {
    if (hasFactor(await store.factors.find(owner.id))) requireFreshSignIn(owner)
  }

  async function eventsOf(userId: string): Promise<AuditEvent[]> {
    const events: AuditEvent[] = []
    for (;;) {
      const before = events.at(-1)?.id
      const page = await store.events.list({ userId, limit: PAGE, ...(before !== undefined && { before }) })
      events.push(...page)
      if (page.length < PAGE || events.length >= MOST_EVENTS) return events
    }
  }

  return {
    async changePassword(owner, { current, next }, caller) {
      // Hashing takes its time, and more of it in a flood: what voids the proof meanwhile is not to be overwritten.
      const { epoch: userEpoch } = await userOf(owner)
      await requireFactor(owner)
      await provePassword(owner, current, 'current_password', caller)
      const options = { keepSessionId: owner.sessionId, userEpoch, field: 'new_password' }
      await accounts.setPassword(owner.id, next, options, caller.origin)
      const user = await store.users.find(owner.id)
      if (user !== undefined) {
        postman.send({ kind: 'password_changed', to: user.email, user, language: caller.language })
      }
    },

    async prove(owner, password, caller) {
      const user = await userOf(owner)
      if (password === undefined) {
        requireFreshSignIn(owner)
        return user
      }
      await requireFactor(owner)
      await provePassword(owner, password, 'password', caller)
      return user
    },

    async export({ id: userId, clientId }, { origin }) {
      if (clientId !== FIRST_PARTY) throw new AuthError('CLIENT_NOT_ALLOWED', { details: { clientId } })
      const user = await store.users.find(userId)
      if (user === undefined) throw new AuthError('USER_NOT_FOUND')
      const [sessions, apiKeys, identities, factors, consents, events] = await Promise.all([
        store.sessions.list(userId),
        store.apiKeys.list(userId),
        store.identities.list(userId),
        store.factors.find(userId),
        store.consents.list(userId),
        eventsOf(userId),
      ])
      await store.events.record({ name: 'user.exported', origin, userId })
      const known = events.map((event) => withoutOthers(event, userId))
      return { user, sessions, apiKeys, identities, factors: listedFactors(factors), consents, events: known }
    },

    async remove(user, { origin, language }) {
      await accounts.remove(user.id, origin, user.epoch)
      postman.send({ kind: 'account_deleted', to: user.email, user, language })
    },
  }
}

/** Of what somebody else did to the account it says that, and nothing of who and where they were: they are not its owner’s. */
function withoutOthers(event: AuditEvent, userId: string): AuditEvent {
  const { actor, reference } = event.origin
  const isOthers = actor.kind === 'user' && actor.id !== undefined && actor.id !== userId
  return isOthers ? { ...event, origin: { actor: { kind: 'user' }, reference } } : event
}
