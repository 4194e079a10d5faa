import type { HttpResponse, Jwk } from '../../doctor/evidence.ts'
import { parseForeignJson } from '../../doctor/foreign-json.ts'
import { clipped } from '../../doctor/words.ts'
import { isPlainName } from '../named-file.ts'
import { NoVerdict } from '../no-verdict.ts'

const LIMIT_MILLISECONDS = 10_000
/** API documents of large services have some MiB. */
const LARGEST_BYTES = 16 * 1024 * 1024

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What came of a request. */
export interface Answered {
  readonly response?: HttpResponse
  /** Why there is no answer, or why it is not whole; for people. */
  readonly failure?: string
  /** The other side was reached, and is none that a client may trust, or none that speaks TLS. */
  readonly isTlsFailure?: boolean
}

/** One request: no redirect is followed, and neither time nor size is without limit. Never rejects. */
export async function ask(url: string, { method = 'GET', headers = {} }: Asked = {}): Promise<Answered> {
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(LIMIT_MILLISECONDS),
    })
    const body = await readBounded(response)
    const seen = { status: response.status, headers: [...response.headers] }
    if (body === undefined)
      return { response: seen, failure: `more than ${LARGEST_BYTES / 1024 / 1024} MiB are not read` }
    return { response: { ...seen, body } }
  } catch (error) {
    return failureOf(error)
  }
}

/** Undefined where there is more than is read. */
async function readBounded(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > LARGEST_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens at that port',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'no way leads to that machine',
  ENETUNREACH: 'no way leads to that network',
  ENOTFOUND: 'DNS does not know that name',
  EAI_AGAIN: 'DNS does not answer',
  UND_ERR_SOCKET: 'the connection was cut',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time: a firewall, or no machine at that address',
}

const TLS_REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet, or the clock of this machine is behind',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself, and not trusted here',
  SELF_SIGNED_CERT_IN_CHAIN: 'the root of its certificate is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'it sends its certificate without those between it and the root',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the root of its certificate is not trusted here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it speaks no TLS: try http',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it speaks no TLS: try http',
}

function failureOf(error: unknown): Answered {
  const { name, cause } = (error ?? {}) as { name?: string; cause?: { code?: string; message?: string } }
  if (name === 'TimeoutError') return { failure: `no answer within ${LIMIT_MILLISECONDS / 1000} s` }
  const { code = '', message = 'no reason given' } = cause ?? {}
  const ofTls = TLS_REASONS[code]
  if (ofTls !== undefined) return { failure: `${code}: ${ofTls}`, isTlsFailure: true }
  const known = REASONS[code]
  return { failure: known === undefined ? clipped(message) : `${code}: ${known}` }
}

export function jsonOf(
  response: Pick<HttpResponse, 'body'> | undefined,
): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseForeignJson(response?.body ?? '')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** The keys of a key set, or the one key that stands there alone (RFC 7517). */
export function keySetOf(value: Readonly<Record<string, unknown>> | undefined): readonly Jwk[] | undefined {
  const keys = value?.keys ?? (value?.kty === undefined ? undefined : [value])
  if (!Array.isArray(keys)) return undefined
  return keys.filter((key): key is Jwk => typeof key === 'object' && key !== null)
}

/** An address to ask. It is repeated to nobody where it may hold a credential. */
export function urlOf(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new NoVerdict(`${isPlainName(text) ? text : 'What was given'} is no http or https address`)
  if (url.username !== '' || url.password !== '')
    throw new NoVerdict('The address holds a user name or password: leave them out, nothing here needs them.')
  return url
}
