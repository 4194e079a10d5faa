import { hash } from 'node:crypto'
import { encodeBase64Url } from '../base/base64url.ts'
import type { JsonObject } from '../base/strict-json.ts'
import { Refusal } from '../errors/refusal.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { SigningKey } from '../keys/signing-key.ts'
import { parseCompact, readJsonPart } from './compact.ts'
import { firstRefusal, signatureChecks } from './signature-checks.ts'

/** What an ID token says (OpenID Connect Core section 2). Times are seconds since 1970. */
export interface IdTokenFacts {
  readonly iss: string
  readonly sub: string
  readonly clientId: string
  readonly iat: number
  readonly exp: number
  readonly authTime: number | undefined
  readonly amr: readonly string[]
  readonly sessionId: string | undefined
  readonly nonce: string | undefined
  /** The access token that comes with it. */
  readonly accessToken: string
}

/**
 * Signs an ID token: who signed in, when and how, for one client. Nothing else of the user is in it (A19): clients ask
 * at the userinfo endpoint. Never signed by a key of access tokens, so that neither is taken for the other.
 */
export async function mintIdToken(facts: IdTokenFacts, key: SigningKey): Promise<string> {
  const { iss, sub, clientId, iat, exp, authTime, amr, sessionId, nonce, accessToken } = facts
  const claims = {
    iss,
    sub,
    aud: clientId,
    azp: clientId,
    exp,
    iat,
    ...(authTime !== undefined && { auth_time: authTime }),
    ...(amr.length > 0 && { amr }),
    // What `acr_values` asks for, as the access token says it.
    ...(amr.includes('mfa') && { acr: 'mfa' }),
    ...(sessionId !== undefined && { sid: sessionId }),
    ...(nonce !== undefined && { nonce }),
    at_hash: halfHash(accessToken, key),
  }
  const header = { alg: key.algorithm, typ: 'JWT', kid: key.kid }
  const input = [header, claims].map((part) => encodeBase64Url(JSON.stringify(part))).join('.')
  return `${input}.${encodeBase64Url(await key.signLater(input))}`
}

/** The left half of the hash that the key's algorithm uses (OpenID Connect Core section 3.1.3.6). */
function halfHash(text: string, { algorithm }: SigningKey): string {
  const digest = algorithm === 'EdDSA' ? 'sha512' : `sha${algorithm.slice(2)}`
  const hashed = hash(digest, text, 'buffer')
  return encodeBase64Url(hashed.subarray(0, hashed.length / 2))
}

/** Whom an ID token of ours is about, and which client it was made for. */
export interface IdTokenHint {
  readonly userId: string
  readonly clientId: string
  readonly sessionId: string | undefined
}

/**
 * Reads an ID token that comes back as `id_token_hint`: ours by its signature and issuer, however old (OpenID Connect
 * RP-Initiated Logout section 4). It proves nothing about who sends it.
 */
export function readIdTokenHint(
  text: string,
  { issuer, keys }: { readonly issuer: string; readonly keys: Pick<KeyRing, 'findIdKey'> },
): IdTokenHint | undefined {
  const compact = parseCompact(text)
  if (compact instanceof Refusal) return undefined
  const { kid } = compact.header
  const key = typeof kid === 'string' ? keys.findIdKey(kid) : undefined
  if (firstRefusal(signatureChecks, compact, { key }) !== undefined) return undefined
  const claims = readJsonPart(compact.payload, 'payload')
  return claims instanceof Refusal ? undefined : hintIn(claims, issuer)
}

function hintIn({ iss, sub, aud, sid }: JsonObject, issuer: string): IdTokenHint | undefined {
  if (iss !== issuer || typeof sub !== 'string' || typeof aud !== 'string') return undefined
  return { userId: sub, clientId: aud, sessionId: typeof sid === 'string' ? sid : undefined }
}
