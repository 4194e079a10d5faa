import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Auth } from '../auth.ts'
import { type Reply, toResponse } from '../http/reply.ts'

/** What the framework around the issuer knows of a request. */
export interface IssuerRequest {
  /** The path inside of the issuer. */
  readonly path: string
  readonly address: string | undefined
  /** The body, where something before us has read it already. */
  readonly body?: Buffer | undefined
}

/** Answers Node's requests by the issuer. */
export type IssuerListener = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  request: IssuerRequest,
) => void

export function issuerListener(auth: Pick<Auth, 'reply'>): IssuerListener {
  const addresses = new WeakMap<IncomingMessage, string | undefined>()
  const listener = getRequestListener(
    async (request, { incoming, outgoing }) => {
      const address = addresses.get(incoming as IncomingMessage)
      return send(await auth.reply(request, { address }), outgoing as ServerResponse)
    },
    { overrideGlobalObjects: false },
  )
  return (incoming, outgoing, { path, address, body }) => {
    addresses.set(incoming, address)
    const query = incoming.url?.indexOf('?') ?? -1
    incoming.url = query === -1 ? path : path + incoming.url?.slice(query)
    if (body !== undefined) Object.assign(incoming, { rawBody: body })
    // A promise that nobody holds: what it could reject with was answered inside.
    void listener(incoming, outgoing)
  }
}

/** A text is written as it is; a stream is left to the listener, which waits for whoever reads it. */
function send(reply: Reply, outgoing: ServerResponse): Response {
  const { status, headers, body, cookies } = reply
  if (body instanceof ReadableStream) return toResponse(reply)
  if (cookies !== undefined && cookies.length > 0) outgoing.setHeader('set-cookie', [...cookies])
  outgoing.writeHead(
    status,
    body === null ? headers : { ...headers, 'content-length': Buffer.byteLength(body) },
  )
  outgoing.end(body ?? undefined)
  return RESPONSE_ALREADY_SENT
}

/**
 * A body that a parser of the application has read, as the bytes it was read from, more or less: the same fields, and a
 * field that came twice comes twice again. Undefined where nobody has read it, or where it cannot be told any more.
 */
export function bytesOf(body: unknown, contentType: string | undefined): Buffer | undefined {
  if (body === undefined || body === null) return undefined
  if (Buffer.isBuffer(body)) return body
  if (typeof body === 'string') return Buffer.from(body)
  if (typeof body !== 'object') return undefined
  if (!contentType?.toLowerCase().startsWith('application/x-www-form-urlencoded')) {
    return Buffer.from(JSON.stringify(body))
  }
  const fields = Object.entries(body).flatMap(([name, value]: [string, unknown]) =>
    (Array.isArray(value) ? value : [value]).map((one): [string, string] => [
      name,
      typeof one === 'string' ? one : JSON.stringify(one),
    ]),
  )
  return Buffer.from(new URLSearchParams(fields).toString())
}
