import type { Clock } from '../base/clock.ts'
import { Refusal } from '../errors/refusal.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import type { Principal } from '../model/principal.ts'
import type { OneTimeVerbs } from '../store/one-time.ts'
import { type SocketTickets, TICKET_LIFE_SECONDS } from '../tokens/socket-ticket.ts'
import type { BearerCredential } from './credentials/bearer.ts'

/** The part of a WebSocket that is needed to end it: of `ws`, of Fastify and of browsers. */
export interface EndableSocket {
  close(code: number, reason: string): void
  addEventListener?(event: 'close', listener: () => void): void
}

/** Somebody who may open a WebSocket. */
export interface Admitted {
  readonly principal: Principal
  /**
   * Closes the socket when what opened it ends: 1008 for expiry and revocation, 1013 where this process does not know
   * any more. Answers with the way to let go of it, for sockets that cannot be listened to.
   */
  hold(socket: EndableSocket): () => void
}

export interface Sockets {
  /** Spends the ticket of an upgrade request: exactly one of any number of tries wins (rule F-6). */
  admit(request: GuardRequest): Promise<Admitted | Refusal>
  stop(): void
}

export interface SocketsParts {
  readonly tickets: SocketTickets
  readonly oneTime: OneTimeVerbs
  readonly clock: Clock
  /** Proves the access token that a ticket carries. */
  readonly bearer: Pick<BearerCredential, 'verify'>
  /** Told of what a socket throws when it is closed. */
  readonly report: (error: unknown) => void
}

/** What a socket was opened with. */
interface Holding {
  readonly token: string
  /** Seconds since 1970. */
  readonly expiresAt: number
}

const ENDED = 1008
const TRY_AGAIN_LATER = 1013
/** Together with the two seconds in which a process learns of a revocation, well below five. */
const LOOK_MILLISECONDS = 1000

export function createSockets({ tickets, oneTime, clock, bearer, report }: SocketsParts): Sockets {
  const held = new Map<EndableSocket, Holding>()
  let timer: NodeJS.Timeout | undefined

  const letGo = (socket: EndableSocket): void => {
    held.delete(socket)
    if (held.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
  const look = async (socket: EndableSocket, { token, expiresAt }: Holding): Promise<void> => {
    const verdict = await bearer.verify(token)
    // What other clocks are forgiven at a request is not added to the life of a socket.
    const isOver = clock.now() >= expiresAt * 1000
    if (!(isOver || verdict instanceof Refusal) || !held.has(socket)) return
    letGo(socket)
    const isUnsure = !isOver && verdict instanceof Refusal && verdict.status >= 500
    socket.close(isUnsure ? TRY_AGAIN_LATER : ENDED, isUnsure ? 'try again' : 'the credential has ended')
  }

  const hold = (socket: EndableSocket, holding: Holding): (() => void) => {
    held.set(socket, holding)
    timer ??= setInterval(() => {
      for (const [open, its] of held) look(open, its).catch(report)
    }, LOOK_MILLISECONDS).unref()
    socket.addEventListener?.('close', () => letGo(socket))
    // It may have ended while the socket was being opened.
    look(socket, holding).catch(report)
    return () => letGo(socket)
  }

  return {
    async admit(request) {
      const text = ticketOf(request.target)
      if (text === undefined) return new Refusal('WS_HEADER_IMPOSSIBLE')
      if (text instanceof Refusal) return text
      const ticket = tickets.read(text)
      if (ticket instanceof Refusal) return ticket
      if (clock.now() >= ticket.endsAt)
        return new Refusal('WS_RECONNECT_STALE', { details: { why: 'too late' } })
      if (request.header('origin') !== ticket.origin) return new Refusal('CSRF_ORIGIN')
      const outcome = await oneTime.take('socket-ticket', ticket.id, 2 * TICKET_LIFE_SECONDS * 1000)
      if (outcome !== 'won') return new Refusal('WS_RECONNECT_STALE', { details: { why: 'used before' } })
      const token = ticket.accessToken
      const principal = await bearer.verify(token)
      if (principal instanceof Refusal) return principal
      const { expiresAt } = principal
      return {
        principal: { ...principal, via: 'ws-ticket' },
        hold: (socket) => hold(socket, { token, expiresAt }),
      }
    },
    stop() {
      clearInterval(timer)
      timer = undefined
      held.clear()
    },
  }
}

function ticketOf(target: string): string | Refusal | undefined {
  const query = target.indexOf('?')
  const found = new URLSearchParams(query === -1 ? '' : target.slice(query)).getAll('ticket')
  return found.length > 1 ? new Refusal('HDR_DUPLICATE') : found[0]
}
