import type { Refusal } from '../errors/refusal.ts'
import type { HeaderValues } from './headers.ts'

/**
 * The answer of an endpoint as it is sent, whatever sends it. Plain values: a web-standard Response costs a server more
 * to make, to add headers to and to read again than a refresh token costs to turn.
 */
export interface Reply {
  readonly status: number
  readonly headers: HeaderValues
  /** Null where there is none: 204, 304, and what answers HEAD. */
  readonly body: string | ReadableStream<Uint8Array> | null
  /** Values of Set-Cookie, the one header that may stand several times (RFC 6265 section 3). */
  readonly cookies?: readonly string[]
  /** Why it is a no, where a client is told so by a redirect: for the log. */
  readonly refusal?: Refusal
}

/** The headers of all of these; of a name that stands in several, in whatever case, the last counts. */
export function joinHeaders(...all: readonly HeaderValues[]): HeaderValues {
  const joined: Record<string, string> = {}
  for (const headers of all) {
    for (const name in headers) joined[name.toLowerCase()] = headers[name] as string
  }
  return joined
}

export function toResponse({ status, headers, body, cookies = [] }: Reply): Response {
  const response = new Response(body, { status, headers: { ...headers } })
  for (const cookie of cookies) response.headers.append('set-cookie', cookie)
  return response
}
