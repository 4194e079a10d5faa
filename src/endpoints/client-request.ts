import { type AuthenticatedClient, authenticateClient } from '../clients/authentication.ts'
import type { ClientRequest } from '../clients/presented.ts'
import { AuthError } from '../errors/auth-error.ts'
import { pathOf } from '../http/request-path.ts'
import type { Client } from '../model/client.ts'
import type { Rate } from '../model/rate.ts'
import type { RouteContext } from './route.ts'

/** What a request says of its client. Parameters that are no texts are not there. */
export function clientRequestOf(
  { request }: Pick<RouteContext, 'request'>,
  parameters: Readonly<Record<string, unknown>>,
): ClientRequest {
  const texts = new Map<string, string>()
  for (const [name, value] of Object.entries(parameters))
    if (typeof value === 'string') texts.set(name, value)
  return {
    parameters: texts,
    authorization: request.headers.get('authorization') ?? undefined,
    endpoint: pathOf(request),
  }
}

/** The client of a request to an endpoint beside the token endpoint. A public one has only said its name. */
export function clientOf(
  context: RouteContext,
  parameters: Readonly<Record<string, unknown>>,
): Promise<AuthenticatedClient> {
  const { grants } = context.services
  const { store, clients, clock, settings } = grants
  const parts = { store, clients, clock, issuer: settings.issuer }
  return authenticateClient(clientRequestOf(context, parameters), parts)
}

/** The same, but one that has proven itself: not a public one. */
export async function provenClientOf(
  context: RouteContext,
  parameters: Readonly<Record<string, unknown>>,
): Promise<AuthenticatedClient> {
  const caller = await clientOf(context, parameters)
  if (caller.client.authMethod !== 'none') return caller
  throw new AuthError('CLIENT_UNKNOWN', { details: { why: 'a public client', clientId: caller.client.id } })
}

/** Several machines of a service, each within what one address may, are one client. */
const OF_CLIENT = { count: 6000, periodMilliseconds: 60_000 }

/**
 * Counts the request for the client that has proven itself, from wherever it comes; the address was counted before. Not for
 * a public client, whose name anybody can say. Throws `RATE_LIMITED`.
 */
export async function countClient(
  client: Client,
  { request, address, services }: Pick<RouteContext, 'request' | 'address' | 'services'>,
  rate: Rate = OF_CLIENT,
): Promise<void> {
  if (client.authMethod === 'none') return
  const name = `${pathOf(request)} of client`
  const { refusal } = await services.rateLimits.count(name, rate, address, {
    kind: 'client',
    id: client.id,
  })
  if (refusal === undefined) return
  const { retryAfterSeconds = 1, details, headers = {} } = refusal
  throw new AuthError('RATE_LIMITED', { retryAfterSeconds, details, headers })
}
