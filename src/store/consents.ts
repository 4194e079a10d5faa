import type { NewEvent } from '../audit/events.ts'
import type { Consent } from '../model/consent.ts'

export interface ConsentVerbs {
  /** Undefined where the user never consented, took it back, or did so before the database was put back. */
  find(userId: string, clientId: string): Promise<Consent | undefined>
  /** Adds to what was consented to before. False, and nothing happens, unless the user is active, and the session live. */
  grant(
    consent: {
      readonly userId: string
      readonly clientId: string
      readonly scopes: readonly string[]
      /** Of whoever allows it. What ends it in the same moment, and takes consents back, finds this one, or it is none. */
      readonly sessionId?: string | undefined
    },
    event: NewEvent,
  ): Promise<boolean>
  /** Last changed first, without those to clients that were removed: they can do nothing any more, and have no name. */
  list(userId: string): Promise<Consent[]>
  /** Forgets it, and ends every session that the client has of the user. False if there was none. */
  revoke(consent: { readonly userId: string; readonly clientId: string }, event: NewEvent): Promise<boolean>
}
