import type { Clock } from '../base/clock.ts'
import { Refusal } from '../errors/refusal.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import type { Principal } from '../model/principal.ts'
import type { Credential } from './credentials/credential.ts'
import { type FoundCredential, findCredential } from './find-credential.ts'

/** The part of a WebSocket that is needed to end it: of `ws`, of Fastify, of Hono and of browsers. */
export interface EndableSocket {
  /** 3 once it is closed, where it says so. */
  readonly readyState?: number
  close(code: number, reason: string): void
  addEventListener?(event: 'close' | 'error', listener: () => void): void
}

/**
 * Closes the socket when what the request carried ends, or `principal`, who was let in by it, has lost a scope or a role:
 * 1008, and 1013 where this process does not know any more. Answers with the way to let go of it, for sockets that cannot
 * be listened to.
 */
export type HoldSocket = (request: GuardRequest, socket: EndableSocket, principal: Principal) => () => void

/** Open WebSockets. Each is asked every second what was asked when it was opened. */
export interface Sockets {
  readonly hold: HoldSocket
  /** Ends those that are open, with 1001: nobody would know any more when they have to. */
  stop(): void
}

export interface SocketsParts {
  readonly credentials: readonly Credential[]
  readonly clock: Clock
  /** Told of what a credential or a socket throws. */
  readonly report: (error: unknown) => void
}

/** What a socket was opened with. */
interface Holding extends FoundCredential {
  readonly request: GuardRequest
  /** As it was let in: the application goes on by that. */
  readonly principal: Principal
  /** Seconds since 1970, as it was said last. */
  expiresAt: number
  /** Whether it was asked and has not answered yet. */
  isAsked: boolean
}

/** What a socket is closed with (RFC 6455 section 7.4.1 and the registry it founded). */
const ENDED = { code: 1008, reason: 'the credential has ended' }
const UNSURE = { code: 1013, reason: 'try again' }
const STOPPING = { code: 1001, reason: 'going away' }

const CLOSED = 3

/** Together with the two seconds in which a process learns of a revocation, well below five. */
const LOOK_MILLISECONDS = 1000

export function createSockets({ credentials, clock, report }: SocketsParts): Sockets {
  const held = new Map<EndableSocket, Holding>()
  let timer: NodeJS.Timeout | undefined

  const letGo = (socket: EndableSocket): void => {
    held.delete(socket)
    if (held.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
  const end = (socket: EndableSocket, { code, reason }: typeof ENDED): void => {
    letGo(socket)
    try {
      socket.close(code, reason)
    } catch (error) {
      report(error)
    }
  }
  // What other clocks are forgiven at a request is not added to the life of a socket.
  const isOver = ({ expiresAt }: Holding): boolean => clock.now() >= expiresAt * 1000
  const look = async (socket: EndableSocket, holding: Holding): Promise<void> => {
    const { credential, text, request } = holding
    holding.isAsked = true
    const verdict = await credential.verify(text, request)
    holding.isAsked = false
    if (!held.has(socket)) return
    if (!(verdict instanceof Refusal)) holding.expiresAt = verdict.expiresAt
    if (isOver(holding)) end(socket, ENDED)
    else if (verdict instanceof Refusal) end(socket, verdict.status >= 500 ? UNSURE : ENDED)
    else if (hasLost(holding.principal, verdict)) end(socket, ENDED)
  }
  const lookAt = (socket: EndableSocket, holding: Holding): void => {
    look(socket, holding).catch((error: unknown) => {
      report(error)
      if (held.has(socket)) end(socket, UNSURE)
    })
  }

  return {
    hold(request, socket, principal) {
      // `ws` closes what breaks its rules by itself, and an error that nobody listens for would end the process.
      socket.addEventListener?.('error', () => undefined)
      const found = findCredential(credentials, request)
      if (found instanceof Refusal) {
        end(socket, ENDED)
        return () => undefined
      }
      // It will not say so again, and would be asked about until the credential ends.
      if (socket.readyState === CLOSED) return () => undefined
      const holding = { ...found, request, principal, expiresAt: principal.expiresAt, isAsked: false }
      held.set(socket, holding)
      timer ??= setInterval(() => {
        for (const [open, its] of held) {
          if (!its.isAsked) lookAt(open, its)
          else if (isOver(its)) end(open, ENDED)
        }
      }, LOOK_MILLISECONDS).unref()
      socket.addEventListener?.('close', () => letGo(socket))
      // It may have ended while the socket was being opened.
      lookAt(socket, holding)
      return () => letGo(socket)
    },
    stop() {
      for (const socket of held.keys()) end(socket, STOPPING)
    },
  }
}

/** A cookie and a key go on where a token of the same person would have ended. */
function hasLost(before: Principal, now: Principal): boolean {
  return (
    before.scopes.some((scope) => !now.scopes.includes(scope)) ||
    before.roles.some((role) => !now.roles.includes(role))
  )
}
