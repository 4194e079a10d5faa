import type { AuditEvent, EventName, NewEvent, Origin } from '../audit/events.ts'
import type { Clock } from '../base/clock.ts'
import type { Counters } from '../model/access-token.ts'
import type { ApiKey } from '../model/api-key.ts'
import type { Client, ClientRegistration } from '../model/client.ts'
import type { RefreshVerdict } from '../model/refresh-decision.ts'
import type { Revocation } from '../model/revocation.ts'
import type { Session, SessionEnd, SessionFacts } from '../model/session.ts'
import type { User, UserState } from '../model/user.ts'

/**
 * The contract every database driver keeps; `countersign/testing` holds the suite that proves it.
 *
 * - Each verb is atomic: of two callers in a race the answers are as if one had come after the other.
 * - Each change and its audit event are one transaction; when the promise is fulfilled it is on disk.
 * - The store's clock decides windows and expiry. Times are milliseconds since 1970.
 * - A failure of the database rejects with AuthError `STORE_UNAVAILABLE`; nothing half-done stays behind.
 */
export interface Store {
  readonly dialect: 'sqlite' | 'postgres'
  /** What to show people: a path or a URL without credentials. */
  readonly description: string

  /** Connects. Rejects with AuthError `STORE_SCHEMA_OLD` or `STORE_SCHEMA_NEW` where `migrate` would be needed. */
  open(options: StoreOptions): Promise<void>
  /** Lets verbs under way finish, then disconnects. */
  close(): Promise<void>
  /** One real question to the database; rejects when it is not answered. */
  ping(): Promise<void>
  /** Brings the schema forward (never back). May be called instead of and before `open`. */
  migrate(options?: { readonly dryRun?: boolean }): Promise<MigrationReport>
  identify(): Promise<StoreIdentity>
  /**
   * The database was put back from a backup. Raises its epoch, above `least` too, with the entry of kind `store`: every
   * session and token made before is void, and so is each value that waits to be spent once. Resolves to the new epoch.
   */
  declareRestored(least: number, event: NewEvent): Promise<number>
  /** Removes at most `limit` rows that are past their use; resolves to how many it removed. */
  cleanUp(limit: number): Promise<number>
  /** How many rows that are past their use are still there. */
  expired(): Promise<number>

  readonly users: UserVerbs
  readonly sessions: SessionVerbs
  readonly clients: ClientVerbs
  readonly apiKeys: ApiKeyVerbs
  readonly keys: KeyVerbs
  readonly revocations: RevocationVerbs
  readonly nodes: NodeVerbs
  readonly events: EventVerbs
  readonly oneTime: OneTimeVerbs
  /** Pushes between the processes that share the database; absent where the driver has none. */
  readonly hints?: HintVerbs
}

export interface StoreOptions {
  /** For drivers without a clock of their own (SQLite). */
  readonly clock: Clock
  /** Bring the schema forward first. */
  readonly migrate: boolean
  /** How long audit events are kept; 400 days unless said otherwise. */
  readonly eventRetentionMilliseconds?: number | undefined
}

/** Which database this is, and the epoch that sessions and tokens are made under; raised by each declared restore. */
export interface StoreIdentity {
  readonly id: string
  readonly epoch: number
}

export interface MigrationReport {
  readonly from: number
  readonly to: number
  /** The steps run, or that would be run, oldest first. */
  readonly steps: readonly { readonly version: number; readonly title: string }[]
  /** Rows in each table before the steps. */
  readonly rows: Readonly<Record<string, number>>
}

// ---------------------------------------------------------------------------------------------------------- users

export interface NewUser {
  readonly id: string
  readonly email: string
  /** The canonical login key of the address, and of the name where there is one; each is unique. */
  readonly emailKey: string
  readonly emailVerified: boolean
  readonly username: string | undefined
  readonly usernameKey: string | undefined
  readonly passwordHash: string | undefined
  readonly roles: readonly string[]
  readonly profile: Readonly<Record<string, unknown>>
}

