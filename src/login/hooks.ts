import { AuthError } from '../errors/auth-error.ts'
import type { User } from '../model/user.ts'

/** Where a sign-up, sign-in or sign-out comes from. */
export interface HookOrigin {
  readonly address: string | undefined
  readonly agent: string | undefined
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
  }
}

/** The error a `before` hook throws to say no. The sentence is shown to the client. */
export function refuse(sentence: string): AuthError {
  return new AuthError('HOOK_REFUSED', { fields: [{ field: '', message: sentence }] })
}
