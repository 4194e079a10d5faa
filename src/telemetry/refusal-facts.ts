import { createHash } from 'node:crypto'
import { traceIdOf } from '../base/trace-parent.ts'
import type { Refusal } from '../errors/refusal.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import type { RefusalRecord } from '../store/refusals.ts'

/** What only the place of the refusal knows. */
export interface RefusedAt {
  readonly reference: string
  readonly method: string
  /** Without its query, which may hold secrets. */
  readonly path: string
  /** The client's address as resolved. */
  readonly address: string | undefined
  readonly status: number
  /** The request itself, for what it carried. */
  readonly request?: Pick<GuardRequest, 'header' | 'address'> | undefined
}

/** What does not change while the process runs. */
export interface NodeFacts {
  /** Name of this node in the events. */
  readonly node: string
  /** Unix seconds. */
  readonly startedAt: number
  /** Fingerprint of the configuration. */
  readonly config: string
  /** Fingerprint of the secret or key list that this node reads. */
  readonly key: string
}

type Facts = Record<string, string | number | boolean | readonly string[]>

/** Headers whose presence says something about the way of a request. Their names are kept, never their values. */
const TELLING_HEADERS = [
  'authorization',
  'cookie',
  'dpop',
  'x-api-key',
  'x-auth-token',
  'x-access-token',
  'proxy-authorization',
  'origin',
  'content-type',
  'upgrade',
  'sec-websocket-protocol',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'via',
]

const LONGEST_TOKEN = 8192
const LONGEST_VALUE = 160
const MOST_DETAILS = 12

/**
 * One bounded record of a refusal. What it says of a token is what the token says of itself: not proven. Credentials are
 * kept as fingerprints only, which find a credential again and do not give it away: each has at least 128 random bits.
 */
export function describeRefusal(
  refusal: Refusal,
  at: RefusedAt,
  { node, startedAt, config, key }: NodeFacts,
  nowMilliseconds: number,
): RefusalRecord {
  const facts: Facts = {
    route: plain(`${at.method} ${at.path}`),
    status: at.status,
    config_fp: config,
    key_fp: key,
    node_started_at: startedAt,
  }
  if (at.address !== undefined) facts.address = plain(at.address)
  const { request } = at
  if (request !== undefined) {
    const { address } = request
    if (address !== undefined && address !== at.address) facts.peer = plain(address)
    const forwarded = request.header('x-forwarded-for')
    if (forwarded !== undefined) facts.forwarded_for = plain(forwarded)
    const trace = traceIdOf(request.header('traceparent'))
    if (trace !== undefined) facts.trace_id = trace
    facts.headers = TELLING_HEADERS.filter((name) => request.header(name) !== undefined)
    addCredential(facts, request, nowMilliseconds / 1000)
  }
  for (const [name, value] of Object.entries(refusal.details).slice(0, MOST_DETAILS)) {
    facts[`detail_${name}`] =
      typeof value === 'string' ? plain(value) : Array.isArray(value) ? value.slice(0, 5).map(plain) : value
  }
  return { reference: at.reference, at: nowMilliseconds, code: refusal.code, node, facts }
}

function addCredential(facts: Facts, request: Pick<GuardRequest, 'header'>, nowSeconds: number): void {
  const value = request.header('authorization')
  if (value === undefined) {
    if (request.header('x-api-key') !== undefined) facts.credential = 'api_key'
    else if (request.header('cookie') !== undefined) facts.credential = 'cookie'
    return
  }
  const space = value.indexOf(' ')
  const scheme = space === -1 ? '' : value.slice(0, space)
  const text = space === -1 ? value : value.slice(space + 1)
  // A person chose what Basic carries, so its hash could be guessed.
  if (/^basic$/i.test(scheme)) {
    facts.credential = 'basic'
    return
  }
  facts.credential = text.startsWith('cs_') ? 'api_key' : text.includes('.') ? 'access_token' : 'other'
  if (text.length < 20 || text.length > LONGEST_TOKEN) return
  facts.credential_fp = createHash('sha256').update(text).digest('hex').slice(0, 12)
  if (facts.credential === 'access_token') addClaims(facts, text, nowSeconds)
}

function addClaims(facts: Facts, text: string, nowSeconds: number): void {
  const [head = '', body = ''] = text.split('.', 3)
  const { alg, kid, typ } = membersOf(head)
  const { iss, aud, exp, iat, jti, sid, sub, client_id: client } = membersOf(body)
  for (const [name, value] of Object.entries({ alg, kid, typ, iss, jti, sid, user: sub, client })) {
    if (typeof value === 'string') facts[name] = plain(value)
  }
  if (typeof aud === 'string') facts.aud = plain(aud)
  else if (Array.isArray(aud))
    facts.aud = aud.slice(0, 5).map((name) => plain(typeof name === 'string' ? name : typeof name))
  for (const [name, value] of Object.entries({ exp, iat })) if (typeof value === 'number') facts[name] = value
  if (typeof exp === 'number') facts.seconds_left = Math.round(exp - nowSeconds)
}

function membersOf(part: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Short, and without characters that a terminal or a log obeys (rule G-7). */
function plain(text: string): string {
  return text.slice(0, LONGEST_VALUE).replaceAll(/[^\x20-\x7e]/g, '?')
}
