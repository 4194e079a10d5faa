import type { Cors, CorsRequest } from './cors.ts'
import { apiHeaders, type HeaderOptions, type PolicyDirectives, pageHeaders } from './headers.ts'

/**
 * CORS for the routes of an application, by the rules of our own endpoints. With an adapter:
 * `protect(app, auth, { cors: auth.cors })`.
 */
export interface ApplicationCors {
  /**
   * The answer to a preflight for a path that takes these methods; undefined for every other request. Ask before any
   * guard: a preflight carries no credential.
   */
  preflight(request: CorsRequest, methods: readonly string[]): Response | undefined
  /** What every other answer to the request has to carry, a refusal too. */
  headers(request: CorsRequest): Readonly<Record<string, string>>
}

/**
 * The security headers of our own answers, for those of an application. With an adapter:
 * `protect(app, auth, { headers: auth.headers.api })`.
 */
export interface ApplicationHeaders {
  /**
   * For data: no sniffing, no referrer, HSTS where it is reached over https, and a policy by which nothing runs or
   * frames it.
   */
  readonly api: Readonly<Record<string, string>>
  /**
   * For a page: nothing inline, nothing from elsewhere, never framed. `more` adds sources to a directive:
   * `{ 'img-src': ['https://images.example.com'] }`.
   */
  page(more?: PolicyDirectives): Readonly<Record<string, string>>
}

export function applicationCors(cors: Cors): ApplicationCors {
  return {
    preflight(request, methods) {
      if (!cors.isPreflight(request)) return undefined
      return new Response(null, {
        status: 204,
        headers: { ...cors.preflightHeaders(request, methods, true) },
      })
    },
    headers: cors.headers,
  }
}

export function applicationHeaders(options: HeaderOptions): ApplicationHeaders {
  return {
    api: Object.freeze(apiHeaders(options)),
    page: (more) => pageHeaders(options, more),
  }
}
