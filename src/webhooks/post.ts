import { isIP } from 'node:net'
import { requesterFor } from '../base/node-http.ts'
import { isPublicAddress, lookUpPublic } from '../base/public-address.ts'

export interface PostOptions {
  /** Whether this machine and private networks may be reached. */
  readonly anywhere: boolean
  readonly limitMilliseconds?: number
}

const LIMIT_MILLISECONDS = 15_000

/**
 * Sends a body to a configured URL and answers with the status. Follows no redirect, reads nothing of the answer, and
 * connects to public addresses alone unless told otherwise. Rejects with what went wrong, in words without the URL.
 */
export function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  { anywhere, limitMilliseconds = LIMIT_MILLISECONDS }: PostOptions,
): Promise<number> {
  const { protocol, hostname } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  // An address in the place of a name is never looked up.
  if (!anywhere && isIP(host) !== 0 && !isPublicAddress(host)) {
    return Promise.reject(new Error('the URL leads to a private address'))
  }
  const send = requesterFor(protocol)
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      // A connection of its own each time: one that was opened to another address is not used again.
      agent: false,
      signal: AbortSignal.timeout(limitMilliseconds),
      ...(!anywhere && { lookup: lookUpPublic }),
    })
    request.on('error', (error) => {
      reject(
        error.name === 'TimeoutError' || error.name === 'AbortError' ? new Error('no answer in time') : error,
      )
    })
    // Without this nobody is told of such an answer, and the sender would wait for ever.
    request.on('upgrade', (_, socket) => {
      socket.destroy()
      reject(new Error('another protocol, which is not spoken'))
    })
    request.on('response', (response) => {
      response.destroy()
      resolve(response.statusCode ?? 0)
    })
    request.end(body)
  })
}
