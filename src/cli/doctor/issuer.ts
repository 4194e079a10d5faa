import type { HttpResponse, Jwk } from '../../doctor/evidence.ts'
import { header } from '../../doctor/http-facts.ts'
import { type Answered, ask, jsonOf, keySetOf, urlOf } from './fetch.ts'

/** What an issuer shows of itself. */
export interface ShownIssuer {
  readonly issuer: string | undefined
  readonly metadataUrl: string | undefined
  readonly jwksUrl: string | undefined
  readonly keys: readonly Jwk[] | undefined
  readonly algorithms: readonly string[] | undefined
  /** Its clock minus ours, in seconds, by the Date header. */
  readonly clockSeconds: number | undefined
  /** Where there is no metadata: what was seen in its place, if that tells anything. */
  readonly instead: string | undefined
  /** Where there are no keys: what was seen in their place. */
  readonly insteadOfKeys: string | undefined
  /** Seconds since a cache in between took the key set; undefined where it came from the issuer. */
  readonly keyAgeSeconds: number | undefined
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
  let instead: string | undefined
  for (const metadataUrl of places) {
    const answered = await ask(metadataUrl)
    const { response, failure } = answered
    const metadata = response?.status === 200 ? jsonOf(response) : undefined
    if (metadata?.issuer === undefined) {
      instead ??= insteadOf(answered)
      // Where nobody answers there is nothing to be asked twice.
      if (response === undefined && failure !== undefined) break
      continue
    }
    const jwksUrl = typeof metadata.jwks_uri === 'string' ? metadata.jwks_uri : undefined
    const {
      keys,
      instead: insteadOfKeys,
      ageSeconds: keyAgeSeconds,
    } = jwksUrl === undefined ? {} : await keysAt(jwksUrl)
    return {
      issuer: String(metadata.issuer),
      metadataUrl,
      jwksUrl,
      keys,
      algorithms: listOf(metadata.id_token_signing_alg_values_supported),
      clockSeconds: clockOf(response),
      instead: undefined,
      insteadOfKeys,
      keyAgeSeconds,
    }
  }
  return {
    issuer: undefined,
    metadataUrl: undefined,
    jwksUrl: undefined,
    keys: undefined,
    algorithms: undefined,
    clockSeconds: undefined,
    instead,
    insteadOfKeys: undefined,
    keyAgeSeconds: undefined,
  }
}

/** A key set, or what was there in its place. */
export async function keysAt(
  url: string,
): Promise<{ readonly keys?: readonly Jwk[]; readonly instead?: string; readonly ageSeconds?: number }> {
  const answered = await ask(url)
  const keys = answered.response?.status === 200 ? keySetOf(jsonOf(answered.response)) : undefined
  if (keys === undefined) return { instead: insteadOf(answered) ?? 'no key set in JSON' }
  const ageSeconds = ageOf(answered.response)
  return { keys, ...(ageSeconds > 0 && { ageSeconds }) }
}

/** What an answer was that did not hold what was asked for; undefined where it says no more than that. */
export function insteadOf({ response, failure }: Answered): string | undefined {
  if (failure !== undefined || response === undefined) return failure
  const to = header(response, 'location')
  if (response.status >= 300 && response.status < 400 && to !== undefined)
    return `${response.status}, which leads on to ${to}: ask there`
  return response.status === 200 || response.status === 404 ? undefined : `status ${response.status}`
}

/** A cache keeps the date of the issuer, and says how long ago that was. */
function clockOf(response: HttpResponse | undefined): number | undefined {
  const date = Date.parse(header(response, 'date') ?? '')
  return Number.isNaN(date) ? undefined : Math.round((date - Date.now()) / 1000 + ageOf(response))
}

/** How long a cache has had it (RFC 9111 section 5.1). Seconds. */
function ageOf(response: HttpResponse | undefined): number {
  return Number(header(response, 'age') ?? 0) || 0
}

function listOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.map(String) : undefined
}
