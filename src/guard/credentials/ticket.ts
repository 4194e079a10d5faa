import type { Clock } from '../../base/clock.ts'
import { Refusal } from '../../errors/refusal.ts'
import type { GuardRequest } from '../../model/guard-request.ts'
import type { Principal } from '../../model/principal.ts'
import type { OneTimeVerbs } from '../../store/one-time.ts'
import { type SocketTickets, TICKET_LIFE_SECONDS } from '../../tokens/socket-ticket.ts'
import type { BearerCredential } from './bearer.ts'
import type { Credential } from './credential.ts'

export interface TicketParts {
  readonly tickets: SocketTickets
  readonly oneTime: OneTimeVerbs
  readonly clock: Clock
  /** Proves the access token that a ticket carries. */
  readonly bearer: Pick<BearerCredential, 'verify'>
}

/**
 * The ticket of a WebSocket (rule F-6): in the address of the request that opens one, and of no other. It is spent when
 * it is verified first, and exactly one of any number of requests wins. The request that won may be checked again, by the
 * word of a group and that of its route, and for as long as its socket is open: then the token in the ticket is.
 */
export function ticket({ tickets, oneTime, clock, bearer }: TicketParts): Credential {
  const spent = new WeakMap<object, Promise<string | Refusal>>()

  /** The access token that it carries. */
  const spend = async (text: string, origin: string | undefined): Promise<string | Refusal> => {
    const read = tickets.read(text)
    if (read instanceof Refusal) return read
    if (clock.now() >= read.endsAt) return stale('too late')
    if (origin !== read.origin) return new Refusal('CSRF_ORIGIN')
    const outcome = await oneTime.take('socket-ticket', read.id, 2 * TICKET_LIFE_SECONDS * 1000)
    return outcome === 'won' ? read.accessToken : stale('used before')
  }
  const tokenOf = (text: string, request: GuardRequest): Promise<string | Refusal> => {
    const opening = request.raw ?? request
    const token = spent.get(opening) ?? spend(text, request.header('origin'))
    spent.set(opening, token)
    return token
  }

  return {
    name: 'ws-ticket',
    // A route that does not take it shall not spend it.
    isCostly: true,
    excusesAmbient: true,
    read: ticketOf,
    async verify(text, request): Promise<Principal | Refusal> {
      const token = await tokenOf(text, request)
      if (token instanceof Refusal) return token
      const principal = await bearer.verify(token)
      return principal instanceof Refusal ? principal : { ...principal, via: 'ws-ticket' }
    },
  }
}

function stale(why: string): Refusal {
  return new Refusal('WS_RECONNECT_STALE', { details: { why } })
}

function ticketOf({ opensSocket, target }: GuardRequest): string | Refusal | undefined {
  if (opensSocket !== true) return undefined
  const query = target.indexOf('?')
  const found = new URLSearchParams(query === -1 ? '' : target.slice(query)).getAll('ticket')
  return found.length > 1 ? new Refusal('HDR_DUPLICATE') : found[0]
}
