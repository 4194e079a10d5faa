import type { Moment } from '../base/clock.ts'
import type { AuthenticatedClient } from '../clients/authentication.ts'
import type { KnownClients } from '../clients/known-clients.ts'
import type { ClientRequest } from '../clients/presented.ts'
import type { Challenges } from '../factors/challenges.ts'
import type { Passkeys } from '../factors/passkeys.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { SecretKeys } from '../keys/secret-keys.ts'
import type { SigningKey } from '../keys/signing-key.ts'
import type { Hooks } from '../login/hooks.ts'
import type { PasswordParts, SignInOrigin } from '../login/password.ts'
import type { RefusedSignIns } from '../login/refused-sign-ins.ts'
import type { Postman } from '../mail/postman.ts'
import type { Client, IdTokenAlgorithm } from '../model/client.ts'
import type { RefreshVerdict } from '../model/refresh-decision.ts'
import type { ScopePolicy } from '../model/scope-policy.ts'
import type { SessionFacts } from '../model/session.ts'
import type { BrowserSessionLimits } from '../model/session-limits.ts'
import type { User } from '../model/user.ts'
import type { RevocationState } from '../revocation/state.ts'
import type { RefreshTokens } from '../tokens/refresh-token.ts'
import type { GateSettings } from './account-gate.ts'

/** A request to the token endpoint, its parameters already single (RFC 6749 section 3.2). */
export interface TokenRequest extends ClientRequest {
  /** A value the client keeps beside its refresh token before it sends: proof that a late repeat is the same caller. */
  readonly idempotencyKey: string | undefined
  readonly origin: SignInOrigin
  /** Told which client asks, once it has said or proven so, before anything else is looked at. What it throws refuses. */
  readonly onClient?: (client: Client) => Promise<void>
  /** Told who has signed in, once they have, by a grant that the person’s own program asks for. */
  readonly onSignIn?: (user: User) => void
}

/** What a token is minted from. One without a session has no session id and no sign-in to name. */
export interface TokenFacts extends Omit<SessionFacts, 'sessionId' | 'resources'> {
  readonly sessionId?: string
}

/** What a grant came to: who, as of when, and the refresh token where there is one. */
export interface Granted {
  /** Undefined for a client that acts for itself. */
  readonly user: User | undefined
  readonly facts: TokenFacts
  readonly refreshToken: string | undefined
  /** The scope of this access token; at most that of the session. */
  readonly scope: readonly string[]
  /** When the store was asked. What is signed long after is not handed out (PROTOCOL 1.6). */
  readonly asked: Moment
  /** For sign-ins of OpenID Connect: what the ID token is signed with, and the nonce that the client sent. */
  readonly identity?: { readonly key: SigningKey; readonly nonce: string | undefined }
}

/** A way to obtain tokens: its name on the wire, and how the request proves that it may. */
export interface Grant {
  readonly type: string
  prove(request: TokenRequest, caller: AuthenticatedClient, parts: GrantParts): Promise<Granted>
}

/** The settings of tokens and sessions, in the units they are used in. */
export interface TokenSettings extends GateSettings {
  readonly issuer: string
  readonly audience: string
  readonly accessLifeSeconds: number
  readonly sessionLifeMilliseconds: number
  readonly idleMilliseconds: number
  readonly reuseWindowMilliseconds: number
  readonly onReuse: 'session' | 'user'
  readonly repeatElsewhere: 'event' | 'reuse'
  readonly passwordGrant: boolean
  readonly browserSessions: BrowserSessionLimits
}

/** Numbers of what was given out, for those who run the service. */
export interface GrantMeters {
  granted(grant: string): void
  refreshed(verdict: RefreshVerdict): void
}

/** Everything the flow from a sign-in to a token needs. */
export interface GrantParts extends PasswordParts {
  readonly settings: TokenSettings
  readonly meters: GrantMeters
  readonly policy: ScopePolicy
  readonly secretKeys: SecretKeys
  readonly refreshTokens: RefreshTokens
  readonly keyRing: KeyRing
  readonly challenges: Challenges
  readonly passkeys: Passkeys
  readonly postman: Pick<Postman, 'send'>
  /** The key that signs ID tokens of the algorithm, made at its first use. */
  readonly idKey: (algorithm: IdTokenAlgorithm) => Promise<SigningKey>
  readonly hooks: Hooks
  readonly refusedSignIns: RefusedSignIns
  readonly claims: ((user: User, client: Client) => Readonly<Record<string, unknown>>) | undefined
  readonly clockUnsure: () => boolean
  readonly clients: KnownClients
  /** Whether this process knows of an end that the database may have lost (PROTOCOL 2.4). */
  readonly isEnded: RevocationState['isEnded']
  readonly refusesSession: RevocationState['refusesSession']
  /** To be called when a token shows that the database has lost commits. */
  readonly storeFellBack: () => void
  /** Waits until this process knows the revocations that the last change wrote. */
  readonly revocationsChanged: () => Promise<void>
  /** Runs what may fail without anybody waiting for it; failures are logged. */
  readonly inBackground: (work: () => void | Promise<void>) => void
}
