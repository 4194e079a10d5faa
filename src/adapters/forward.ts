import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Principal } from '../model/principal.ts'

/** What makes the tokens: an `Auth`. */
export interface TokenSource {
  readonly tokens: {
    issue(token: {
      readonly userId: string
      readonly scopes?: readonly never[]
      readonly lifetimeSeconds?: number
    }): Promise<{ readonly access_token: string }>
  }
}

export interface ForwardOptions {
  /** The API behind: `https://orders.internal/v1`. What is asked for is added to its path, and never leaves it. */
  readonly to: string
  /** Taken off the front of the path first: `/api`. */
  readonly strip?: string
  /** How long the API may take to begin its answer; 30 s unless said otherwise. */
  readonly timeoutMilliseconds?: number
  /** For tests. */
  readonly fetch?: typeof fetch
}

type Body = NonNullable<RequestInit['body']>

/** A request that was let in, as plain values. */
export interface ToForward {
  readonly method: string
  /** Path and query as they came. */
  readonly target: string
  readonly headers: Headers
  readonly body: Body | null
  readonly signal?: AbortSignal
}

export type Forward = (request: ToForward, principal: Principal) => Promise<Response>

/** Long enough for the way to the API, and of no use to anybody afterwards. */
const TOKEN_LIFE_SECONDS = 60
const TIMEOUT_MILLISECONDS = 30_000

/** Of one connection only (RFC 9110 section 7.6.1), and what is written anew. */
const OF_THE_CONNECTION = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]
/** The browser's credentials stay here: the API gets a token in their place. */
const CREDENTIALS = ['authorization', 'cookie', 'x-api-key', 'x-csrf-token', 'dpop']
/** The body comes unpacked, and the API behind sets no cookies of ours. */
const OF_THE_ANSWER = [...OF_THE_CONNECTION, 'content-encoding', 'set-cookie']

/**
 * The back end for a front end: hands a request on to an API behind, with an access token of a minute in the place of the
 * browser's cookie. The guard of the route has looked at it before, and its access word says who may. Not checked: what
 * the API answers.
 */
export function createForward(auth: TokenSource, options: ForwardOptions): Forward {
  const { to, strip = '', timeoutMilliseconds = TIMEOUT_MILLISECONDS, fetch: send = fetch } = options
  const base = new URL(to)
  const basePath = base.pathname.replace(/\/$/, '')

  return async ({ method, target, headers, body, signal }, { kind, id, scopes }) => {
    const url = addressOf(target)
    if (url === undefined || kind !== 'user') return problem(404, 'Not Found')
    const token = { userId: id, scopes: scopes as readonly never[], lifetimeSeconds: TOKEN_LIFE_SECONDS }
    const { access_token } = await auth.tokens.issue(token)
    const forwarded = without(headers, [...OF_THE_CONNECTION, ...CREDENTIALS])
    forwarded.set('authorization', `Bearer ${access_token}`)
    const timeout = AbortSignal.timeout(timeoutMilliseconds)
    try {
      const answer = await send(url, {
        method,
        headers: forwarded,
        body: method === 'GET' || method === 'HEAD' ? null : body,
        // An API that redirects is followed by the browser or by nobody: the token is for this origin.
        redirect: 'manual',
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        duplex: 'half',
      } as RequestInit)
      return new Response(answer.body, {
        status: answer.status,
        headers: without(answer.headers, OF_THE_ANSWER),
      })
    } catch {
      return timeout.aborted ? problem(504, 'Gateway Timeout') : problem(502, 'Bad Gateway')
    }
  }

  /** Undefined for what would leave the API's own path. */
  function addressOf(target: string): URL | undefined {
    const [path = '', ...query] = target.split('?')
    if (!path.startsWith(`${strip}/`)) return undefined
    const url = new URL(base)
    url.pathname = basePath + path.slice(strip.length)
    url.search = query.join('?')
    return url.origin === base.origin && url.pathname.startsWith(`${basePath}/`) ? url : undefined
  }
}

function without(headers: Headers, names: readonly string[]): Headers {
  const listed = headers.get('connection')?.split(',') ?? []
  const kept = new Headers(headers)
  for (const name of [...names, ...listed.map((word) => word.trim())]) if (name !== '') kept.delete(name)
  return kept
}

function problem(status: number, title: string): Response {
  const body = JSON.stringify({ type: 'about:blank', title, status })
  return new Response(body, { status, headers: { 'content-type': 'application/problem+json' } })
}

/** A request of Node's own, whose body a parser may have read. */
export function toForward(
  request: IncomingMessage,
  response: ServerResponse,
  { target, parsed }: { readonly target: string; readonly parsed?: unknown },
): ToForward {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one)
  }
  const controller = new AbortController()
  response.once('close', () => controller.abort())
  const body =
    parsed === undefined || request.readable
      ? (Readable.toWeb(request) as ReadableStream<Uint8Array>)
      : bodyOf(parsed, headers.get('content-type') ?? '')
  return { method: request.method ?? 'GET', target, headers, body, signal: controller.signal }
}

/** What a framework's parser has made of a body, as it came. */
function bodyOf(parsed: unknown, type: string): Body {
  if (typeof parsed === 'string' || parsed instanceof Uint8Array) return parsed as Body
  return type.startsWith('application/x-www-form-urlencoded')
    ? new URLSearchParams(parsed as Record<string, string>)
    : JSON.stringify(parsed)
}

export async function sendResponse(answer: Response, response: ServerResponse): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  if (answer.body === null) response.end()
  // A browser that leaves, or an API that breaks off in the middle: both ends are closed by then.
  else await pipeline(Readable.fromWeb(answer.body as never), response).catch(() => undefined)
}
