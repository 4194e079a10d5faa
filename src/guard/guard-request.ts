import type { GuardRequest } from '../model/guard-request.ts'
import type { HttpRequest } from '../model/http-request.ts'

/** The bit by which small letters differ from large ones in ASCII. */
const LOWER_CASE = 0x20

const NO_PARAMS: GuardRequest['params'] = Object.freeze({})

/** What only the adapter knows of a request. */
export interface RequestFacts {
  /** The client's address. Taken from the connection, or from a proxy that is trusted; never guessed. */
  readonly address?: string | undefined
  /** The variable parts of the path, for rules. */
  readonly params?: GuardRequest['params'] | undefined
}

/** A web-standard request as a guard sees it. */
export function guardRequestOf(
  request: HttpRequest,
  { address, params = NO_PARAMS }: RequestFacts = {},
): GuardRequest {
  const { method, url } = request
  const path = url.indexOf('/', url.indexOf('://') + 3)
  return {
    method,
    target: path === -1 ? '/' : url.slice(path),
    params,
    address,
    header: (name) => request.headers.get(name) ?? undefined,
  }
}

/** The part of Node's IncomingMessage that a guard looks at. */
export interface RawRequest {
  /** Set by Node where an `upgrade` listener gets the request instead of an ordinary one. */
  readonly upgrade?: boolean | undefined
  readonly socket?: { readonly remoteAddress?: string | undefined } | undefined
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly rawHeaders: readonly string[]
}

/**
 * One of Node's requests as a guard sees it. Headers are read as they came over the wire: `request.headers` shows only
 * the first of two Authorization fields, and which of the two counts must not be a guess.
 */
export class RawGuardRequest implements GuardRequest {
  readonly raw: RawRequest

  constructor(raw: RawRequest) {
    this.raw = raw
  }

  get method(): string {
    return this.raw.method ?? 'GET'
  }
  get target(): string {
    return this.raw.url ?? '/'
  }
  get params(): GuardRequest['params'] {
    return NO_PARAMS
  }
  get opensSocket(): boolean {
    return this.raw.upgrade === true
  }
  get address(): string | undefined {
    return this.raw.socket?.remoteAddress
  }

  header(name: string): string | undefined {
    return findHeader(this.raw.rawHeaders, name)
  }
}

/** A header by its lower-case name, among names and values in turn as they came; the values of one that came twice. */
export function findHeader(rawHeaders: readonly string[], name: string): string | undefined {
  const first = name.charCodeAt(0)
  let found: string | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const sent = rawHeaders[at] as string
    if (sent.length !== name.length || (sent.charCodeAt(0) | LOWER_CASE) !== first) continue
    if (sent.toLowerCase() !== name) continue
    const value = rawHeaders[at + 1] as string
    // HTTP/2 lets browsers send each cookie by itself, and one header is meant (RFC 9113 section 8.2.3).
    found = found === undefined ? value : `${found}${name === 'cookie' ? '; ' : ', '}${value}`
  }
  return found
}

/** A request of which the caller says that it opens a WebSocket. */
export function socketRequestOf(request: Request | RawRequest): GuardRequest {
  return request instanceof Request ? { ...guardRequestOf(request), opensSocket: true } : new Opening(request)
}

class Opening extends RawGuardRequest {
  override get opensSocket(): true {
    return true
  }
}
