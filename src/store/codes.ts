import type { NewEvent } from '../audit/events.ts'
import type { SessionFacts } from '../model/session.ts'
import type { User } from '../model/user.ts'
import type { NewSession } from './sessions.ts'

/** What an authorization code stands for (RFC 6749 section 4.1.2): good once, for the client it was made for. */
export interface Code {
  readonly userId: string
  /** SHA-256 of the text of the code, base64url. */
  readonly hash: string
  readonly clientId: string
  /** The browser's session that it was made from, and dies with. */
  readonly sessionId: string
  /** As the client sent it. */
  readonly redirectUri: string
  /** The PKCE challenge (RFC 7636 section 4.2), where there was one. */
  readonly challenge: string | undefined
  readonly scope: readonly string[]
  readonly resources: readonly string[]
  /** For the ID token (OpenID Connect Core section 3.1.2.1). */
  readonly nonce: string | undefined
}

export interface NewCode extends Code {
  /** Whether it rests on what the user has allowed the client, which then has to stand. */
  readonly needsConsent: boolean
  readonly lifeMilliseconds: number
}

/** A code as it stands, with what was read of its session when it was made. */
export interface CodeStanding {
  readonly code: Code & {
    readonly userEpoch: number
    readonly amr: readonly string[]
    /** When the user proved who they are. Milliseconds since 1970. */
    readonly authenticatedAt: number
  }
  /** The user as of now. */
  readonly user: User
  /** Void: its session has ended, or the user's credentials or the database have been replaced since. */
  readonly state: 'good' | 'used' | 'expired' | 'void'
}

export type Redemption =
  | { readonly outcome: 'redeemed'; readonly facts: SessionFacts; readonly user: User }
  /** It was used before. The session that was made then has ended. */
  | { readonly outcome: 'reused'; readonly sessionId: string }
  | { readonly outcome: 'void' }

export interface CodeVerbs {
  /** False, and nothing happens, unless the session is live, and the consent there that it needs. */
  create(code: NewCode, event: NewEvent): Promise<boolean>
  find(userId: string, hash: string): Promise<CodeStanding | undefined>
  /**
   * Starts a session with a code that nobody has used: of all callers exactly one succeeds. Whoever comes later ends the
   * session that the first one got, with its entry and `reused`; `started` is the event of a success.
   */
  redeem(
    code: { readonly userId: string; readonly hash: string },
    session: NewSession,
    events: { readonly started: NewEvent; readonly reused: NewEvent },
  ): Promise<Redemption>
}
