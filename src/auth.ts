import type { AuditEvent, Origin } from './audit/events.ts'
import type { Fields } from './auth-options.ts'
import type { ClientChange, ClientOffer, RegisteredClient, SecretRotation } from './clients/clients.ts'
import type { AppliedDeclaration } from './declaration/declarations.ts'
import type { Declaration } from './declaration/document.ts'
import type { DeclarationPlan } from './declaration/plan.ts'
import type { Standing } from './doctor/gather/standing.ts'
import type { RequestInfo } from './endpoints/arrival.ts'
import type { Explainable, Explanation, Refusals } from './explain.ts'
import type { TokenAnswer } from './grants/mint.ts'
import type { TokenBounds } from './grants/own-token.ts'
import type { Gated } from './guard/gate.ts'
import type { RawRequest, RequestFacts } from './guard/guard-request.ts'
import type { EndableSocket } from './guard/sockets.ts'
import type { ApplicationCors, ApplicationHeaders } from './http/application-edge.ts'
import type { Reply } from './http/reply.ts'
import type { Jwks } from './keys/jwks.ts'
import type { KeyFacts } from './keys/key-facts.ts'
import type { KeyReport } from './keys/key-management.ts'
import type { ImportedAccount, NewAccount } from './login/accounts.ts'
import type { MadeApiKey, NewApiKeyRequest } from './login/api-keys.ts'
import type { Invitation, InvitationPage } from './login/invitations.ts'
import type { ProviderToken } from './login/social/kept-tokens.ts'
import type { Access, AccessLimit, Requirement } from './model/access.ts'
import type { ApiKey } from './model/api-key.ts'
import type { Client, IdTokenAlgorithm } from './model/client.ts'
import type { HttpRequest } from './model/http-request.ts'
import type { Identity } from './model/identity.ts'
import type { Principal } from './model/principal.ts'
import type { ListedFactors } from './model/second-factor.ts'
import type { Session } from './model/session.ts'
import type { User } from './model/user.ts'
import type { OwnRoutes } from './openapi/own-routes.ts'
import type { EventFilter } from './store/events.ts'
import type { KeyUse } from './store/keys.ts'
import type { NodeAnnouncement } from './store/nodes.ts'
import type { PostgresClient } from './store/postgres/connection.ts'
import type { MigrationReport } from './store/store.ts'
import type { WebhookVerbs } from './store/webhooks.ts'
import type { RestoreReport } from './wiring/declare-restored.ts'

/** The result of a check: who it is, or the answer to send. */
export type Checked<Who> =
  | { readonly ok: true; readonly principal: Who }
  | { readonly ok: false; readonly response: Response }

/** A caller who may open a WebSocket. */
export interface AcceptedSocket<Who> {
  readonly ok: true
  readonly principal: Who
  /**
   * Closes the socket with 1008 when the credential that opened it ends, or its owner loses a scope or a role; with
   * 1013 when this process can no longer tell. Returns a function that lets go of the socket, for sockets without
   * events.
   */
  hold(socket: EndableSocket): () => void
}

/** One issuer in this process. */
export interface Auth<
  Scope extends string = string,
  Profile extends Fields = Fields,
  Claims extends Fields = Fields,
