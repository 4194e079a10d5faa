import type { NewEvent } from '../audit/events.ts'
import type { Clock } from '../base/clock.ts'
import type { ApiKeyVerbs } from './api-keys.ts'
import type { ClientVerbs } from './clients.ts'
import type { CodeVerbs } from './codes.ts'
import type { ConsentVerbs } from './consents.ts'
import type { DeviceCodeVerbs } from './device-codes.ts'
import type { EventVerbs } from './events.ts'
import type { FactorVerbs } from './factors.ts'
import type { HintVerbs } from './hints.ts'
import type { IdentityVerbs } from './identities.ts'
import type { KeyVerbs } from './keys.ts'
import type { LinkVerbs } from './links.ts'
import type { NodeVerbs } from './nodes.ts'
import type { OneTimeVerbs } from './one-time.ts'
import type { PermissionVerbs } from './permissions.ts'
import type { RefusalVerbs } from './refusals.ts'
import type { RevocationVerbs } from './revocations.ts'
import type { SessionVerbs } from './sessions.ts'
import type { StoreSurvey, SurveyQuestion } from './survey.ts'
import type { UserVerbs } from './users.ts'
import type { WebhookVerbs } from './webhooks.ts'

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
  /** How busy its connections are; absent where there are none to wait for. */
  load?(): StoreLoad
  /** Numbers by which risky states are found. Reads every account, session and key. */
  survey(question: SurveyQuestion): Promise<StoreSurvey>

  readonly users: UserVerbs
  readonly sessions: SessionVerbs
  readonly clients: ClientVerbs
  readonly apiKeys: ApiKeyVerbs
  readonly codes: CodeVerbs
  readonly consents: ConsentVerbs
  readonly deviceCodes: DeviceCodeVerbs
  readonly factors: FactorVerbs
  readonly permissions: PermissionVerbs
  readonly identities: IdentityVerbs
  readonly keys: KeyVerbs
  readonly revocations: RevocationVerbs
  readonly nodes: NodeVerbs
  readonly events: EventVerbs
  readonly oneTime: OneTimeVerbs
  readonly links: LinkVerbs
  /** Refusals for the doctor: bounded, and written in batches, off the path of the request. */
  readonly refusals: RefusalVerbs
  readonly webhooks: WebhookVerbs
  /** Pushes between the processes that share the database; absent where the driver has none. */
  readonly hints?: HintVerbs
}

export interface StoreLoad {
  /** Statements and transactions that hold a connection or wait for one. */
  readonly working: number
  /** Those of them that wait. */
  readonly waiting: number
}

/** How long audit events are kept where nobody says otherwise. */
export const DEFAULT_EVENT_RETENTION_DAYS = 400

export interface StoreOptions {
  /** For drivers without a clock of their own (SQLite). */
  readonly clock: Clock
  /** Bring the schema forward first. */
  readonly migrate: boolean
  /** How long audit events are kept; `DEFAULT_EVENT_RETENTION_DAYS` where absent. */
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
  /** Rows in each table before the steps; PostgreSQL estimates those of a table that has more than a million. */
  readonly rows: Readonly<Record<string, number>>
}
