import type { JsonObject } from '../base/strict-json.ts'
import { Refusal } from '../errors/refusal.ts'
import { isAlgorithm, leastSignatureBytes } from '../keys/algorithm.ts'
import type { AccessClaims } from '../model/access-token.ts'

/*
 * Which cause to name for a token that is refused already. Nothing here decides: whatever these functions say, the
 * answer is no. What they quote out of a token is cut short and printable, and never a part of the signed text.
 */

type Claims = Readonly<Record<string, unknown>>

/** A value out of a token, fit for a log line. */
export function quoted(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 100).replaceAll(/[^\x20-\x7e]/g, '?') : typeof value
}

/** A text that has not the three parts of a signed token. */
export function causeOfShape(text: string): Refusal {
  const parts = text.split('.').length
  if (text.startsWith('cs_')) return new Refusal('TOKEN_WRONG_KIND_REFRESH')
  if (parts === 5) return new Refusal('TOKEN_IS_JWE')
  if (text.includes('%')) return new Refusal('TOKEN_PERCENT_ENCODED')
  if (parts > 2) return new Refusal('TOKEN_NONCANONICAL', { details: { parts } })
  // A JSON object in base64url begins with these three letters.
  return new Refusal(text.startsWith('eyJ') ? 'TOKEN_TRUNCATED' : 'TOKEN_OPAQUE', { details: { parts } })
}

/** A part that is not canonical base64url. */
export function causeOfSpelling(text: string, part: string): Refusal {
  return new Refusal(text.includes('%') ? 'TOKEN_PERCENT_ENCODED' : 'TOKEN_NONCANONICAL', {
    details: { part },
  })
}

/** A signature that is too short for the algorithm that the header names; undefined if it is not. */
export function causeOfShortness(header: JsonObject, characters: number): Refusal | undefined {
  if (!isAlgorithm(header.alg)) return undefined
  const least = Math.ceil((leastSignatureBytes(header.alg) * 4) / 3)
  return characters >= least ? undefined : new Refusal('TOKEN_TRUNCATED', { details: { characters, least } })
}

/** A signature that the key did not make. */
export function causeOfSignature(header: JsonObject, signature: Uint8Array): Refusal {
  const [tag, length] = signature
  const isDer = String(header.alg).startsWith('ES') && tag === 0x30 && length === signature.length - 2
  if (isDer) return new Refusal('ES_SIGNATURE_DER')
  const short = causeOfShortness(header, Math.ceil((signature.length * 4) / 3))
  if (short !== undefined) return short
  // Microsoft Graph puts a nonce into the header and signs another one.
  if (header.nonce !== undefined) return new Refusal('TOKEN_NOT_FOR_VERIFYING')
  return new Refusal('SIG_WRONG_KEY', { details: { kid: quoted(header.kid) } })
}

/** A `typ` other than that of access tokens. */
export function causeOfType(typ: unknown, claims: Claims): Refusal {
  const code = isIdToken(claims) ? 'ID_TOKEN_AS_ACCESS' : 'TOKEN_TYP_MISMATCH'
  return new Refusal(code, { details: { typ: quoted(typ) } })
}

/** Another issuer than the one expected. */
export function causeOfIssuer(iss: string, expected: string): Refusal {
  const details = { iss: quoted(iss), expected }
  const refused = (code: ConstructorParameters<typeof Refusal>[0]) => new Refusal(code, { details })
  if (withoutSlash(iss) === withoutSlash(expected)) return refused('ISS_TRAILING_SLASH')
  if (/[{}]|\/(?:common|organizations)\//.test(expected)) return refused('MULTI_TENANT_ISSUER')
  if (isEntra(iss) && isEntra(expected)) return refused('ISS_ENTRA_V1_V2')
  const [mine, theirs] = [URL.parse(iss), URL.parse(expected)]
  const sameBesideHost = mine !== null && mine.pathname === theirs?.pathname
  const oneIsLocal = isLocalName(mine?.hostname) || isLocalName(theirs?.hostname)
  return refused(sameBesideHost && oneIsLocal ? 'ISS_HOST_ALIAS' : 'ISS_OTHER_ENVIRONMENT')
}

/** An audience without us in it. */
export function causeOfAudience(claims: AccessClaims, expected: readonly string[]): Refusal {
  const audience = typeof claims.aud === 'string' ? [claims.aud] : claims.aud
  const details = { aud: audience.slice(0, 5).map(quoted), expected: expected.join(' or ') }
  if (isIdToken(claims)) return new Refusal('ID_TOKEN_AS_ACCESS', { details })
  const onlyAccount = audience.every((name) => name === 'account')
  return new Refusal(onlyAccount ? 'AUD_KEYCLOAK_ACCOUNT' : 'AUD_WRONG_API', { details })
}

/** A claim that says the token is for something else. */
export function causeOfUse(claims: Claims, claim: string): Refusal {
  const isId = isIdToken(claims) || /^id$/i.test(quoted(claims[claim]))
  return new Refusal(isId ? 'ID_TOKEN_AS_ACCESS' : 'TOKEN_TYP_MISMATCH', {
    details: { claim, value: quoted(claims[claim]) },
  })
}

/** An end that has passed. */
export function causeOfExpiry(exp: number, nowSeconds: number): Refusal {
  const relative = exp >= 0 && exp < TEN_YEARS_SECONDS
  const details = { exp, secondsAgo: Math.round(nowSeconds - exp) }
  return new Refusal(relative ? 'EXP_RELATIVE' : 'TOKEN_EXPIRED', { details })
}
const TEN_YEARS_SECONDS = 315_360_000

/** A life that is longer than the limit. */
export function causeOfLife({ exp, iat }: AccessClaims, limit: number): Refusal {
  const milliseconds = exp > YEAR_5138_SECONDS
  const details = { exp, seconds: exp - iat, limit }
  return new Refusal(milliseconds ? 'EXP_IN_MILLISECONDS' : 'TOKEN_LIFE_TOO_LONG', { details })
}
const YEAR_5138_SECONDS = 1e11

/** Claims that only ID tokens carry (OpenID Connect Core sections 2 and 3.3.2.11). */
export function isIdToken({ nonce, at_hash, c_hash }: Claims): boolean {
  return nonce !== undefined || at_hash !== undefined || c_hash !== undefined
}

function withoutSlash(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : url
}

function isEntra(url: string): boolean {
  return /^https:\/\/(?:sts\.windows\.net|login\.microsoftonline\.com)\//.test(url)
}

/** A name that only machines nearby know: loopback, or a container or host without a domain. */
function isLocalName(host: string | undefined): boolean {
  if (host === undefined) return false
  return /^(?:127\.|\[::1\]$|host\.docker\.internal$)/.test(host) || !/[.:]/.test(host)
}
