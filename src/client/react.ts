import { type ReactNode, useSyncExternalStore } from 'react'
import type { Client } from './create-client.ts'
import type { Session } from './session.ts'

/** A client of either kind. */
export type HasSession = Pick<Client, 'session' | 'subscribe'>

const LOADING: Session = { status: 'loading' }

/** Who is signed in; the component is drawn again when that changes, not when a token is refreshed. */
export function useSession(client: HasSession): Session {
  return useSyncExternalStore(
    client.subscribe,
    () => client.session,
    // On a server nobody's storage is at hand.
    () => LOADING,
  )
}

export interface SignedInProps {
  readonly client: HasSession
  /** Shown to everybody else: a sign-in form. */
  readonly otherwise?: ReactNode
  /** Shown for the moment until the storage was read. */
  readonly loading?: ReactNode
  readonly children?: ReactNode
}

/** Draws its children for whoever is signed in. It hides; what is secret is guarded by the API. */
export function SignedIn({ client, otherwise, loading, children }: SignedInProps): ReactNode {
  const { status } = useSession(client)
  return status === 'signed-in' ? children : status === 'loading' ? loading : otherwise
}
