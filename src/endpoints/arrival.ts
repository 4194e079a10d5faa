import type { Cors } from '../http/cors.ts'
import type { HeaderValues } from '../http/headers.ts'
import type { Reply } from '../http/reply.ts'
import type { HttpRequest } from '../model/http-request.ts'
import type { ServedRoute } from './route.ts'

/** What only the adapter knows of a request. */
export interface RequestInfo {
  /** Of the connection. Where proxies are trusted, the client's own is read from what they say. */
  readonly address?: string | undefined
  /** The host or address that the server listens on, where the adapter knows it. */
  readonly listensOn?: string | undefined
  /** Of a server whose root is the issuer's, and only for a request to it: where that leads. */
  readonly home?: Reply | undefined
}

/** A request on its way; the route is known once it was found, also to the answer of a refusal. */
export interface Arrival {
  readonly request: HttpRequest
  readonly info: RequestInfo
  /** The error that keeps this process from serving. */
  readonly unready: unknown
  /** The client's, where a trusted proxy tells it; else that of the connection. */
  readonly address: string | undefined
  readonly path: string
  /** Of the path, once it is known whose it is. */
  cors: Cors
  readonly reference: string
  route?: ServedRoute
  /** What any answer carries, also that of a refusal. */
  headers: HeaderValues
  /** The fields of a form of a page, read before the guard asks for the token among them. */
  form?: Readonly<Record<string, string>>
  /** Whether the guard let it in, so that what comes after is the handler's word. */
  admitted?: boolean
}

export function forwardedFor(request: HttpRequest): string | undefined {
  return request.headers.get('x-forwarded-for') ?? undefined
}
