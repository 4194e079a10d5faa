import type { AuditEvent, Origin } from './audit/events.ts'
import type { Fields } from './auth-options.ts'
import type { ClientChange, ClientOffer, RegisteredClient, SecretRotation } from './clients/clients.ts'
import type { AppliedDeclaration } from './declaration/declarations.ts'
import type { Declaration } from './declaration/document.ts'
import type { DeclarationPlan } from './declaration/plan.ts'
import type { Standing } from './doctor/gather/standing.ts'
import type { RequestInfo } from './endpoints/dispatcher.ts'
import type { Explainable, Explanation, Refusals } from './explain.ts'
import type { TokenAnswer } from './grants/mint.ts'
import type { TokenBounds } from './grants/own-token.ts'
import type { Gated } from './guard/gate.ts'
import type { RawRequest, RequestFacts } from './guard/guard-request.ts'
import type { EndableSocket } from './guard/sockets.ts'
import type { ApplicationCors, ApplicationHeaders } from './http/application-edge.ts'
import type { Reply } from './http/reply.ts'
import type { Jwks } from './keys/jwks.ts'
import type { KeyFacts, KeyReport } from './keys/key-management.ts'
import type { ImportedAccount, NewAccount } from './login/accounts.ts'
import type { MadeApiKey, NewApiKeyRequest } from './login/api-keys.ts'
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

/** What became of a check: who it is, or the answer to send. */
export type Checked<Who> =
  | { readonly ok: true; readonly principal: Who }
  | { readonly ok: false; readonly response: Response }

/** Somebody who may open a WebSocket. */
export interface AcceptedSocket<Who> {
  readonly ok: true
  readonly principal: Who
  /**
   * Closes the socket when what opened it ends, or whoever opened it loses a scope or a role: 1008; 1013 where this
   * process does not know any more. Answers with the way to let go of it, for sockets that cannot be listened to.
   */
  hold(socket: EndableSocket): () => void
}

/** One issuer in this process. */
export interface Auth<
  Scope extends string = string,
  Profile extends Fields = Fields,
  Claims extends Fields = Fields,
