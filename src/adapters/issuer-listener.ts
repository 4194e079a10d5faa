import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import type { Auth } from '../auth.ts'
import type { Reply } from '../http/reply.ts'
import { NodeRequest, urlOf } from './node-request.ts'

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
  // A promise that nobody holds: what it could reject with was answered inside.
  return (incoming, outgoing, request) => void answer(auth, incoming, outgoing, request)
}

async function answer(
  auth: Pick<Auth, 'reply'>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { path, address, body }: IssuerRequest,
): Promise<void> {
  const query = incoming.url?.indexOf('?') ?? -1
  const target = query === -1 ? path : path + incoming.url?.slice(query)
  const url = urlOf(target)
  try {
    if (url === undefined) outgoing.writeHead(400).end()
    else send(await auth.reply(new NodeRequest(incoming, outgoing, url, body), { address }), outgoing)
  } catch {
    // A header that cannot be sent, for one.
    if (outgoing.headersSent) outgoing.destroy()
    else outgoing.writeHead(500).end()
  }
  if (!incoming.complete) outgoing.once('close', () => skipRest(incoming))
}

/** A text is sent with its length, a stream piece by piece, for as long as somebody reads it. */
function send({ status, headers, body, cookies = [] }: Reply, outgoing: ServerResponse): void {
  const all = {
    ...headers,
    ...(cookies.length > 0 && { 'set-cookie': [...cookies] }),
    ...(typeof body === 'string' && { 'content-length': Buffer.byteLength(body) }),
  }
  outgoing.writeHead(status, all)
  if (body instanceof ReadableStream) {
    outgoing.flushHeaders()
    pipeline(Readable.fromWeb(body), outgoing, () => undefined)
  } else outgoing.end(body ?? undefined)
}

/** Enough to read an answer that came before all of the body was sent. */
const SKIPPED_MILLISECONDS = 500

/** Takes in what is left of a body that nobody wants, so that its sender comes to read the answer, and then cuts it off. */
function skipRest(incoming: IncomingMessage): void {
  if (incoming.complete || incoming.destroyed) return
  const late = setTimeout(() => incoming.destroy(), SKIPPED_MILLISECONDS)
  incoming.once('close', () => clearTimeout(late))
  incoming.resume()
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
