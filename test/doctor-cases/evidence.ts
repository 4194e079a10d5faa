import { generateKeyPairSync, sign } from 'node:crypto'
import type { Evidence, Exchange, Header, Jwk, ServiceConfig } from '../../src/doctor/evidence.ts'

/* Pieces of evidence for tests that want a few words of it, where a case file has all of it. */

export const NOW = 1_800_000_000

function keyPair(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256' } as Jwk }
}

const [own, stranger] = [keyPair('k'), keyPair('k2')]
export const [JWK, OTHER_JWK] = [own.jwk, stranger.jwk]
export const CONFIG = {
  issuer: 'https://id.shop.test',
  audience: 'api',
  algorithms: ['ES256'],
  keys: [JWK],
} as const satisfies ServiceConfig

/** A token that CONFIG takes, but for what is said otherwise. */
export function tokenWith(claims: object = {}, { header = {}, byStranger = false } = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const basics = { iss: CONFIG.issuer, aud: 'api', sub: 'u', iat: NOW - 60, exp: NOW + 600 }
  const text = `${part({ alg: 'ES256', kid: 'k', typ: 'at+jwt', ...header })}.${part({ ...basics, ...claims })}`
  const key = { key: (byStranger ? stranger : own).privateKey, dsaEncoding: 'ieee-p1363' } as const
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}

export const bearer = (claims: object = {}, how = {}): Header => [
  'Authorization',
  `Bearer ${tokenWith(claims, how)}`,
]

export const basic = (pair: string): Header => [
  'Authorization',
  `Basic ${Buffer.from(pair).toString('base64')}`,
]

export const JSON_TYPE: Header = ['Content-Type', 'application/json']

interface Call {
  readonly method?: string
  readonly url?: string
  readonly headers?: readonly Header[]
  readonly body?: string
  readonly answered?: { readonly headers?: readonly Header[]; readonly body?: string }
}

/** A call as its client saw it: GET /orders unless said otherwise. */
export function call(
  status: number,
  { method = 'GET', url = 'https://api.shop.test/orders', headers = [], body, answered = {} }: Call = {},
): Exchange {
  return {
    as_sent: { method, url, headers, ...(body !== undefined && { body }) },
    response: { status, headers: [], ...answered },
  }
}

export const code = (text: string): Pick<Evidence, 'client'> => ({
  client: { code: [{ language: 'any', text }] },
})

export function document(
  paths: object,
  securitySchemes: object = { bearer: { type: 'http', scheme: 'bearer' } },
): Pick<Evidence, 'openapi'> {
  return {
    openapi: {
      url: 'https://api.shop.test/openapi.json',
      document: { openapi: '3.1.0', components: { securitySchemes }, paths },
    },
  }
}
