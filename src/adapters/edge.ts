import type { ServerResponse } from 'node:http'
import type { ApplicationCors } from '../http/application-edge.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import { beforeHeaders } from './before-headers.ts'

/** What holds for every route of an application, whatever its word is. The issuer's own endpoints see to themselves. */
export interface EdgeOptions {
  /** `auth.cors`, or that of a verifier: pages of its origins may ask and read. Preflights are answered before any guard. */
  readonly cors?: ApplicationCors | undefined
  /** What every answer carries that does not say otherwise: `auth.headers.api`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** The same for every framework. */
export interface Edge {
  /** The headers of the 204 that answers a preflight; undefined for every other request. */
  preflight(request: GuardRequest): Readonly<Record<string, string>> | undefined
  /** Puts the headers on an answer that is about to be sent. */
  dress(request: GuardRequest, answer: DressedAnswer): void
}

/** The headers of an answer, in the terms of a framework. */
export interface DressedAnswer {
  get(name: string): string | undefined
  set(name: string, value: string): void
}

/** What a router finds may differ from path to path; what a page may ask by is left to the routes. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** What the application names in these stays beside what we name. */
const LISTS: ReadonlySet<string> = new Set(['Vary', 'Access-Control-Expose-Headers'])

/** Undefined where nothing was asked for, so that it costs nothing. */
export function createEdge({ cors, headers }: EdgeOptions): Edge | undefined {
  if (cors === undefined && headers === undefined) return undefined
  const always = Object.entries(headers ?? {})
  return {
    preflight(request) {
      const answer = cors?.preflight(corsRequestOf(request), METHODS)
      return answer && Object.fromEntries([...always, ...answer.headers])
    },
    dress(request, answer) {
      for (const [name, value] of always) if (answer.get(name) === undefined) answer.set(name, value)
      for (const [name, value] of Object.entries(cors?.headers(corsRequestOf(request)) ?? {})) {
        answer.set(name, LISTS.has(name) ? withFields(answer.get(name), value) : value)
      }
    },
  }
}

/** The same for an answer of Node's, whoever sends it. */
export function dressResponse(edge: Edge, request: GuardRequest, response: ServerResponse): void {
  beforeHeaders(response, () =>
    edge.dress(request, {
      get: (name) => response.getHeader(name)?.toString(),
      set: (name, value) => void response.setHeader(name, value),
    }),
  )
}

function corsRequestOf(request: GuardRequest) {
  return {
    method: request.method,
    headers: {
      get: (name: string) => request.header(name) ?? null,
      has: (name: string) => request.header(name) !== undefined,
    },
  }
}

/** A list of field names (RFC 9110 section 5.6.1) that names these too, each once in whatever case. */
export function withFields(list: string | undefined, fields: string): string {
  const named = (list ?? '').split(',').flatMap((name) => name.trim() || [])
  const known = new Set(named.map((name) => name.toLowerCase()))
  const more = fields.split(', ').filter((name) => !known.has(name.toLowerCase()))
  return [...named, ...more].join(', ')
}
