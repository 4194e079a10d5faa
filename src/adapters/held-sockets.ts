import type { Gate } from '../guard/gate.ts'
import type { EndableSocket } from '../guard/sockets.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import type { Principal } from '../model/principal.ts'

/** The part of a `WebSocketServer` of `ws` that tells of open sockets. */
export interface SocketServer {
  on(event: 'connection', listener: (socket: EndableSocket, request: object) => void): unknown
}

/**
 * Sockets that a framework opens behind a guard. The guard sees the request, the framework's server the socket: whoever was
 * let in is remembered until then, and the socket ends with what let it in.
 */
export interface HeldSockets {
  /** `raw` is Node's request, which the server will name. */
  expect(raw: object, request: GuardRequest, principal: Principal): void
  watch(server: SocketServer): void
}

export function holdSockets(gate: Gate): HeldSockets {
  const expected = new WeakMap<object, { readonly request: GuardRequest; readonly principal: Principal }>()
  const watched = new WeakSet<object>()
  return {
    expect: (raw, request, principal) => void expected.set(raw, { request, principal }),
    watch(server) {
      if (watched.has(server)) return
      watched.add(server)
      server.on('connection', (socket, raw) => {
        const opener = expected.get(raw)
        if (opener !== undefined) gate.hold(opener.request, socket, opener.principal)
      })
    },
  }
}
