import type { Clients } from '../clients/clients.ts'
import type { Declarations } from '../declaration/declarations.ts'
import type { Refusal } from '../errors/refusal.ts'
import type { SecondFactorService } from '../factors/second-factors.ts'
import type { GrantParts } from '../grants/grant.ts'
import type { Guard } from '../guard/guard.ts'
import type { AttemptCookies } from '../http/attempt-cookies.ts'
import type { ClientAddresses } from '../http/client-address.ts'
import type { Cors } from '../http/cors.ts'
import type { Cursors } from '../http/cursor.ts'
import type { KnownDevices } from '../http/known-devices.ts'
import type { PageCookies } from '../http/page-cookies.ts'
import type { RateLimits } from '../http/rate-limit.ts'
import type { SessionCookies } from '../http/session-cookies.ts'
import type { KeyManagement } from '../keys/key-management.ts'
import type { VerificationKey } from '../keys/verification-key.ts'
import type { Accounts } from '../login/accounts.ts'
import type { ApiKeys } from '../login/api-keys.ts'
import type { EmailAddresses } from '../login/email-address.ts'
import type { Invitations } from '../login/invitations.ts'
import type { OwnAccount } from '../login/own-account.ts'
import type { PasswordReset } from '../login/password-reset.ts'
import type { Registration } from '../login/registration.ts'
import type { Identities } from '../login/social/identities.ts'
import type { KeptProviderTokens } from '../login/social/kept-tokens.ts'
import type { Providers } from '../login/social/providers.ts'
import type { DevelopmentMailbox } from '../mail/development-mailbox.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { ProfileSchema } from '../model/profile.ts'
import type { DescribedRoute } from '../openapi/described-route.ts'
import type { Brand } from '../pages/brand.ts'
import type { Permissions } from '../permissions/permissions.ts'
import type { Roles } from '../permissions/roles.ts'
import type { FeedAnswers } from '../revocation/feed-answers.ts'
import type { FeedStreams } from '../revocation/feed-stream.ts'
import type { Meters } from '../telemetry/meters.ts'
import type { Samples } from '../telemetry/metrics.ts'
import type { RefusalLog } from '../telemetry/refusal-log.ts'
import type { SocketTickets } from '../tokens/socket-ticket.ts'
import type { KnownReaders } from './known-readers.ts'

/** The wired parts that endpoints work with. Built once, in `create-auth`. */
export interface Services {
  /** The table itself, for the endpoint that describes it. */
  readonly routes: readonly DescribedRoute[]
  readonly grants: GrantParts
  readonly guard: Guard
  /** For requests to the application: its own credentials count too. */
  readonly applicationGuard: Guard
  readonly rateLimits: RateLimits
  readonly addresses: ClientAddresses
  readonly cors: Cors
  readonly sessionCookies: SessionCookies
  readonly secondFactors: SecondFactorService
  readonly knownDevices: KnownDevices
  readonly socketTickets: SocketTickets
  /** The one verdict on an access token. */
  readonly readAccess: (text: string) => AccessToken | Refusal
  /** The same, but a token that has expired, or was revoked, passes: enough to end its session. */
  readonly readExpired: (text: string) => AccessToken | Refusal
  readonly accounts: Accounts
  readonly keys: KeyManagement
  /** The key that access tokens of this `kid` are checked with. */
  readonly findKey: (kid: string) => VerificationKey | undefined
  readonly apiKeys: ApiKeys
  /** Where lists go on. */
  readonly cursors: Cursors
  readonly clients: Clients
  readonly feedAnswers: FeedAnswers
  readonly feedStreams: FeedStreams
  readonly registration: Registration
  readonly invitations: Invitations
  readonly emailAddresses: EmailAddresses
  readonly passwordReset: PasswordReset
  readonly ownAccount: OwnAccount
  /** Who else people can sign in with, and the accounts there that open one here. */
  readonly providers: Providers
  readonly identities: Identities
  readonly providerTokens: KeptProviderTokens
  /** The letters of late, in development. */
  readonly mailbox: DevelopmentMailbox | undefined
  /** Title shown on pages and in the API description. */
  readonly serviceName: string
  /** Whether people are met by pages of ours, and how those look. */
  readonly pages: PageServices | undefined
  readonly roles: Roles
  readonly declarations: Declarations
  /** The scopes and roles that there are. */
  readonly permissions: Permissions
  readonly profile: ProfileSchema | undefined
  /** Whether the documents for developers are open to the world. */
  readonly docsOpen: boolean
  readonly development: boolean
  /** Refusals of this process. */
  readonly refusalLog: RefusalLog
  /** The numbers of this process, or of all that share its port. */
  readonly metrics: () => Promise<Samples>
  readonly meters: Pick<Meters, 'answered'>
  readonly metricsOpen: boolean
  /** Who goes on reading them while nobody can be checked. */
  readonly metricsReaders: KnownReaders
  /** Whether this process serves: undefined, or why not. */
  readonly notReady: () => Promise<string | undefined>
}

/** What the pages work with. */
export interface PageServices {
  readonly brand: Brand
  readonly cookies: PageCookies
  readonly attemptCookies: AttemptCookies
  /** The path that the issuer is mounted under; empty at the root. */
  readonly base: string
  /** Whether links can be mailed: else nothing that needs one is offered. */
  readonly canSendLetters: boolean
  /** Characters, for the hint beside a new password. */
  readonly minimumPasswordLength: number
}
