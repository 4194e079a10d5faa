import type { HeaderValues } from './headers.ts'

/**
 * Cross-origin requests (the Fetch standard, section 3.2), for an allow-list of origins. No star, nothing reflected that
 * is not on the list, and `null`, which any sandboxed page can be, never.
 */
export interface Cors {
  /** Whether it is a preflight: it carries no credential and has to be answered before any guard looks. */
  isPreflight(request: CorsRequest): boolean
  /**
   * The headers of the answer to a preflight, for a path that takes these methods, and the request headers that we read;
   * with `allHeaders` whatever else the page asks for: those of an application are its own.
   */
  preflightHeaders(request: CorsRequest, methods: readonly string[], allHeaders?: boolean): HeaderValues
  /** The headers of every other answer. */
  headers(request: CorsRequest): HeaderValues
}

/** What is looked at: a web-standard request has it. */
export interface CorsRequest {
  readonly method: string
  readonly headers: Pick<Headers, 'get' | 'has'>
}

const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'X-API-Key',
  'X-CSRF-Token',
  'DPoP',
]
/** What a page's script may read of an answer, beside what it always may. */
const ANSWER_HEADERS = ['WWW-Authenticate', 'Retry-After', 'RateLimit', 'RateLimit-Policy', 'Date']
const PREFLIGHT_SECONDS = 600

export function createCors(origins: readonly string[]): Cors {
  const allowed = new Set(origins)
  /** Caches keep one answer for each origin, also where the answer is no. */
  const vary: HeaderValues = allowed.size === 0 ? {} : { Vary: 'Origin' }

  const headers = (request: CorsRequest): HeaderValues => {
    const origin = request.headers.get('origin')
    if (origin === null || !allowed.has(origin)) return vary
    return {
      ...vary,
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Expose-Headers': ANSWER_HEADERS.join(', '),
    }
  }
  return {
    isPreflight: ({ method, headers: sent }) =>
      method === 'OPTIONS' && sent.has('origin') && sent.has('access-control-request-method'),
    preflightHeaders(request, methods, allHeaders = false) {
      const shared = headers(request)
      if (shared['Access-Control-Allow-Origin'] === undefined) return shared
      return {
        ...shared,
        'Access-Control-Allow-Methods': methods.join(', '),
        'Access-Control-Allow-Headers': [...REQUEST_HEADERS, ...(allHeaders ? askedFor(request) : [])].join(
          ', ',
        ),
        'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
      }
    },
    headers,
  }
}

const KNOWN = new Set(REQUEST_HEADERS.map((name) => name.toLowerCase()))

/** The header names of a preflight that we do not know, as far as they are names (RFC 9110 section 5.6.2). */
function askedFor({ headers }: CorsRequest): string[] {
  const names = (headers.get('access-control-request-headers') ?? '').split(',').map((name) => name.trim())
  return names.filter((name) => /^[\w!#$%&'*+.^`|~-]{1,100}$/.test(name) && !KNOWN.has(name.toLowerCase()))
}
