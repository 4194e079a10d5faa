import { AuthError } from '../errors/auth-error.ts'
import type { User } from '../model/user.ts'

/** Where a sign-up, sign-in or sign-out comes from. */
export interface HookOrigin {
  readonly address?: string | undefined
  readonly agent?: string | undefined
}

export interface Registration {
  readonly email: string
  readonly username: string | undefined
  readonly profile: Readonly<Record<string, unknown>>
}

/**
 * The application's own steps. `before` hooks are awaited and may refuse with `throw refuse('why')`; any other error
 * denies too. `after` hooks run when the change is committed; their errors are logged and change nothing.
 */
export interface Hooks {
  readonly before?: {
    readonly register?: (registration: Registration, origin: HookOrigin) => void | Promise<void>
    /** After the password was found right, before a session exists. */
    readonly signIn?: (user: User, origin: HookOrigin) => void | Promise<void>
  }
  readonly after?: {
    readonly register?: (user: User, origin: HookOrigin) => void | Promise<void>
    readonly signIn?: (
      user: User,
      session: { readonly id: string },
      origin: HookOrigin,
    ) => void | Promise<void>
    readonly signOut?: (
      session: { readonly id: string; readonly userId: string },
      origin: HookOrigin,
    ) => void | Promise<void>
    /** A refresh token that was passed long ago came back: a thief, or the owner after a thief. */
    readonly reuse?: (report: ReuseReport) => void | Promise<void>
    /**
     * A refresh was repeated within the window, but from another network and with another agent: a thief who comes right
     * behind the owner looks like this, and so does a laptop that joins another network while its browser updates. With
     * `repeatElsewhere: 'reuse'` it is `reuse` instead.
     */
    readonly repeatElsewhere?: (report: ReuseReport) => void | Promise<void>
  }
}

/** A use of a refresh token: from where, with what, and when (milliseconds since 1970). */
export interface TokenUse {
  readonly address: string | undefined
  readonly agent: string | undefined
  readonly at: number
}

/** What is known when a refresh token was used again. After `reuse` its session has ended. */
export interface ReuseReport {
  readonly userId: string
  readonly sessionId: string
  readonly now: TokenUse
  /** The last honest-looking use: the rotation that the token had been passed by, or one after it. */
  readonly last: TokenUse
}

/** The error a `before` hook throws to say no. The sentence is shown to the client. */
export function refuse(sentence: string): AuthError {
  return new AuthError('HOOK_REFUSED', { fields: [{ field: '', message: sentence }] })
}
