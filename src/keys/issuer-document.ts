import { type JsonObject, parseStrictJson } from '../base/strict-json.ts'
import { isThisMachine } from '../base/this-machine.ts'
import { AuthError } from '../errors/auth-error.ts'

/** How documents of an issuer are fetched. Handed in, so that a test can be the network. */
export interface DocumentReader {
  readonly fetch: typeof fetch
  /** Of one document, or several that belong together. */
  readonly signal: AbortSignal
}

/** A JSON document of an issuer. */
export interface IssuerDocument {
  readonly content: JsonObject
  /** How long the issuer says it may be kept, if it says so. */
  readonly maxAgeSeconds: number | undefined
}

const MOST_BYTES = 1024 * 1024

/** Key sets hold certificate chains and what else their authors thought of. */
const DEPTH = 16

/**
 * Fetches a document from an issuer: from an address that `isSafeAddress` takes, without following redirects, at most
 * 1 MiB, JSON without doubled members. Does not check that it is the document that was wanted. Throws AuthError
 * `JWKS_UNREACHABLE`.
 */
export async function fetchDocument(
  address: string,
  { fetch, signal }: DocumentReader,
): Promise<IssuerDocument> {
  const failed = (why: string, cause?: unknown): AuthError =>
    new AuthError('JWKS_UNREACHABLE', { details: { address, why }, cause })
  if (!isSafeAddress(address)) throw failed('only https is taken, and http from loopback')

  try {
    const response = await fetch(address, {
      headers: { accept: 'application/json' },
      // Not `error`, which workers do not know: a redirect is an answer that is not 200.
      redirect: 'manual',
      signal,
    })
    if (response.status !== 200) {
      // Nobody waits for it to be over.
      response.body?.cancel().catch(() => undefined)
      throw failed(`status ${response.status}`)
    }
    const bytes = await readBytes(response)
    if (bytes === undefined) throw failed(`longer than ${MOST_BYTES} bytes`)
    const content = parseStrictJson(bytes, DEPTH)
    if (typeof content === 'string') throw failed(content)
    return { content, maxAgeSeconds: readMaxAge(response.headers.get('cache-control')) }
  } catch (error) {
    if (error instanceof AuthError) throw error
    throw failed(signal.aborted ? 'took too long' : `no answer${codeOf(error)}`, error)
  }
}

/** An address that nobody on the way can answer for: https, or this very machine. */
export function isSafeAddress(address: string): boolean {
  const url = URL.parse(address)
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isThisMachine(url.hostname))
}

async function readBytes({ body }: Response): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body ?? []) {
    length += part.byteLength
    // Leaving the loop lets go of the connection.
    if (length > MOST_BYTES) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Of what the network said, for `fetch` says of all of it that it failed: ECONNREFUSED, ENOTFOUND, CERT_HAS_EXPIRED. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause ? ` (${cause.code})` : ''
}

/** `max-age` of Cache-Control (RFC 9111 section 5.2.2.1). */
function readMaxAge(cacheControl: string | null): number | undefined {
  const seconds = /(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,])/i.exec(cacheControl ?? '')?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}
