import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeListener } from '../adapters/node.ts'
import type { Auth } from '../auth.ts'
import type { Logger } from '../base/logger.ts'
import { createServer } from '../base/node-http.ts'
import { traceIdOf } from '../base/trace-parent.ts'
import { createUnderWay } from '../base/under-way.ts'
import { noStore } from '../http/headers.ts'
import type { Reply } from '../http/reply.ts'
import { pathOf } from '../http/request-path.ts'
import type { HttpRequest } from '../model/http-request.ts'
import { canChooseUpgrades, createSessionSockets } from './session-socket.ts'
import type { KeyAndCertificate } from './tls/self-signed.ts'

export interface ServeOptions {
  readonly auth: Auth
  readonly host: string
  readonly port: number
  readonly logger: Logger
  /** To answer https itself. */
  readonly tls?: KeyAndCertificate | undefined
}

/** A server that listens. */
export interface Serving {
  readonly address: AddressInfo
  /**
   * Takes no new connections, lets requests under way finish, then lets go of everything. With time to linger, those
   * connections that are open go on for so long at most, each told with its next answer to leave: nobody who is about to
   * ask is cut off.
   */
  stop(options?: { readonly lingerMilliseconds?: number }): Promise<void>
}

/** Slow senders hold a connection, not the service. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  /** How often Node looks for those two. Its own 30 s would be added to both. */
  connectionsCheckingInterval: 2000,
  keepAliveTimeout: 65_000,
  handshakeTimeout: 10_000,
  maxHeaderSize: 16 * 1024,
}

/** After this long, requests that are still under way are cut off. */
const GRACE_MILLISECONDS = 8000

/** The issuer as a server of its own. Rejects if the port cannot be had or the store cannot be opened. */
export async function serve({ auth, host, port, logger, tls }: ServeOptions): Promise<Serving> {
  await auth.ready().catch(async (error: unknown) => {
    // What it has opened already, such as a connection to Redis, would keep the process from ending.
    await auth.close()
    throw error
  })
  const home = homeOf(auth)
  const listener = nodeListener({
    ...auth,
    reply: (request, info) => auth.reply(request, { ...info, listensOn: host, home: home(request) }),
  })
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (stopping) response.setHeader('Connection', 'close')
    const end = underWay.add(response)
    response.once('close', () => {
      end()
      // Of an answer that had begun before it could say so.
      if (closing) server.closeIdleConnections()
    })
    logRequest(request, response, logger)
    listener(request, response)
  }
  const sockets = createSessionSockets({ auth, logger })
  const options = { ...LIMITS, shouldUpgradeCallback: sockets.opens }
  const server: Server =
    tls === undefined
      ? createServer(options, answer)
      : (await import('node:https')).createServer(
          { ...options, cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' },
          answer,
        )
  server.maxRequestsPerSocket = 10_000
  if (canChooseUpgrades()) server.on('upgrade', sockets.open)
  let stopping = false
  let closing = false
  const underWay = createUnderWay<ServerResponse>()
  try {
    await listen(server, host, port)
  } catch (error) {
    await auth.close()
    throw error
  }
  return {
    address: server.address() as AddressInfo,
    async stop({ lingerMilliseconds = 0 } = {}) {
      stopping = true
      // Else their connections would be kept, and waited for until they are cut off.
      for (const response of underWay) if (!response.headersSent) response.setHeader('Connection', 'close')
      auth.drain()
      sockets.close()
      const closed = new Promise<void>((resolve) => server.once('close', resolve))
      if (lingerMilliseconds > 0) {
        // The server's own would close idle connections with it.
        NetServer.prototype.close.call(server)
        await Promise.race([closed, sleep(lingerMilliseconds, undefined, { ref: false })])
      }
      closing = true
      server.close()
      server.closeIdleConnections()
      const late = setTimeout(() => server.closeAllConnections(), GRACE_MILLISECONDS)
      await closed
      clearTimeout(late)
      await auth.close()
    },
  }
}

/**
 * Whoever types the address that a start prints is led to the account page, which asks them to sign in. The root of an
 * application that embeds the issuer is its own; without pages there is nowhere to lead.
 */
function homeOf({ issuer, headers, handles }: Auth): (request: HttpRequest) => Reply | undefined {
  const base = new URL(issuer).pathname.replace(/\/$/, '')
  const roots = new Set(['/', base, `${base}/`])
  if (!handles('/account')) return () => undefined
  const answer: Reply = {
    status: 303,
    headers: { ...headers.api, ...noStore, Location: `${base}/account` },
    body: null,
  }
  return (request) =>
    (request.method === 'GET' || request.method === 'HEAD') && roots.has(pathOf(request)) ? answer : undefined
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** One line an answer. The query stays out of it: people put tokens there. */
function logRequest(request: IncomingMessage, response: ServerResponse, logger: Logger): void {
  const began = performance.now()
  response.once('finish', () => {
    const [path] = (request.url ?? '').split('?')
    const traceId = traceIdOf(String(request.headers.traceparent ?? ''))
    logger.debug(
      {
        method: request.method,
        path,
        status: response.statusCode,
        milliseconds: Math.round(performance.now() - began),
        address: request.socket.remoteAddress,
        ...(traceId !== undefined && { traceId }),
      },
      'answered',
    )
  })
}
