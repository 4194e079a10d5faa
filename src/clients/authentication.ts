import { type Clock, type Moment, momentOf } from '../base/clock.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Client } from '../model/client.ts'
import type { ClientStanding } from '../store/clients.ts'
import type { Store } from '../store/store.ts'
import { proveAssertion, readAssertion } from './assertion.ts'
import { matchesSecret } from './client-secret.ts'
import { type ClientRequest, type PresentedClient, readPresentedClient } from './presented.ts'

/** A client that has proven itself, or one that has nothing to prove, with what its tokens are minted from. */
export interface AuthenticatedClient {
  readonly client: Client
  readonly storeEpoch: number
  /** The store's clock as it was asked. Milliseconds since 1970. */
  readonly asOf: number
  /** When we asked the store. */
  readonly asked: Moment
}

export interface ClientAuthenticationParts {
  readonly store: Pick<Store, 'oneTime'>
  readonly findClient: (id: string) => Promise<ClientStanding | undefined>
  readonly clock: Clock
  readonly issuer: string
}

/**
 * The client that asks, by the one method it is registered for (RFC 6749 section 2.3). A public client, the built-in one
 * among them, only says its name: whoever needs proof looks at `authMethod`. Whatever is wrong, the client learns
 * `invalid_client` and no more; the log has the reason.
 */
export async function authenticateClient(
  request: ClientRequest,
  parts: ClientAuthenticationParts,
): Promise<AuthenticatedClient> {
  const presented = readPresentedClient(request)
  const assertion = presented.method === 'private_key_jwt' ? readAssertion(presented.assertion) : undefined
  const id = presented.id ?? assertion?.subject ?? ''
  const asked = momentOf(parts.clock)
  const standing = await parts.findClient(id)
  const { client, storeEpoch, asOf } = passClientGate(standing, presented)
  if (assertion !== undefined) {
    const { issuer } = parts
    const audiences = [issuer, `${issuer}/token`, issuer + request.endpoint]
    await proveAssertion(assertion, client, { store: parts.store, clock: parts.clock, audiences })
  }
  return { client, storeEpoch, asOf, asked }
}

/** There is such a client, it is active, uses its own method and knows a secret, if that is how it proves itself. */
function passClientGate(standing: ClientStanding | undefined, presented: PresentedClient): ClientStanding {
  const matches = 'secret' in presented && matchesSecret(presented.secret, standing?.secretHashes ?? [])
  const { method } = presented
  if (standing === undefined) throw refused('no such client', method)
  if (standing.client.state !== 'active') throw refused('disabled', method)
  if (standing.client.authMethod !== method) {
    const details = { clientId: standing.client.id, method, registered: standing.client.authMethod }
    throw new AuthError('CLIENT_AUTH_METHOD', { details })
  }
  if ('secret' in presented && !matches) throw refused('wrong secret', method)
  return standing
}

function refused(why: string, method: string): AuthError {
  return new AuthError('CLIENT_UNKNOWN', { details: { why, method } })
}
