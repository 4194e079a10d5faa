import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { encodeBase64Url } from '../../src/base/base64url.ts'
import type { SigningAlgorithm } from '../../src/keys/algorithm.ts'
import { generateSigningKey, type Signer, type SigningKey } from '../../src/keys/signing-key.ts'

export type Claims = Readonly<Record<string, unknown>>
export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** An issuer on loopback: metadata and keys, which a test may change, and tokens of any shape. */
export interface StandIn {
  readonly issuer: string
  readonly key: SigningKey
  /** Documents by path; a function answers for itself. */
  readonly pages: Map<string, unknown>
  /** Paths that were asked for. */
  readonly asked: string[]
  countOf(path: string): number
  /** Publishes this set of keys from now on. */
  publish(keys: readonly unknown[]): void
  close(): Promise<void>
}

export interface StandInOptions {
  /** Behind the origin, such as `/realms/shop`, or `/` for an issuer that ends in a slash. */
  readonly path?: string
  readonly algorithm?: SigningAlgorithm
  /** Its key; a new one for the algorithm unless given. Making RSA keys takes long. */
  readonly key?: SigningKey
  /** Under which well-known name its metadata lies. */
  readonly metadata?: 'oauth-authorization-server' | 'openid-configuration'
}

export const KEYS = '/keys'

export async function standIn(options: StandInOptions = {}): Promise<StandIn> {
  const { path = '', algorithm = 'ES256', metadata = 'oauth-authorization-server' } = options
  const pages: StandIn['pages'] = new Map()
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
    asked.push(pathname)
    const page = pages.get(pathname)
    if (typeof page === 'function') return void page(request, response)
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(page === undefined ? '' : JSON.stringify(page))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = origin + path
  const key = options.key ?? generateSigningKey(algorithm)
  const bare = path === '/' ? '' : path
  const place =
    metadata === 'openid-configuration'
      ? `${bare}/.well-known/${metadata}`
      : `/.well-known/${metadata}${bare}`
  pages.set(place, { issuer, jwks_uri: origin + KEYS })
  pages.set(KEYS, { keys: [key.publicJwk] })
  return {
    issuer,
    key,
    pages,
    asked,
    countOf: (wanted) => asked.filter((one) => one === wanted).length,
    publish: (keys) => void pages.set(KEYS, { keys }),
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** A token of any shape; members that are undefined are left out. */
export function sign(key: Signer, claims: Claims, header: Claims = {}): string {
  const head = JSON.stringify({ alg: key.algorithm, typ: 'at+jwt', kid: key.kid, ...header })
  const input = `${encodeBase64Url(head)}.${encodeBase64Url(JSON.stringify(claims))}`
  return `${input}.${encodeBase64Url(key.sign(input))}`
}

export const AUDIENCE = 'https://api.example'

/** What an access token of RFC 9068 says, good for five minutes. */
export function accessClaims(issuer: string, more: Claims = {}): Claims {
  const now = Math.floor(Date.now() / 1000)
  return {
    iss: issuer,
    aud: AUDIENCE,
    sub: randomUUID(),
    client_id: 'web',
    iat: now,
    exp: now + 300,
    jti: randomUUID(),
    scope: 'orders:read',
    ...more,
  }
}

/** A request that carries the token. */
export function requestWith(token: string): Request {
  return new Request('https://api.example/orders', { headers: { authorization: `Bearer ${token}` } })
}
