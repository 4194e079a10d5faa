import type { HttpResponse, Jwk } from '../../doctor/evidence.ts'
import { parseForeignJson } from '../../doctor/foreign-json.ts'
import { isPlainName } from '../named-file.ts'
import { NoVerdict } from '../no-verdict.ts'

const LIMIT_MILLISECONDS = 5000
const LARGEST_BYTES = 1024 * 1024

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** One request: no redirect is followed, and neither time nor size is without limit. Undefined: no answer. */
export async function ask(
  url: string,
  { method = 'GET', headers = {} }: Asked = {},
): Promise<HttpResponse | undefined> {
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(LIMIT_MILLISECONDS),
    })
    const body = await readBounded(response)
    return { status: response.status, headers: [...response.headers], body }
  } catch {
    return undefined
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > LARGEST_BYTES) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
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