/** A user with what a sign-in compares. The hash and `user.epoch` were read in one statement. */
export interface Account {
  readonly user: User
  readonly passwordHash: string | undefined
}

export type Taken = { readonly outcome: 'taken'; readonly field: 'email' | 'username' }

export interface UserVerbs {
  create(
    user: NewUser,
    event: NewEvent,
  ): Promise<{ readonly outcome: 'created'; readonly user: User } | Taken>
  find(id: string): Promise<User | undefined>
  /** By canonical login key: user name or mail address. */
  findAccount(loginKey: string): Promise<Account | undefined>
  findAccountById(id: string): Promise<Account | undefined>
  /** Oldest first, after the given user. */
  list(page: { readonly after?: string; readonly limit: number; readonly state?: UserState }): Promise<User[]>
  count(): Promise<number>
  rename(
    id: string,
    name: { readonly username: string; readonly usernameKey: string },
    event: NewEvent,
  ): Promise<{ readonly outcome: 'renamed'; readonly user: User } | Taken | undefined>
  changeProfile(
    id: string,
    profile: Readonly<Record<string, unknown>>,
    event: NewEvent,
  ): Promise<User | undefined>
  /** Same password, better hash: only if the stored one is still `from`. Voids nothing. */
  replaceHash(id: string, from: string, to: string, event: NewEvent): Promise<boolean>
  /**
   * Raises epoch and ver and writes the revocation entry, so that every session and token made before ends; the
   * session `keepSessionId` lives on under the new epoch (its access token ends, it refreshes).
   */
  setPassword(
    id: string,
    password: { readonly hash: string; readonly keepSessionId?: string | undefined },
    event: NewEvent,
  ): Promise<User | undefined>
  /** Disabling raises epoch and ver with their entry; enabling revives nothing. */
  setState(id: string, state: UserState, event: NewEvent): Promise<User | undefined>
  /** Raises ver with its entry if a role is lost. */
  setRoles(id: string, roles: readonly string[], event: NewEvent): Promise<User | undefined>
  /** Removes the user and their sessions; the entry refuses their tokens without comparison. */
  remove(id: string, event: NewEvent): Promise<boolean>
}

// ------------------------------------------------------------------------------------------------------- sessions

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
}

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
   * Writes down that browser sessions were used, which moves their idle limit on. Revives none that has ended or is past
   * a limit. No event: many times a day is no news.
   */
  noteUses(uses: readonly SessionUse[]): Promise<void>
  /** Live sessions, last used first. */
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

// -------------------------------------------------------------------------------------------------------- clients

export interface NewClient extends ClientRegistration {
  readonly id: string
  /** SHA-256 of its secret, base64url; undefined for a client without one. */
  readonly secretHash: string | undefined
}

/** A client with what it proves itself by and what a token is minted from, of one moment. */
export interface ClientStanding {
  readonly client: Client
  /** Hashes of the secrets that are good. */
  readonly secretHashes: readonly string[]
  readonly storeEpoch: number
  /** The store's clock. Milliseconds since 1970. */
  readonly asOf: number
}

/** None of these verbs knows a client that was removed; its id is never given to another. */
export interface ClientVerbs {
  /** Undefined if the id was given before. */
  create(client: NewClient, event: NewEvent): Promise<Client | undefined>
  find(id: string): Promise<Client | undefined>
  /** In one statement. Disabled clients are found too. */
  findStanding(id: string): Promise<ClientStanding | undefined>
  /** Oldest first, after the given client. */
  list(page: { readonly after?: string; readonly limit: number }): Promise<Client[]>
  /**
   * Replaces the members given. Raises ver with its entry if `endTokens` says so or if the client loses a right (see
   * `losesRights`), so that its access tokens end.
   */
  change(
    id: string,
    change: Partial<ClientRegistration> & { readonly endTokens?: boolean | undefined },
    event: NewEvent,
  ): Promise<Client | undefined>
  /** Adds a secret; see `rotatedSecrets`. `endTokens` raises ver with its entry. */
  rotateSecret(
    id: string,
    secret: { readonly hash: string; readonly formerMilliseconds: number; readonly endTokens: boolean },
    event: NewEvent,
  ): Promise<Client | undefined>
  /** Its sessions end, and the entry refuses its access tokens without comparison. */
  remove(id: string, event: NewEvent): Promise<boolean>
}

