import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { findHeader } from '../guard/guard-request.ts'
import type { HttpRequest } from '../model/http-request.ts'

/** Stands where a host has to stand. What the client says of it is a header like others. */
const ORIGIN = 'http://localhost'

/**
 * The URL of a target as it came: path and query, or an absolute address (RFC 9112 section 3.2). A path is not normalised:
 * what a proxy in front has let pass by its spelling is found by that spelling or not at all. Undefined for what is neither.
 */
export function urlOf(target: string): string | undefined {
  return target.startsWith('/') ? ORIGIN + target : URL.parse(target)?.href
}

/** The path of a target as it came; the target itself where it has none, as `*`. */
export function pathOfTarget(target: string): string {
  if (!target.startsWith('/')) return URL.parse(target)?.pathname ?? target
  const end = target.search(/[?#]/)
  return end === -1 ? target : target.slice(0, end)
}

/** One of Node's requests as the issuer reads it. */
export class NodeRequest implements HttpRequest {
  readonly method: string
  readonly url: string
  readonly headers: HttpRequest['headers']
  readonly #incoming: IncomingMessage
  readonly #outgoing: ServerResponse
  readonly #read: Buffer | undefined
  #signal: AbortSignal | undefined

  /** With `body` where something before us has read it. */
  constructor(incoming: IncomingMessage, outgoing: ServerResponse, url: string, body?: Buffer) {
    this.method = incoming.method ?? 'GET'
    this.url = url
    this.headers = new RawHeaders(incoming.rawHeaders)
    this.#incoming = incoming
    this.#outgoing = outgoing
    this.#read = body
  }

  get signal(): AbortSignal {
    this.#signal ??= signalOf(this.#outgoing)
    return this.#signal
  }

  get body(): AsyncIterable<Uint8Array> {
    // Who stops in between leaves the connection as it is, for there is an answer to be sent.
    return this.#read === undefined
      ? this.#incoming.iterator({ destroyOnReturn: false })
      : Readable.from([this.#read])
  }

  async bytes(): Promise<Uint8Array> {
    if (this.#read !== undefined) return this.#read
    const pieces = await piecesOf(this.#incoming)
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
  }
}

class RawHeaders {
  readonly #raw: readonly string[]

  constructor(raw: readonly string[]) {
    this.#raw = raw
  }
  get(name: string): string | null {
    return findHeader(this.#raw, name) ?? null
  }
  has(name: string): boolean {
    return findHeader(this.#raw, name) !== undefined
  }
}

function signalOf(outgoing: ServerResponse): AbortSignal {
  if (outgoing.destroyed) return AbortSignal.abort()
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort())
  return gone.signal
}

function piecesOf(incoming: IncomingMessage): Promise<readonly Buffer[]> {
  return new Promise((resolve, reject) => {
    if (incoming.readableDidRead) return reject(new Error('the body was read before'))
    const pieces: Buffer[] = []
    const take = (piece: Buffer): void => void pieces.push(piece)
    /** Whoever has said all and hung up, as a page does that is left, has said it. */
    const close = (): void => {
      incoming.off('data', take)
      for (let piece = incoming.read(); piece !== null; piece = incoming.read()) take(piece)
      if (incoming.complete) resolve(pieces)
      else reject(new Error('the connection was closed'))
    }
    if (incoming.destroyed) return close()
    incoming.on('data', take)
    incoming.on('end', () => resolve(pieces))
    incoming.on('close', close)
  })
}
