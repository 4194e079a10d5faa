import type { Auth } from '../auth.ts'
import type { GuardRequest } from '../model/guard-request.ts'

/** What holds for every route of an application, whatever its word is. The issuer's own endpoints see to themselves. */
export interface EdgeOptions {
  /** `auth.cors`: pages of the origins in `CORS_ORIGINS` may ask and read. Preflights are answered before any guard. */
  readonly cors?: Auth['cors'] | undefined
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
  has(name: string): boolean
  set(name: string, value: string): void
  /** `Vary` of others stays. */
  vary(field: string): void
}

/** What a router finds may differ from path to path; what a page may ask by is left to the routes. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

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
      for (const [name, value] of always) if (!answer.has(name)) answer.set(name, value)
      if (cors === undefined) return
      const { Vary: vary, ...shared } = cors.headers(corsRequestOf(request))
      if (vary !== undefined) answer.vary(vary)
      for (const [name, value] of Object.entries(shared)) answer.set(name, value)
    },
  }
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

/** Whether a `Vary` names a field already (RFC 9110 section 12.5.5). */
export function namesField(vary: string, field: string): boolean {
  return vary.split(',').some((name) => name.trim().toLowerCase() === field.toLowerCase())
}