// ------------------------------------------------------------------------------------------------------- API keys

export interface NewApiKey {
  readonly id: string
  readonly userId: string
  readonly name: string
  /** SHA-256 of the key's text, base64url. */
  readonly hash: string
  readonly scopes: readonly string[]
  readonly lifeMilliseconds: number
}

/** A live key with its owner as both are now, read in one statement. */
export interface ApiKeyStanding {
  readonly key: ApiKey
  readonly user: User
  readonly storeEpoch: number
}

export interface ApiKeyVerbs {
  /** Undefined if the owner is not active, or has `MOST_API_KEYS` live ones already. */
  create(key: NewApiKey, event: NewEvent): Promise<ApiKey | undefined>
  findStanding(userId: string, hash: string): Promise<ApiKeyStanding | undefined>
  /** Live ones, newest first. */
  list(userId: string): Promise<ApiKey[]>
  /** Ends a live key with its entry; false if there was none. */
  revoke(key: { readonly userId: string; readonly id: string }, event: NewEvent): Promise<boolean>
  /** Lets a key work again that a restore of the database has suspended; false if there is no such one. */
  confirm(key: { readonly userId: string; readonly id: string }, event: NewEvent): Promise<boolean>
  /** Writes down when keys were last seen. No event: many times a day is no news. */
  noteUses(uses: readonly ApiKeyUse[]): Promise<void>
}

export interface ApiKeyUse {
  readonly userId: string
  readonly id: string
}

// ----------------------------------------------------------------------------------------------------------- keys

/** The life of a signing key, in order; `revoked` is another end: of what it signed nothing counts any more. */
export type KeyPhase = 'next' | 'active' | 'retiring' | 'gone' | 'revoked'

/** What a key signs: access tokens, or the ID tokens that clients read (OpenID Connect Core section 2). */
export type KeyUse = 'access' | 'id'

/** A signing key as stored: the private half only sealed under a secret key. */
export interface StoredKey {
  readonly kid: string
  readonly use: KeyUse
  readonly algorithm: string
  readonly phase: KeyPhase
  /** The public half as JSON (JWK); for a symmetric key undefined. */
  readonly publicJwk: Readonly<Record<string, unknown>> | undefined
  /** The private half, encrypted; empty once it is of no use any more. */
  readonly sealed: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** When the phase began. Milliseconds since 1970. */
  readonly phaseAt: number
  /** When the last live node had announced that it publishes the key. Milliseconds since 1970. */
  readonly publishedAt: number | undefined
}

export interface StoredRing {
  /** Raised by every change. Zero: there has never been a key. */
  readonly version: number
  readonly keys: readonly StoredKey[]
  /** The store's clock, by which the ages of keys are judged. Milliseconds since 1970. */
  readonly now: number
  /** The longest access life on record, of tokens that may still be alive. Seconds. */
  readonly longestLifeSeconds: number
}

export interface KeyVerbs {
  ring(): Promise<StoredRing>
  /**
   * Replaces the ring if its version is still `expected`; otherwise nothing happens and the answer is false. `revoked`
   * names keys whose tokens end now, each with an entry in the same transaction.
   */
  replace(
    expected: number,
    keys: readonly StoredKey[],
    event: NewEvent,
    revoked?: readonly string[],
  ): Promise<boolean>
}

// ---------------------------------------------------------------------------------------------------- revocations

export interface PulledRevocation extends Revocation {
  /** How much longer the entry matters, computed by the store's clock; no reader's wall clock takes part. */
  readonly remainingMilliseconds: number
}

