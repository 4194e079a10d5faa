import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import type { Auth } from '../auth.ts'
import type { Logger } from '../base/logger.ts'
import { STATUS_CODES } from '../base/node-http.ts'

/**
 * `GET /ws?ticket=…` of a server that is the issuer and nothing else (RFC 6455). It says once who was let in, and is
 * closed with 1008 when that ends: a page learns in the moment that it was signed out, without asking. What it is sent is
 * dropped. An application has a socket of its own, by `auth.sockets`.
 */
export interface SessionSockets {
  /** Whether a request that asks for another protocol opens one. All others are answered as if they had not asked. */
  opens(request: IncomingMessage): boolean
  /** Never rejects: who is not let in is answered. */
  open(request: IncomingMessage, connection: Duplex, head: Buffer): Promise<void>
  /** Closes them with 1001, and cuts off soon after who does not answer that. */
  close(): void
}

export interface SessionSocketsOptions {
  readonly auth: Auth
  readonly logger: Logger
}

/** Of one process. Each is asked every second whether it may stay. */
const MOST_SOCKETS = 10_000
/** Of one account: each tab of a browser has one. */
const MOST_OF_ONE = 50
/** Nothing is read of what is sent; so much of it is taken before the connection is closed with 1009. */
const LONGEST_MESSAGE_BYTES = 64 * 1024
/** Proxies let go of what is silent for a minute. Who has not answered the last one by the next is gone. */
const PING_MILLISECONDS = 30_000
const FAREWELL_MILLISECONDS = 1000
const GOING_AWAY = 1001

/**
 * Whether Node can be told which requests change the protocol. Where it cannot, a listener for that gets all of them, also
 * those that only offer HTTP/2 and want an ordinary answer; then there are no sockets, and `/ws` is answered 404.
 */
export function canChooseUpgrades(version = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 9) || (major === 22 && minor >= 21)
}

export function createSessionSockets({ auth, logger }: SessionSocketsOptions): SessionSockets {
  const path = `${new URL(auth.issuer).pathname.replace(/\/$/, '')}/ws`
  const ofOne = new Map<string, number>()
  let server: WebSocketServer | undefined
  let open = 0
  let closed = false
  let timer: NodeJS.Timeout | undefined

  const load = async (): Promise<WebSocketServer> => {
    const { WebSocketServer } = await import('ws')
    server ??= new WebSocketServer({
      noServer: true,
      maxPayload: LONGEST_MESSAGE_BYTES,
      perMessageDeflate: false,
    })
    return server
  }
  /** False where the account has as many as it may. */
  const count = (id: string, socket: Duplex): boolean => {
    const before = ofOne.get(id) ?? 0
    if (before >= MOST_OF_ONE) return false
    ofOne.set(id, before + 1)
    socket.once('close', () => {
      const left = (ofOne.get(id) ?? 1) - 1
      if (left === 0) ofOne.delete(id)
      else ofOne.set(id, left)
    })
    return true
  }
  const watch = (sockets: WebSocketServer): void => {
    timer ??= setInterval(() => {
      for (const socket of sockets.clients) askIfThere(socket)
    }, PING_MILLISECONDS).unref()
  }

  const isFull = (): boolean => closed || open > MOST_SOCKETS
  const admit = async (request: IncomingMessage, connection: Duplex, head: Buffer): Promise<void> => {
    const sockets = await load()
    if (isFull()) return refuse(connection, later(503, 5))
    const accepted = await auth.sockets.accept(request)
    if (!accepted.ok) return refuse(connection, accepted.response)
    if (isFull()) return refuse(connection, later(503, 5))
    // Whoever has left meanwhile says so no more, and would be counted for ever.
    if (connection.destroyed) return
    const { principal } = accepted
    if (!count(principal.id, connection)) return refuse(connection, later(429, 60))
    sockets.handleUpgrade(request, connection, head, (socket) => {
      accepted.hold(socket)
      socket.on('message', () => undefined)
      watch(sockets)
      const { id: sub, scopes, expiresAt: exp } = principal
      socket.send(JSON.stringify({ sub, scope: scopes.join(' '), exp }))
    })
  }

  return {
    opens({ method, url = '', headers: { upgrade } }) {
      return method === 'GET' && upgrade?.toLowerCase() === 'websocket' && url.split('?', 1)[0] === path
    },
    async open(request, connection, head) {
      open += 1
      connection.once('close', () => {
        open -= 1
      })
      // Whoever asked is gone: there is nobody to tell.
      connection.on('error', () => connection.destroy())
      try {
        await admit(request, connection, head)
      } catch (error) {
        logger.error({ err: error }, 'a socket was not opened')
        await refuse(connection, new Response(null, { status: 500 }))
      }
    },
    close() {
      closed = true
      clearInterval(timer)
      const left = server?.clients ?? new Set<WebSocket>()
      for (const socket of left) socket.close(GOING_AWAY, 'The server stops')
      setTimeout(() => {
        for (const socket of left) socket.terminate()
      }, FAREWELL_MILLISECONDS).unref()
    },
  }
}

const WAITS = Symbol('countersign.waits')

function askIfThere(socket: WebSocket & { [WAITS]?: boolean }): void {
  if (socket[WAITS] === true) {
    socket.terminate()
    return
  }
  socket[WAITS] = true
  socket.once('pong', () => {
    socket[WAITS] = false
  })
  socket.ping()
}

function later(status: number, seconds: number): Response {
  return new Response(null, { status, headers: { 'Retry-After': String(seconds) } })
}

/** An answer in the place of the upgrade. Scripts of a page see 1006 and no more of it. */
async function refuse(connection: Duplex, response: Response): Promise<void> {
  const { status } = response
  const body = await response.text()
  const headers = new Headers(response.headers)
  headers.set('Connection', 'close')
  headers.set('Content-Length', String(Buffer.byteLength(body)))
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`)
  const answer = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`
  // Half of it would stay open for as long as the other side likes.
  connection.end(answer, () => connection.destroy())
}
