import { toSeconds } from '../base/clock.ts'

/**
 * Stands in the scope of a session for which none was asked: it has what the roles of its user allow, as they change.
 * No scope has this name. Written by the grants, and hidden from whoever lists sessions.
 */
export const AS_ROLES_ALLOW = ''

/**
 * Stands in the scope of a session of the built-in client for which less was asked than its user might have had: it stays
 * narrow when roles shrink to what it has. Written and hidden likewise.
 */
export const MADE_NARROW = ' '

/** Whether it is a name of a scope, and not one of the two above. */
export function isScopeName(text: string): boolean {
  return text !== AS_ROLES_ALLOW && text !== MADE_NARROW
}

/**
 * Stands for a time of authentication that nobody knows: a provider said who it is, and not since when. Milliseconds
 * since 1970, and so longer ago than anything that is asked for.
 */
export const NOBODY_KNOWS_WHEN = 0

/** `auth_time` of a session: seconds since 1970, undefined where nobody knows. */
export function authTimeOf(authenticatedAt: number): number | undefined {
  return authenticatedAt === NOBODY_KNOWS_WHEN ? undefined : toSeconds(authenticatedAt)
}

/** Why a session ended. */
export type SessionEnd =
  | 'logout'
  | 'reuse'
  | 'ended_by_user'
  | 'ended_by_admin'
  | 'password_changed'
  | 'token_revoked'
  | 'factors_changed'

/** One sign-in on one device, as people see it in a list. It is also the refresh-token family: one row, always. */
export interface Session {
  readonly id: string
  readonly userId: string
  readonly clientId: string
  readonly scope: readonly string[]
  /** How the user proved who they are (RFC 8176 values such as `pwd`). */
  readonly amr: readonly string[]
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** When the user last proved who they are within it, or `NOBODY_KNOWS_WHEN`. Milliseconds since 1970. */
  readonly authenticatedAt: number
  /** Milliseconds since 1970; the sign-in or the last refresh. */
  readonly usedAt: number
  /** Milliseconds since 1970; the earlier of the idle and the absolute limit as things stand. */
  readonly endsAt: number
  /** Address and user agent of the last use. */
  readonly address: string | undefined
  readonly agent: string | undefined
}

/** What a token is minted from: read in the very statement that decided, never later (PROTOCOL rule 1.6). */
export interface SessionFacts {
  readonly sessionId: string
  /** Milliseconds since 1970 by the store's clock: the `iat` of what is minted. */
  readonly asOf: number
  readonly clientVer: number
  readonly storeEpoch: number
  readonly scope: readonly string[]
  readonly resources: readonly string[]
  /** Seconds since 1970; undefined where nobody knows. */
  readonly authTime: number | undefined
  readonly amr: readonly string[]
}
