import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AuthError } from '../errors/auth-error.ts'
import { Refusal } from '../errors/refusal.ts'
import type { TokenBounds } from '../grants/own-token.ts'
import type { Gate } from '../guard/gate.ts'
import { FIRST_PARTY } from '../model/client.ts'
import type { Principal } from '../model/principal.ts'

/** What makes the tokens, and refuses: an `Auth`. */
export interface TokenSource {
  readonly gate: Pick<Gate, 'refuse'>
  readonly tokens: {
    issue(token: {
      readonly userId: string
      readonly scopes?: readonly never[]
      readonly lifetimeSeconds?: number
      readonly within?: TokenBounds
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
  /** That of the connection, for the log. */
  readonly address?: string | undefined
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
/** What some shared caches believe before `Cache-Control` (RFC 9213). */
const OF_SHARED_CACHES = [
  'cdn-cache-control',
  'cloudflare-cdn-cache-control',
  'surrogate-control',
  'x-accel-expires',
]

/**
 * What a guard, a router and an API behind could read as different paths (rule G-2): a backslash, dots that lead
 * elsewhere (also before a `;`), an encoded slash or backslash, and encoded characters that need no encoding (RFC 3986
 * section 2.3), with which `%61dmin` is `admin` to some and not to others.
 */
const AMBIGUOUS = /\\|\/\.{1,2}(?:[/;]|$)|%(?:2[def]|3\d|[46][1-9a-f]|5[\dacf]|7[\dae])/i

/**
 * The back end for a front end: hands a request on to an API behind, with an access token of a minute in the place of the
 * browser's cookie. The guard of the route has looked at it before, and its access word says who may. Only a person at a front end of
 * our own is handed on, by a session of a browser or a token of the built-in client: an API key, a password in every
 * request, a client or a credential of the application's own was never given what such a token opens. The token holds no
 * more than the principal does, and ends with its session. Not checked: what the API answers.
 */
export function createForward(auth: TokenSource, options: ForwardOptions): Forward {
  const { to, strip = '', timeoutMilliseconds = TIMEOUT_MILLISECONDS, fetch: send = fetch } = options
  const base = new URL(to)
  const basePath = base.pathname.replace(/\/$/, '')

  return async (asked, principal) => {
    const { method, target, headers, body, signal } = asked
    if (!isAtOwnFrontEnd(principal)) {
      const { via, clientId } = principal
      return refuse(asked, new Refusal('VIA_NOT_ALLOWED', { details: { via, clientId } }))
    }
    const url = addressOf(target)
    if (url === undefined) return problem(404, 'Not Found')
    const token = { userId: principal.id, lifetimeSeconds: TOKEN_LIFE_SECONDS, within: principal }
    const issued = await auth.tokens.issue(token).catch(refusalOf)
    if (issued instanceof Refusal) return refuse(asked, issued)
    const forwarded = without(headers, [...OF_THE_CONNECTION, ...CREDENTIALS])
    forwarded.set('authorization', `Bearer ${issued.access_token}`)
    // Until the answer begins: a long one goes on for as long as the browser takes it.
    const slow = new AbortController()
    const timer = setTimeout(() => slow.abort(), timeoutMilliseconds)
    try {
      const answer = await send(url, {
        method,
        headers: forwarded,
        body: method === 'GET' || method === 'HEAD' ? null : body,
        // An API that redirects is followed by the browser or by nobody: the token is for this origin.
        redirect: 'manual',
        signal: signal === undefined ? slow.signal : AbortSignal.any([signal, slow.signal]),
        duplex: 'half',
      } as RequestInit)
      return new Response(answer.body, {
        status: answer.status,
        headers: forOnePerson(without(answer.headers, [...OF_THE_ANSWER, ...OF_SHARED_CACHES])),
      })
    } catch {
      return slow.signal.aborted ? problem(504, 'Gateway Timeout') : problem(502, 'Bad Gateway')
    } finally {
      clearTimeout(timer)
    }
  }

  function refuse({ method, target, headers, address }: ToForward, refusal: Refusal): Response {
    const header = (name: string): string | undefined => headers.get(name) ?? undefined
    return auth.gate.refuse(refusal, { method, target, address, params: {}, header }).toResponse()
  }

  /** Undefined for what would leave the API's own path, or be another one than the guard has looked at. */
  function addressOf(target: string): URL | undefined {
    const [path = '', ...query] = target.split('?')
    if (!path.startsWith(`${strip}/`) || AMBIGUOUS.test(path)) return undefined
    const url = new URL(base)
    const wanted = basePath + path.slice(strip.length)
    url.pathname = wanted
    url.search = query.join('?')
    return url.origin === base.origin && url.pathname === wanted ? url : undefined
  }
}

/** Of an account that was disabled since the guard let it in. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof AuthError) return error.refusal
  throw error
}

function isAtOwnFrontEnd({ kind, via, clientId }: Principal): boolean {
  return kind === 'user' && (via === 'session' || (via === 'bearer' && clientId === FIRST_PARTY))
}

/**
 * Shared caches tell answers apart by `Authorization` (RFC 9111 section 3.5), and not by a cookie. What the API allows the
 * browser's own cache stays, where it says so.
 */
function forOnePerson(headers: Headers): Headers {
  const said = headers.get('cache-control') ?? ''
  // A quoted text may name fields of which alone it speaks (section 5.2.2.7).
  const words = said.includes('"') ? [] : said.split(',').map((word) => word.trim())
  const isClosed = words.some((word) => /^(?:private|no-store)$/i.test(word))
  const kept = words.filter((word) => !/^(?:public|s-maxage)\b/i.test(word))
  headers.set('cache-control', isClosed ? kept.join(', ') : 'private, no-store')
  return headers
}

function without(headers: Headers, names: readonly string[]): Headers {
  const listed = headers.get('connection')?.split(',') ?? []
  const kept = new Headers(headers)
  for (const name of [...names, ...listed.map((word) => word.trim())]) if (name !== '') kept.delete(name)
  return kept
}

function problem(status: number, title: string): Response {
  const body = JSON.stringify({ type: 'about:blank', title, status })
  const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' }
  return new Response(body, { status, headers })
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
  const address = request.socket.remoteAddress
  return { method: request.method ?? 'GET', target, headers, body, address, signal: controller.signal }
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