> extends Gated {
  /** The issuer's address, as configured. */
  readonly issuer: string
  /** The name of this process among those that share the database. */
  readonly node: string
  /**
   * Connects, prepares keys and loads the revocations. The first request calls it if you do not. Rejects if the
   * database does not answer or a key cannot be decrypted; the next call tries again.
   */
  ready(): Promise<void>
  /** Call it before your server closes: `/readyz` then reports the stop, and open event streams end. */
  drain(): void
  /** Lets work under way finish, then releases the database and the threads. */
  close(): Promise<void>

  /** The whole issuer, as Request → Response. It never rejects. */
  fetch(request: Request, info?: RequestInfo): Promise<Response>
  /** `fetch` for a server that writes status, headers and body itself, which is cheaper. It never rejects. */
  reply(request: HttpRequest, info?: RequestInfo): Promise<Reply>
  /** Whether the issuer answers at this path. */
  handles(path: string): boolean

  /** Lets everybody in. No credential is read, not even a bad one. */
  readonly anyone: Access<undefined>
  /** Lets in any user or client with a good credential, whatever its scopes. */
  readonly signedIn: Access<Principal<Claims, Scope>>
  /**
   * Lets in a good credential that also meets every part of the requirement. Throws a TypeError on one that none could
   * meet.
   */
  needs(requirement: Requirement<Scope, Principal<Claims, Scope>>): Access<Principal<Claims, Scope>>
  /**
   * Adds a limit to an access word. It counts each account (with its API keys) and each client separately; where the
   * word is `anyone`, each address (a /64 of IPv6).
   */
  limited<Who>(access: Access<Who>, limit: AccessLimit): Access<Who>
  /**
   * Checks a request of your own against an access word. Never rejects: whatever goes wrong refuses. Without
   * `facts.address` all callers count as one address.
   */
  check<Who>(request: HttpRequest, access: Access<Who>, facts?: RequestFacts): Promise<Checked<Who>>

  /** CORS for your own routes: allows the origins in `CORS_ORIGINS`. */
  readonly cors: ApplicationCors
  /** Our security headers, for your own answers; with HSTS if the issuer is https. */
  readonly headers: ApplicationHeaders
  /**
   * For the OpenAPI description of your own API: the security schemes, and what an access word adds to an operation.
   */
  readonly openapi: OwnRoutes

  readonly sockets: {
    /**
     * Checks a WebSocket request against an access word before you accept the upgrade. Without a word it takes a ticket
     * (`?ticket=`) only. Never rejects: whatever goes wrong refuses. The Fastify and Hono adapters do this, and hold
     * the socket, for every route that opens one.
     */
    accept<Who = Principal<Claims, Scope>>(
      request: Request | RawRequest,
      access?: Access<Who>,
    ): Promise<AcceptedSocket<Who> | { readonly ok: false; readonly response: Response }>
  }
  readonly tokens: {
    /**
     * Issues an access token without a session, for your own code. It lives at most as long as configured and gets at
     * most the scopes that the user's roles hold. `within` binds it to a principal of that user: no more roles, scopes
     * or time than that principal has, and it ends with that session and client, though not with an API key. Rejects if
     * the account is not active, or what `within` names has ended.
     */
    issue(token: {
      readonly userId: string
      readonly scopes?: readonly Scope[]
      readonly lifetimeSeconds?: number
      readonly within?: TokenBounds
    }): Promise<TokenAnswer>
  }
  readonly sessions: {
    /**
     * Signs in a user whom your own code has authenticated; `amr` says how (RFC 8176). It does not check who they are.
     * Rejects with `CREDENTIALS_WRONG` for a closed account, `EMAIL_UNVERIFIED` where a proven address is required, and
     * `MFA_REQUIRED` or `MFA_ENROLMENT_REQUIRED` where a second factor is due and `amr` does not name `mfa`.
     */
    start(session: {
      readonly userId: string
      readonly amr: readonly string[]
      /** All that the roles hold unless named; none for an empty list. */
      readonly scopes?: readonly Scope[]
      /** The client that gets the tokens; `first-party` by default. */
      readonly clientId?: string
      readonly origin?: Partial<Origin>
    }): Promise<TokenAnswer>
    list(userId: string): Promise<Session[]>
    /** Resolves to false if there is no live session of that id. */
    end(userId: string, sessionId: string, by?: Partial<Origin>): Promise<boolean>
    /** Ends every session of a user; resolves to how many there were. */
    endAll(userId: string, by?: Partial<Origin>): Promise<number>
  }
  readonly users: {
    create(account: NewAccount, by?: Partial<Origin>): Promise<User<Profile>>
    find(id: string): Promise<User<Profile> | undefined>
    /** Finds by user name or mail address. */
    findByLogin(login: string): Promise<User<Profile> | undefined>
    /**
     * Lists users, oldest first, after the user whose id is `after`. Rejects with `NOT_FOUND` if that user was removed
     * meanwhile: so do not remove users while you list them.
     */
    list(page: { readonly after?: string; readonly limit: number }): Promise<User<Profile>[]>
    /** Adds an account from another system with its password hash, which the first sign-in replaces by one of ours. */
    import(account: ImportedAccount, by?: Partial<Origin>): Promise<User<Profile>>
    /** Rejects as `import` would, except for a name that is taken; writes nothing. */
    checkImport(account: ImportedAccount): Promise<void>
    /** For a move to another system. The hash is as sensitive as the password. */
    passwordHashOf(id: string): Promise<string | undefined>
    rename(id: string, username: string, by?: Partial<Origin>): Promise<User<Profile>>
    changeProfile(id: string, profile: Profile, by?: Partial<Origin>): Promise<User<Profile>>
    setPassword(id: string, password: string, by?: Partial<Origin>): Promise<void>
    /** Sets exactly these roles. A user who gains a role named in `requireSecondFactor` is signed out everywhere. */
    setRoles(id: string, roles: readonly string[], by?: Partial<Origin>): Promise<User<Profile>>
    disable(id: string, by?: Partial<Origin>): Promise<User<Profile>>
    enable(id: string, by?: Partial<Origin>): Promise<User<Profile>>
    /** The second factors of a user, without their secrets. */
    factors(id: string): Promise<ListedFactors>
    /**
     * Removes every second factor and ends every session; the owner is told by mail, except within a transaction of
     * yours. Resolves to false if there was none.
     */
    resetFactors(id: string, by?: Partial<Origin>): Promise<boolean>
    remove(id: string, by?: Partial<Origin>): Promise<void>
  }
  readonly providers: {
    /**
     * An access token of a provider that the user signs in with, for calls on their behalf; only of a provider
     * configured with `keepTokens`. It is good for at least a minute if the provider says how long it lives, and
     * refreshed when needed, by one process at a time. Undefined if there is none or the provider has revoked it.
     * Rejects if the provider does not answer.
     */
    token(userId: string, provider: string): Promise<ProviderToken | undefined>
    /** The provider accounts that sign this user in, oldest first. */
    connections(userId: string): Promise<Identity[]>
    /**
     * Removes one, ends every session and tells the user by mail. Resolves to false if there is none of that id.
     * Rejects with `LAST_WAY_IN` if the user could no longer sign in.
     */
    disconnect(userId: string, id: string, by?: Partial<Origin>): Promise<boolean>
  }
  /**
   * Mails a link with which the recipient makes an account: good once, for seven days, whatever `registration` says.
   * Rejects with `ACCOUNT_NAME_TAKEN` if the address has an account, `RATE_LIMITED` if too many invitations to it wait.
   */
  invite(
    invitation: {
      readonly email: string
      readonly roles?: readonly string[]
      /** The language of the letter, as a language tag (BCP 47). */
      readonly language?: string
    },
    by?: Partial<Origin>,
  ): Promise<void>
  /** Invitations that wait, by their address; `after` is the last one of the page before, which may be gone. */
  invitations(page: InvitationPage): Promise<Invitation[]>
  /** Voids every invitation to the address that still waits. Resolves to false if none does. */
  withdrawInvitation(email: string, by?: Partial<Origin>): Promise<boolean>
  /** The signing keys. Their life cycle: `docs/keys.md`. */
  readonly keys: {
    list(): Promise<KeyReport>
    /**
     * Makes the next key, or promotes it once it has been published long enough; no token is refused. With `now: true`,
     * for a key that may be compromised, every token signed by any key of this use is refused. ID tokens have one key
     * for each algorithm; `algorithm` names it, RS256 by default.
     */
    rotate(
      options?: {
        readonly use?: KeyUse
        readonly algorithm?: IdTokenAlgorithm | undefined
        readonly now?: boolean
      },
      by?: Partial<Origin>,
    ): Promise<KeyFacts>
    /** Removes a key that has never signed, or whose last token has expired. */
    retire(kid: string, by?: Partial<Origin>): Promise<void>
    /** Revokes one compromised key: every token it signed is refused. */
    revoke(kid: string, by?: Partial<Origin>): Promise<void>
    /** Adds a key pair (private JWK) as the next key. */
    import(jwk: unknown, options?: { readonly use?: KeyUse }, by?: Partial<Origin>): Promise<KeyFacts>
    /** The HS256 secret, for another service that checks our tokens. Private keys are never exported. */
    exportSecret(): Promise<{ readonly kid: string; readonly secret: string }>
    /** The key set that verifiers fetch (RFC 7517). */
    publicKeys(): Promise<Jwks>
    /** How many sessions at most hold a token that revoking the signing key would refuse. */
    liveSessions(): Promise<number>
  }
  readonly apiKeys: {
    /** The key itself is in this answer and nowhere else. */
    create(key: NewApiKeyRequest, by?: Partial<Origin>): Promise<MadeApiKey>
    list(userId: string): Promise<ApiKey[]>
    /** Resolves to false if the user has no live key of that id. */
    revoke(userId: string, id: string, by?: Partial<Origin>): Promise<boolean>
    /** Reactivates a key that a restore of the database has suspended. */
    confirm(userId: string, id: string, by?: Partial<Origin>): Promise<boolean>
  }
  readonly clients: {
    /** The secret is in this answer and nowhere else. */
    create(client: ClientOffer, by?: Partial<Origin>): Promise<RegisteredClient>
    find(id: string): Promise<Client | undefined>
    list(page: { readonly after?: string; readonly limit: number }): Promise<Client[]>
    /**
     * Replaces the members given. A client that loses a scope or is disabled loses its access tokens; one that is to prove
     * itself without a secret loses its secrets.
     */
    change(id: string, change: ClientChange, by?: Partial<Origin>): Promise<Client>
    /** Both secrets work until the former one ends. */
    rotateSecret(id: string, rotation?: SecretRotation, by?: Partial<Origin>): Promise<RegisteredClient>
    /** Ends its sessions and tokens. Its id is never used again. */
    remove(id: string, by?: Partial<Origin>): Promise<void>
  }
  /** Clients, roles and scopes as one document: `docs/declaration.md`. */
  readonly declarations: {
    /** What the database holds. It contains no secret. */
    read(): Promise<Declaration>
    /** What a document would change. Rejects with every problem and where it is. */
    plan(document: unknown, options?: { readonly prune?: boolean | undefined }): Promise<DeclarationPlan>
    /** Applies all of it in one transaction, or nothing. Secrets of new clients are in this answer and nowhere else. */
    apply(plan: DeclarationPlan, by?: Partial<Origin>): Promise<AppliedDeclaration>
  }
  /** Recent refusals: a bounded number of records, and exact counts. For operators. */
  readonly refusals: Refusals
  /** All nodes of this issuer seen within the last 30 seconds, with the fingerprints of the secrets they read. */
  liveNodes(): Promise<readonly NodeAnnouncement[]>
  /**
   * Numbers of accounts, sessions and keys from which `countersign doctor audit` finds risky states. Reads every
   * account, session and key: run it in a nightly job, not in a request.
   */
  survey(): Promise<Standing>
  /**
   * The cause of a refusal, from an error that we threw, an answer of ours, or the reference that a client was given.
   * For operators; never show it to a client.
   */
  explain(subject: Explainable): Promise<Explanation>
  /** Events still to be delivered to the configured webhooks. */
  readonly webhooks: Pick<WebhookVerbs, 'list'> & {
    /** Tries what was given up from the beginning. Resolves to false if there is no such delivery. */
    retry(id: string, by?: Partial<Origin>): Promise<boolean>
  }
  readonly events: {
    /**
     * Adds an event of your own to the audit log. `data` holds facts only, never a credential: at most 8 KiB as JSON.
     */
    record(event: {
      readonly userId?: string
      readonly data: Readonly<Record<string, string | number | boolean | null>>
      readonly by?: Partial<Origin>
    }): Promise<AuditEvent>
    /** Lists the audit log, newest first. */
    list(filter: EventFilter): Promise<AuditEvent[]>
  }
  /**
   * Accounts, sessions and events as steps of a PostgreSQL transaction that you opened on this client, so that an
   * account and a row of your own are written together or not at all. A refused step leaves your transaction usable.
   * Call `committed` after your COMMIT: without it other processes see a revocation up to two seconds later. Throws a
   * TypeError on SQLite.
   */
  withTransaction(client: PostgresClient): AuthTransaction<Profile>
  /** Migrates the database schema, forward only; with `dryRun` it only reports the steps. */
  migrate(options?: { readonly dryRun?: boolean }): Promise<MigrationReport>
  /**
   * Call it once after restoring the database from a backup, instead of `ready`, while no server uses the database. It
   * voids the sessions, tokens and one-time values that must not come back, and reports what to look at.
   */
  declareRestored(by?: Partial<Origin>): Promise<RestoreReport>
  /** Expired rows. They are removed in the background, a few at a time. */
  readonly upkeep: {
    expiredRows(): Promise<number>
    /** Removes at most `limit` of them now; resolves to how many. */
    cleanUp(limit: number): Promise<number>
  }
}

/** See `Auth.withTransaction`. Nobody can be signed in here: a token would outlive a rollback. */
export interface AuthTransaction<Profile extends Fields = Fields>
  extends Pick<Auth<string, Profile>, 'users' | 'events'> {
  readonly sessions: Omit<Auth['sessions'], 'start'>
  /** Resolves when this process has the committed revocations and the other processes are notified. */
  committed(): Promise<void>
}
