import type { Jwk } from '../../doctor/evidence.ts'
import { ask, jsonOf, keySetOf, urlOf } from './fetch.ts'

/** What an issuer shows of itself. */
export interface ShownIssuer {
  readonly issuer: string | undefined
  readonly metadataUrl: string | undefined
  readonly jwksUrl: string | undefined
  readonly keys: readonly Jwk[] | undefined
  readonly algorithms: readonly string[] | undefined
  /** Its clock minus ours, in seconds, by the Date header. */
  readonly clockSeconds: number | undefined
}

/** Metadata of OpenID Connect or of RFC 8414, then the key set it names. */
export async function lookAtIssuer(address: string): Promise<ShownIssuer> {
  const base = urlOf(address)
  const path = base.pathname.replace(/\/$/, '')
  const places = [
    `${base.origin}${path}/.well-known/openid-configuration`,
    `${base.origin}/.well-known/oauth-authorization-server${path}`,
    `${base.origin}${path}/.well-known/oauth-authorization-server`,
  ]
  for (const metadataUrl of places) {
    const response = await ask(metadataUrl)
    const metadata = response?.status === 200 ? jsonOf(response) : undefined
    if (metadata?.issuer === undefined) continue
    const jwksUrl = typeof metadata.jwks_uri === 'string' ? metadata.jwks_uri : undefined
    const date = Date.parse(response?.headers.find(([name]) => name.toLowerCase() === 'date')?.[1] ?? '')
    return {
      issuer: String(metadata.issuer),
      metadataUrl,
      jwksUrl,
      keys: jwksUrl === undefined ? undefined : await keysAt(jwksUrl),
      algorithms: listOf(metadata.id_token_signing_alg_values_supported),
      clockSeconds: Number.isNaN(date) ? undefined : Math.round((date - Date.now()) / 1000),
    }
  }
  return {
    issuer: undefined,
    metadataUrl: undefined,
    jwksUrl: undefined,
    keys: undefined,
    algorithms: undefined,
    clockSeconds: undefined,
  }
}

export async function keysAt(url: string): Promise<readonly Jwk[] | undefined> {
  const response = await ask(url)
  return response?.status === 200 ? keySetOf(jsonOf(response)) : undefined
}

function listOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.map(String) : undefined
}
