import { claimsOf, type TokenRecord } from './token-record.ts'

/** Whether somebody is signed in, for pages. The same object until that changes: a refresh changes nothing. */
export type Session =
  /** The storage has not been read yet. */
  | { readonly status: 'loading' }
  | { readonly status: 'signed-out' }
  | {
      readonly status: 'signed-in'
      readonly userId: string | undefined
      readonly sessionId: string | undefined
      readonly scopes: readonly string[]
    }

/** Told once for each sign-out, in every tab. */
export interface SignedOut {
  /** `ended`: the server says that the session is over. `sign-out`: somebody asked for it, here or in another tab. */
  readonly why: 'ended' | 'sign-out'
  /** The address of the page: where to come back to after the next sign-in. */
  readonly returnTo: string | undefined
  /** Of the refusal that said so, for the operator. */
  readonly reference?: string | undefined
}

/** The same object as before if nothing changed that a page could see. */
export function sessionOf(record: TokenRecord | undefined, before: Session): Session {
  if (record === undefined) return before.status === 'signed-out' ? before : { status: 'signed-out' }
  const { sub: userId, sid: sessionId } = claimsOf(record)
  const scopes = record.scope.split(' ').filter((scope) => scope !== '')
  const session: Session = { status: 'signed-in', userId, sessionId, scopes }
  return JSON.stringify(before) === JSON.stringify(session) ? before : session
}