export interface RevocationPull {
  /** All live entries if `complete`, else those committed since the cursor (some may come twice). */
  readonly entries: readonly PulledRevocation[]
  readonly complete: boolean
  /** To hand in with the next pull. Belongs to the database, not to a node. */
  readonly cursor: string
  /** Changes when the database was replaced, restored or failed over. */
  readonly identity: string
  readonly storeEpoch: number
  readonly ringVersion: number
  /** The longest access life on record: entries live at least that long. Seconds. */
  readonly coveredLifeSeconds: number
  /** The store's clock. Milliseconds since 1970. */
  readonly now: number
  /** Where one was asked for. */
  readonly census?: RevocationCensus
}

/** What readers compare with their own, taken in the same snapshot as the answer: the same entries, the same numbers. */
export interface RevocationCensus {
  /** Entries that end at this second (since 1970, by the store's clock) or later are counted. */
  readonly fromSeconds: number
  readonly count: number
  /** Of the seconds that each of them ends after that, rounded down. */
  readonly sum: number
}

export interface RevocationVerbs {
  /** Everything new since the cursor; without a cursor, or with one of another identity, everything live. */
  pull(cursor?: string, options?: { readonly census?: boolean }): Promise<RevocationPull>
  /** Ends one token, key or client. Ends the session instead once 16 tokens of it have live entries. */
  add(
    entry: Revocation,
    context: { readonly sessionId?: string | undefined; readonly userId?: string | undefined },
    event: NewEvent,
  ): Promise<void>
  /** Writes back entries that this process remembers and the database lost (fail-over); those it has are kept. */
  restore(entries: readonly PulledRevocation[], event: NewEvent): Promise<number>
}

// ---------------------------------------------------------------------------------------------------------- nodes

/** What a live process announces, so that others know what it can read and how long its tokens live. */
export interface NodeAnnouncement {
  readonly id: string
  /** Fingerprints of the secret keys it reads, the writing one first. */
  readonly secretKeys: readonly string[]
  readonly ringVersion: number
  readonly accessLifeSeconds: number
  /** The algorithm it is to sign access tokens with. */
  readonly algorithm: string
  /** With HS256: fingerprints of the signing secrets it reads, the preferred one first. */
  readonly signingSecrets: readonly string[]
}

export interface NodeVerbs {
  /** Announces this node and resolves to all that were seen within the last 30 seconds, this one included. */
  announce(node: NodeAnnouncement): Promise<readonly NodeAnnouncement[]>
  leave(id: string): Promise<void>
  /** All that were seen within the last 30 seconds. */
  live(): Promise<readonly NodeAnnouncement[]>
  /** How many live sessions and keys name each secret key, by fingerprint. */
  secretKeyUses(): Promise<Readonly<Record<string, number>>>
}

// ------------------------------------------------------------------------------------------------- events, one-time

export interface EventFilter {
  readonly userId?: string
  readonly name?: EventName
  /** Those whose `data.cause` is this one. */
  readonly cause?: string
  /** Milliseconds since 1970. */
  readonly since?: number
  /** Events older than the one with this id. */
  readonly before?: string
  readonly limit: number
}

export interface EventVerbs {
  record(event: NewEvent): Promise<AuditEvent>
  /** Newest first. */
  list(filter: EventFilter): Promise<AuditEvent[]>
}

export type TakeOutcome = 'won' | 'lost-recent' | 'lost-old'

export interface OneTimeVerbs {
  /** Takes a one-time value if nobody has: exactly one caller ever wins. Recent is within the last 10 seconds. */
  take(kind: string, hash: string, lifeMilliseconds: number): Promise<TakeOutcome>
}

// ---------------------------------------------------------------------------------------------------------- hints

/** Says "ask the database now". A hint carries nothing and proves nothing: it may be lost, doubled or late. */
export interface HintVerbs {
  /**
   * Calls the listener at every hint, this process's own included, and when hints may have been missed. Resolves, once
   * connected or given up for now, to what ends it.
   */
  subscribe(listener: () => void): Promise<() => Promise<void>>
  /** Tells all processes soon; never fails. To be called after the commit, and never for a plain refresh. */
  send(): void
  /** Whether hints are seen to arrive. While they are not, only the bound of the pull may be claimed. */
  readonly working: boolean
}
