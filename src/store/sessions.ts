import type { NewEvent, Origin } from '../audit/events.ts'
import type { Counters } from '../model/access-token.ts'
import type { RefreshVerdict } from '../model/refresh-decision.ts'
import type { Session, SessionEnd, SessionFacts } from '../model/session.ts'
import type { User } from '../model/user.ts'

export interface NewSession {
  readonly id: string
  readonly userId: string
  readonly clientId: string
  /** SHA-256 of the session secret, base64url. */
  readonly secretHash: string
  /** Fingerprint of the secret key that the first refresh token is made with. */
  readonly keyId: string
  /** The user's epoch as read together with the password hash: a session born late is dead at birth. */
  readonly userEpoch: number
  readonly scope: readonly string[]
  readonly resources: readonly string[]
  readonly amr: readonly string[]
  /** When the user proved who they are, where that was not just now, or `NOBODY_KNOWS_WHEN`. Milliseconds since 1970. */
  readonly authenticatedAt?: number | undefined
  readonly address: string | undefined
  /** The prefix of the address that names its network; compared on a repeat. */
  readonly network: string | undefined
  readonly agent: string | undefined
  readonly idleMilliseconds: number
  readonly lifeMilliseconds: number
}

export type StartedSession =
  | { readonly outcome: 'started'; readonly facts: SessionFacts; readonly user: User }
  /** The user was disabled, deleted or given a new password since the credentials were read. */
  | { readonly outcome: 'stale' }

export interface RefreshCall {
  readonly userId: string
  readonly sessionId: string
  readonly clientId: string
  readonly secretHash: string
  readonly generation: number
  readonly attempt: string | undefined
  readonly reuseWindowMilliseconds: number
  readonly idleMilliseconds: number
  readonly writingKeyId: string
  readonly clockUnsure: boolean
  /** What reuse ends: the session, or every session and token of the user. */
  readonly onReuse: 'session' | 'user'
  /** A repeat from another network and another agent is an event, or counts as reuse; an event unless said otherwise. */
  readonly repeatElsewhere?: 'event' | 'reuse' | undefined
  readonly network: string | undefined
  readonly origin: Origin
}

/** Place, agent and time of the rotation that a presented token had been passed by. */
export interface LastRotation {
  readonly address: string | undefined
  readonly agent: string | undefined
  /** Milliseconds since 1970. */
  readonly at: number
}

export type RefreshOutcome =
  | { readonly verdict: Exclude<RefreshVerdict, 'rotate' | 'ahead' | 'repeat' | 'late_repeat' | 'reuse'> }
  | {
      readonly verdict: 'reuse'
      readonly userId: string
      readonly last: LastRotation
    }
  | {
      readonly verdict: 'rotate' | 'ahead' | 'repeat' | 'late_repeat'
      /** The generation of the token to answer with, and the secret key its text is made with. */
      readonly generation: number
      readonly keyId: string
      /** A repeat came from another network and another agent than the rotation. */
      readonly elsewhere: boolean
      readonly last: LastRotation
      readonly facts: SessionFacts
      readonly user: User
    }

/** A session as it stands, for whoever holds a refresh token of it. */
export interface InspectedSession {
  readonly session: Session
  /** Of the one live refresh token. */
  readonly generation: number
  /** Neither ended nor past its limits, its user and client active, no counter raised since. */
  readonly live: boolean
  /** Those it would be refreshed under. */
  readonly counters: Counters
}

/** A live session with its user as both are now, read in one statement. */
export interface SessionStandingNow {
  readonly session: Session
  readonly user: User
  readonly counters: Counters
  /** When it ends if it is not used again, and when it ends in any case. Milliseconds since 1970. */
  readonly idleEndsAt: number
  readonly endsAt: number
  /** The store's clock. Milliseconds since 1970. */
  readonly asOf: number
}

export interface SessionUse {
  readonly userId: string
  readonly id: string
  readonly idleMilliseconds: number
  /** From where. What is not known stays as it was. */
  readonly address?: string | undefined
  readonly network?: string | undefined
  readonly agent?: string | undefined
}

/** However many somebody makes, a list stays a list. */
export const MOST_LISTED_SESSIONS = 1000

export interface SessionVerbs {
  /** The first refresh token is of generation 0; both marks stand at generation 0 and the start. */
  start(session: NewSession, event: NewEvent): Promise<StartedSession>
  /**
   * The one decision about a refresh token (PROTOCOL 1): verdict, change, revocation entry and events in one
   * transaction. The token's MAC was checked before; the secret's hash and the client are compared here.
   */
  refresh(call: RefreshCall): Promise<RefreshOutcome>
  /**
   * What is known of the session that a genuine refresh token is of; changes nothing. Undefined where there is no row
   * of these ids with this hash of the secret.
   */
  inspect(token: {
    readonly userId: string
    readonly id: string
    readonly secretHash: string
  }): Promise<InspectedSession | undefined>
  /** For whoever holds the secret of a browser session: undefined unless it, its user and its client are live. */
  findStanding(session: {
    readonly userId: string
    readonly id: string
    readonly secretHash: string
  }): Promise<SessionStandingNow | undefined>
  /**
   * Writes down that browser sessions were used and from where, which moves their idle limit on. Revives none that has
   * ended or is past a limit. No event: many times a day is no news.
   */
  noteUses(uses: readonly SessionUse[]): Promise<void>
  /**
   * The user has proven themselves again: a new time of authentication, and how. Undefined where the session is not live
   * or the user's epoch is no longer the one that the proof was read under.
   */
  renew(
    session: {
      readonly userId: string
      readonly id: string
      readonly userEpoch: number
      readonly amr: readonly string[]
    },
    event: NewEvent,
  ): Promise<{ readonly facts: SessionFacts; readonly user: User } | undefined>
  /** The user of a session that is live as of now: memory learns of an end somewhat later. */
  findOwner(userId: string, id: string): Promise<User | undefined>
  /** Live sessions, last used first; at most `MOST_LISTED_SESSIONS`. */
  list(userId: string): Promise<Session[]>
  /** How many are live, of all users. */
  countLive(): Promise<number>
  /** Ends one session with its entry; false if there was no live one. `secretHash` and `clientId`, if given, must match. */
  end(
    session: {
      readonly userId: string
      readonly id: string
      readonly secretHash?: string
      readonly clientId?: string
      readonly why: SessionEnd
    },
    event: NewEvent,
  ): Promise<boolean>
  /**
   * Raises the user's epoch and ver with their entry: every session ends, also those about to be born. The session
   * `exceptId` lives on under the new epoch. Resolves to how many live ones ended.
   */
  endAll(
    userId: string,
    options: { readonly exceptId?: string | undefined; readonly why: SessionEnd },
    event: NewEvent,
  ): Promise<number>
}
