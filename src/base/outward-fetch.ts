import { isIP } from 'node:net'
import { requesterFor } from './node-http.ts'
import { isPublicAddress, lookUpPublic } from './public-address.ts'
import { isThisMachine } from './this-machine.ts'

export interface OutwardFetchOptions {
  /** Whether this machine and private networks may be reached, and this machine by http. */
  readonly anywhere: boolean
  /** Of the whole exchange, from the look-up of the name to the last byte. */
  readonly limitMilliseconds?: number
  /** Of an answer. */
  readonly mostBytes?: number
}

/** What is sent; as `fetch` takes it, as far as it is needed here. */
export interface OutwardRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | URLSearchParams | null | undefined
}

export type OutwardFetch = (url: string, request?: OutwardRequest) => Promise<Response>

const LIMIT_MILLISECONDS = 5000
const MOST_BYTES = 1024 * 1024

/**
 * Asks a server that a configuration or another server has named (rule D5): by https, at public addresses alone unless
 * told otherwise, without following redirects, within a time and up to a size. The answer is all there when it is handed
 * on. Rejects with what went wrong, in words without the URL, which may hold a secret.
 */
export function createOutwardFetch({
  anywhere,
  limitMilliseconds = LIMIT_MILLISECONDS,
  mostBytes = MOST_BYTES,
}: OutwardFetchOptions): OutwardFetch {
  return async (address, { method = 'GET', headers = {}, body } = {}) => {
    const url = placeOf(address, anywhere)
    const content = body === undefined || body === null ? undefined : String(body)
    const send = requesterFor(url.protocol)
    const signal = AbortSignal.timeout(limitMilliseconds)
    return new Promise((resolve, reject) => {
      const failed = (error: unknown): void =>
        reject(signal.aborted ? new Error('no answer in time') : asError(error))
      const request = send(url, {
        method,
        headers: {
          'user-agent': 'Countersign',
          ...headers,
          // What is packed can be small on the way and large when it is here.
          'accept-encoding': 'identity',
          ...(content !== undefined && { 'content-length': String(Buffer.byteLength(content)) }),
        },
        // A connection of its own each time: one that was opened to another address is not used again.
        agent: false,
        signal,
        ...(!anywhere && { lookup: lookUpPublic }),
      })
      request.on('error', failed)
      request.on('upgrade', (_, socket) => {
        socket.destroy()
        reject(new Error('another protocol, which is not spoken'))
      })
      request.on('response', (response) => {
        const { statusCode = 0 } = response
        const why = whyRefused(statusCode)
        if (why !== undefined) {
          response.destroy()
          reject(new Error(why))
          return
        }
        const parts: Buffer[] = []
        let length = 0
        response.on('error', failed)
        response.on('data', (part: Buffer) => {
          length += part.length
          if (length <= mostBytes) parts.push(part)
          else response.destroy(new Error(`longer than ${mostBytes} bytes`))
        })
        response.on('end', () => resolve(toResponse(statusCode, response.headers, Buffer.concat(parts))))
      })
      request.end(content)
    })
  }
}

/** Where it leads, as far as the text of the address tells. */
function placeOf(address: string, anywhere: boolean): URL {
  const url = URL.parse(address)
  if (url === null || url.username + url.password !== '') throw new Error('no URL that is asked')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (url.protocol !== 'https:' && !(anywhere && isThisMachine(host) && url.protocol === 'http:')) {
    throw new Error('only https is asked')
  }
  // An address in the place of a name is never looked up.
  if (!anywhere && isIP(host) !== 0 && !isPublicAddress(host)) {
    throw new Error('the URL leads to a private address')
  }
  return url
}

function whyRefused(status: number): string | undefined {
  if (status >= 300 && status < 400) return 'a redirect, which is not followed'
  // Anything with three digits can arrive, and a Response does not hold all of it.
  return status >= 200 && status < 600 ? undefined : `status ${status}, which is none`
}

const WITHOUT_BODY: readonly number[] = [204, 205, 304]

function toResponse(status: number, headers: NodeJS.Dict<string | string[]>, body: Buffer): Response {
  const content = WITHOUT_BODY.includes(status) ? null : new Uint8Array(body)
  const pairs = Object.entries(headers).flatMap(([name, value = []]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  )
  return new Response(content, { status, headers: pairs })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('no answer')
}
