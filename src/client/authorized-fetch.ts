import { isExpired } from './answers.ts'
import { ClientError } from './client-error.ts'
import type { HeldTokens } from './held-tokens.ts'
import { aheadOf, readObject, textOf } from './issuer-call.ts'
import type { Refresh } from './refresh.ts'
import type { Surroundings } from './surroundings.ts'
import { freshnessOf, type TokenRecord } from './token-record.ts'

export interface AuthorizedFetchParts {
  readonly surroundings: Surroundings
  readonly held: HeldTokens
  readonly refresh: Refresh
  /** Origins that are given the token. Requests to all others go out as they are. */
  readonly origins: ReadonlySet<string>
}

type Fetch = Surroundings['fetch']

/** `fetch` with the token of whoever is signed in; without one, as it is. Not checked: that the API is the right one. */
export function authorizedFetch(parts: AuthorizedFetchParts): Fetch {
  const { surroundings, held, refresh, origins } = parts

  return async (input, init) => {
    const request = isRequest(input) ? input : undefined
    const address = request?.url ?? String(input)
    if (!origins.has(originOf(address, surroundings.address()))) return surroundings.fetch(input, init)
    const headers = new Headers(init?.headers ?? request?.headers)
    if (headers.has('authorization')) return surroundings.fetch(input, init)
    const signal = init?.signal ?? request?.signal
    const record = await usableToken(parts, signal)
    if (record === undefined) return surroundings.fetch(input, init)

    const send = (from: typeof input, { access }: TokenRecord) => {
      headers.set('authorization', `Bearer ${access}`)
      return surroundings.fetch(from, { ...init, headers })
    }
    // The body of a request is read once; a second one needs a copy, taken before.
    const again = request?.clone() ?? input
    const response = await send(input, record)
    if (response.status !== 401) return response

    if (response.redirected && !origins.has(originOf(response.url, undefined))) {
      const message = 'The API redirected the request to another origin, which was given no token.'
      throw new ClientError(message, { code: 'HDR_DROPPED_ON_REDIRECT', status: 401 })
    }
    held.setAhead(aheadOf(response.headers.get('date'), surroundings.now()))
    if (!(await saysExpired(response, held.serverNow() >= record.expires))) return response
    if (held.record?.access === record.access) await patiently(refresh(record), signal)
    const successor = held.record
    if (successor === undefined || isStream(init?.body)) return response
    // Nobody waits for it to be over.
    response.body?.cancel().catch(() => undefined)
    return send(again, successor)
  }
}

/** The held token while it is good, its successor if it is not. Renews in passing what ends soon. */
export async function usableToken(
  { held, refresh }: Pick<AuthorizedFetchParts, 'held' | 'refresh'>,
  signal?: AbortSignal | null,
): Promise<TokenRecord | undefined> {
  if (held.session.status === 'loading') await patiently(held.load(), signal)
  const { record } = held
  if (record === undefined) return undefined
  const freshness = freshnessOf(record, held.serverNow())
  if (freshness === 'fresh') return record
  const refreshed = refresh(record)
  if (freshness === 'expired') await patiently(refreshed, signal)
  // It still serves, and whoever needs the next one is told what is wrong.
  else refreshed.catch(() => undefined)
  return held.record
}

/** Ends with the work, or when the caller has lost interest; the work goes on, for it is everybody's. */
function patiently<Value>(work: Promise<Value>, signal: AbortSignal | null | undefined): Promise<Value> {
  if (signal == null) return work
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}

async function saysExpired(response: Response, overdue: boolean): Promise<boolean> {
  const { status, headers } = response
  const isJson = headers.get('content-type')?.includes('json')
  const body = isJson ? readObject(await textOf(response)) : undefined
  return isExpired({ status, code: body?.code, challenge: headers.get('www-authenticate'), overdue })
}

function isRequest(input: Parameters<Fetch>[0]): input is Request {
  return typeof input === 'object' && 'headers' in input
}

/** The empty text for what is no address: `fetch` will say so. */
function originOf(address: string, base: string | undefined): string {
  try {
    return new URL(address, base).origin
  } catch {
    return ''
  }
}

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && ('getReader' in body || Symbol.asyncIterator in body)
}
