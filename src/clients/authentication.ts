import type { Clock, Moment } from '../base/clock.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { Client } from '../model/client.ts'
import type { ClientStanding } from '../store/clients.ts'
import type { Store } from '../store/store.ts'
import { proveAssertion, readAssertion } from './assertion.ts'
import { matchesSecret } from './client-secret.ts'
import type { KnownClient, KnownClients } from './known-clients.ts'
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
  readonly clients: Pick<KnownClients, 'remembered' | 'read'>
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
  const { client, storeEpoch, asOf, asked } = await passClientGate(id, presented, parts.clients)
  if (assertion !== undefined) {
    const { issuer } = parts
    const audiences = [issuer, `${issuer}/token`, issuer + request.endpoint]
    const { store, clock } = parts
    await proveAssertion(assertion, client, { store, clock, audiences, storeEpoch })
  }
  return { client, storeEpoch, asOf, asked }
}

/** What is remembered may let it in; only what stands now may turn it away, for it may have a new secret. */
async function passClientGate(
  id: string,
  presented: PresentedClient,
  clients: ClientAuthenticationParts['clients'],
): Promise<KnownClient> {
  const known = clients.remembered(id)
  if (known !== undefined && problemOf(known, presented) === undefined) return known
  const client = await clients.read(id)
  const problem = problemOf(client, presented)
  if (client === undefined || problem !== undefined)
    throw problem ?? refused('no such client', presented.method)
  return client
}

/** There is such a client, it is active, uses its own method and knows a secret, if that is how it proves itself. */
function problemOf(standing: ClientStanding | undefined, presented: PresentedClient): AuthError | undefined {
  const matches = 'secret' in presented && matchesSecret(presented.secret, standing?.secretHashes ?? [])
  const { method } = presented
  if (standing === undefined) return refused('no such client', method)
  if (standing.client.state !== 'active') return refused('disabled', method)
  if (standing.client.authMethod !== method) {
    const details = { clientId: standing.client.id, method, registered: standing.client.authMethod }
    return new AuthError('CLIENT_AUTH_METHOD', { details })
  }
  return 'secret' in presented && !matches ? refused('wrong secret', method) : undefined
}

function refused(why: string, method: string): AuthError {
  return new AuthError('CLIENT_UNKNOWN', { details: { why, method } })
}