> extends Gated {
  /** The address it is known by, as configured. */
  readonly issuer: string
  /** What this process is called among those that share the database. */
  readonly node: string
  /**
   * Connects, prepares keys and learns the revocations. Called by the first request if by nobody else. Rejects if the
   * database does not answer or a key cannot be decrypted; the next call tries again.
   */
  ready(): Promise<void>
  /** Before a server closes: `/readyz` says that it stops, and streams that would never end are ended. */
  drain(): void
  /** Lets what is under way finish, then lets go of database and threads. */
  close(): Promise<void>

  /** The whole issuer, as Request → Response. It never rejects. */
  fetch(request: Request, info?: RequestInfo): Promise<Response>
  /** The same for a server that writes status, headers and body itself, which costs it less. It never rejects. */
  reply(request: HttpRequest, info?: RequestInfo): Promise<Reply>
  /** Whether a path is one of the issuer's own. */
  handles(path: string): boolean

  /** Everybody may; nobody is looked at. */
  readonly anyone: Access<undefined>
  /** Whoever proves who they are. */
  readonly signedIn: Access<Principal<Claims, Scope>>
  /** Whoever also has what is needed. */
  needs(requirement: Requirement<Scope, Principal<Claims, Scope>>): Access<Principal<Claims, Scope>>
  /**
   * The same word with a limit, counted for each account, client and API key by itself, and for each address (/64 of IPv6)
   * where nobody is asked for.
   */
  limited<Who>(access: Access<Who>, limit: AccessLimit): Access<Who>
  /** Checks a request of your own against an access word. Never rejects: what goes wrong denies. */
  check<Who>(request: HttpRequest, access: Access<Who>, facts?: RequestFacts): Promise<Checked<Who>>

  /** CORS for your own routes, for the origins of `CORS_ORIGINS`. */
  readonly cors: ApplicationCors
  /** The security headers of our own answers, for yours; HSTS where the issuer is https. */
  readonly headers: ApplicationHeaders
  /** For the description of your own API: security schemes, and what an access word adds to an operation. */
  readonly openapi: OwnRoutes

  readonly sockets: {
    /**
     * Checks the request for a WebSocket against an access word, before the upgrade is accepted; without one it takes a
     * ticket (`?ticket=`) and nothing else. Never rejects: what goes wrong denies. The adapters of Fastify and Hono do
     * this, and hold the socket, for every route that opens one.
     */
    accept<Who = Principal<Claims, Scope>>(
      request: Request | RawRequest,
      access?: Access<Who>,
    ): Promise<AcceptedSocket<Who> | { readonly ok: false; readonly response: Response }>
  }
  readonly tokens: {
    /**
     * An access token without a session, for code of your own. At most the configured life, and at most the scopes that
     * the user's roles hold. `within` binds it to a principal of that user: no role, scope or second more than that has,
     * and it ends with its session. Rejects for an account that is not active, and within what has ended.
     */
    issue(token: {
      readonly userId: string
      readonly scopes?: readonly Scope[]
      readonly lifetimeSeconds?: number
      readonly within?: TokenBounds
    }): Promise<TokenAnswer>
  }
  readonly sessions: {
    /** Signs a user in whom your own code has proved. `amr` says how (RFC 8176). */
    start(session: {
      readonly userId: string
      readonly amr: readonly string[]
      readonly scopes?: readonly Scope[]
      /** The client that the tokens are for; the built-in one where absent. */
      readonly clientId?: string
      readonly origin?: Partial<Origin>
    }): Promise<TokenAnswer>
    list(userId: string): Promise<Session[]>
    /** False if there was no live session of that id. */
    end(userId: string, sessionId: string, by?: Partial<Origin>): Promise<boolean>
    /** All of a user; resolves to how many ended. */
    endAll(userId: string, by?: Partial<Origin>): Promise<number>
  }
  readonly users: {
    create(account: NewAccount, by?: Partial<Origin>): Promise<User<Profile>>
    find(id: string): Promise<User<Profile> | undefined>
    /** By user name or mail address. */
    findByLogin(login: string): Promise<User<Profile> | undefined>
    /**
     * Oldest first. Rejects with `NOT_FOUND` where `after` was removed: begin anew, or remove whom you want to after
     * the last page.
     */
    list(page: { readonly after?: string; readonly limit: number }): Promise<User<Profile>[]>
    /** Takes in an account that another system kept, by its password hash; at the first sign-in it is hashed anew. */
    import(account: ImportedAccount, by?: Partial<Origin>): Promise<User<Profile>>
    /** Rejects as `import` does, and writes nothing. */
    checkImport(account: ImportedAccount): Promise<void>
    /** For a move to another system. It stands for the password: keep it as secret. */
    passwordHashOf(id: string): Promise<string | undefined>
    rename(id: string, username: string, by?: Partial<Origin>): Promise<User<Profile>>
    changeProfile(id: string, profile: Profile, by?: Partial<Origin>): Promise<User<Profile>>
    setPassword(id: string, password: string, by?: Partial<Origin>): Promise<void>
    /** Exactly these. Whoever gets one that `requireSecondFactor` names is signed out everywhere. */
    setRoles(id: string, roles: readonly string[], by?: Partial<Origin>): Promise<User<Profile>>
    disable(id: string, by?: Partial<Origin>): Promise<User<Profile>>
    enable(id: string, by?: Partial<Origin>): Promise<User<Profile>>
    /** What a sign-in asks for beside the password; nothing that could be proven by it. */
    factors(id: string): Promise<ListedFactors>
    /**
     * Takes every second factor away and ends every session; the owner is told by mail, unless it happens within a
     * transaction of yours. False if there was none.
     */
    resetFactors(id: string, by?: Partial<Origin>): Promise<boolean>
    remove(id: string, by?: Partial<Origin>): Promise<void>
  }
  readonly providers: {
    /**
     * A token of a provider that the person signs in with, to ask there for them: of a provider whose configuration says
     * `keepTokens`. Good for a minute at least where the provider says for how long; fetched anew if it has to be, by one
     * process at a time. Undefined where there is none, or the provider has taken it back. Rejects if it does not answer.
     */
    token(userId: string, provider: string): Promise<ProviderToken | undefined>
    /** The accounts elsewhere that sign a person in, oldest first. */
    connections(userId: string): Promise<Identity[]>
    /**
     * Takes one away, ends every session and tells the person by mail. False if there was none of that id. Rejects with
     * `LAST_WAY_IN` where nothing else would open the account.
     */
    disconnect(userId: string, id: string, by?: Partial<Origin>): Promise<boolean>
  }
  /**
   * Mails somebody a link to an account of their own, good once, for seven days. Works whatever `registration` says.
   * Rejects where the address has an account, or too many wait for it.
   */
  invite(
    invitation: {
      readonly email: string
      readonly roles?: readonly string[]
      /** A language tag of the letter. */
      readonly language?: string
    },
    by?: Partial<Origin>,
  ): Promise<void>
  /** Makes every invitation to the address void that waits. False where none does. */
  withdrawInvitation(email: string, by?: Partial<Origin>): Promise<boolean>
  /** The signing keys; `docs/keys.md` draws their life. */
  readonly keys: {
    list(): Promise<KeyReport>
    /**
     * Makes the next key, or lets the one that has been published long enough take over; refuses no token. With `now`,
     * for a key that somebody else may have, every token that the keys of this use signed is refused. ID tokens have a
     * key for each algorithm: that of RS256 is meant unless another is named.
     */
    rotate(
      options?: {
        readonly use?: KeyUse
        readonly algorithm?: IdTokenAlgorithm | undefined
        readonly now?: boolean
      },
      by?: Partial<Origin>,
    ): Promise<KeyFacts>
    /** Takes out a key that has never signed, or whose last token has ended. */
    retire(kid: string, by?: Partial<Origin>): Promise<void>
    /** Withdraws one key as compromised: every token it signed is refused. */
    revoke(kid: string, by?: Partial<Origin>): Promise<void>
    /** Takes in a key pair (private JWK) as the next key. */
    import(jwk: unknown, options?: { readonly use?: KeyUse }, by?: Partial<Origin>): Promise<KeyFacts>
    /** The HS256 secret, for another service that checks our tokens. Private keys are never handed out. */
    exportSecret(): Promise<{ readonly kid: string; readonly secret: string }>
    /** The key set as verifiers get it. */
    publicKeys(): Promise<Jwks>
    /** How many sessions hold a token that withdrawing the signing key would refuse, at most. */
    liveSessions(): Promise<number>
  }
  readonly apiKeys: {
    /** The text of the key is to be had this once. */
    create(key: NewApiKeyRequest, by?: Partial<Origin>): Promise<MadeApiKey>
    list(userId: string): Promise<ApiKey[]>
    /** False if the owner has no live key of that id. */
    revoke(userId: string, id: string, by?: Partial<Origin>): Promise<boolean>
    /** Lets a key work again that a restore of the database has suspended. */
    confirm(userId: string, id: string, by?: Partial<Origin>): Promise<boolean>
  }
  readonly clients: {
    /** The secret is in this answer and nowhere else. */
    create(client: ClientOffer, by?: Partial<Origin>): Promise<RegisteredClient>
    find(id: string): Promise<Client | undefined>
    list(page: { readonly after?: string; readonly limit: number }): Promise<Client[]>
    /** Replaces the members given. Access tokens of a client that loses a scope or is disabled end. */
    change(id: string, change: ClientChange, by?: Partial<Origin>): Promise<Client>
    /** Two secrets are good until the former one ends. */
    rotateSecret(id: string, rotation?: SecretRotation, by?: Partial<Origin>): Promise<RegisteredClient>
    /** Its sessions and tokens end. Its id is never given to another. */
    remove(id: string, by?: Partial<Origin>): Promise<void>
  }
  /** Clients, roles and scopes as one document: `docs/declaration.md`. */
  readonly declarations: {
    /** What the database keeps. No secret is in it. */
    read(): Promise<Declaration>
    /** What a document would change. Rejects with every problem, and the place of each. */
    plan(document: unknown, options?: { readonly prune?: boolean | undefined }): Promise<DeclarationPlan>
    /** All of it, in one transaction, or nothing. Secrets of new clients are in this answer and nowhere else. */
    apply(plan: DeclarationPlan, by?: Partial<Origin>): Promise<AppliedDeclaration>
  }
  /** Refusals as the doctor sees them: bounded records, exact numbers. For those who run the service. */
  readonly refusals: Refusals
  /** All nodes of this issuer that were seen within the last 30 seconds, with fingerprints of what they read. */
  liveNodes(): Promise<readonly NodeAnnouncement[]>
  /**
   * How the issuer stands, by its database: numbers of accounts, sessions and keys by which `countersign doctor audit`
   * finds risky states. Reads every account, session and key: for a job at night, not for a request.
   */
  survey(): Promise<Standing>
  /**
   * What was behind a refusal: of an error that we threw, an answer of ours, or the reference that a client was given.
   * For those who run the service; a client is never shown it.
   */
  explain(subject: Explainable): Promise<Explanation>
  /** Events on their way to the places that `webhooks` names. */
  readonly webhooks: Pick<WebhookVerbs, 'list' | 'retry'>
  readonly events: {
    /**
     * An event of your own, beside ours: who did what to whom, from where. Facts only: never a credential. At most 8 KiB
     * of them, as JSON.
     */
    record(event: {
      readonly userId?: string
      readonly data: Readonly<Record<string, string | number | boolean | null>>
      readonly by?: Partial<Origin>
    }): Promise<AuditEvent>
    /** Newest first. */
    list(filter: EventFilter): Promise<AuditEvent[]>
  }
  /**
   * Accounts, sessions and events as steps of a PostgreSQL transaction that you opened on this client: an account and a
   * row of your own are there together or not at all. A step that is refused leaves your transaction usable. Call
   * `committed` after your COMMIT; without it a revocation is seen by the next regular question, within two seconds.
   */
  withTransaction(client: PostgresClient): AuthTransaction<Profile>
  /** Brings the database's schema forward; `dryRun` only says what would be done. */
  migrate(options?: { readonly dryRun?: boolean }): Promise<MigrationReport>
  /**
   * The database was put back from a backup: makes void what must not live again, and says what people have to look at.
   * To be called instead of `ready`, while no server is at work on the database.
   */
  declareRestored(by?: Partial<Origin>): Promise<RestoreReport>
  /** Rows that are past their use and still there: they go by themselves, a few at a time. */
  readonly upkeep: {
    expiredRows(): Promise<number>
    /** Removes at most so many now; resolves to how many. */
    cleanUp(limit: number): Promise<number>
  }
}

/** See `Auth.withTransaction`. Nothing signs in here: a token would outlive a transaction that is rolled back. */
export interface AuthTransaction<Profile extends Fields = Fields>
  extends Pick<Auth<string, Profile>, 'users' | 'events'> {
  readonly sessions: Omit<Auth['sessions'], 'start'>
  /** Resolves when this process knows the revocations that were committed, and the others have been told to ask. */
  committed(): Promise<void>
}
