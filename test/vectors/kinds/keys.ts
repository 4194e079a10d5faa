import { decodeBase64Url } from '../../../src/base/base64url.ts'
import { isJsonObject, type Json, type JsonObject } from '../../../src/base/strict-json.ts'
import { AuthError } from '../../../src/errors/auth-error.ts'
import { Refusal } from '../../../src/errors/refusal.ts'
import { type HmacAlgorithm, hmacAlgorithms } from '../../../src/keys/algorithm.ts'
import { readJwks } from '../../../src/keys/jwks.ts'
import {
  hmacVerificationKey,
  importPublicJwk,
  type KeyLookup,
  type VerificationKey,
} from '../../../src/keys/verification-key.ts'
import { type Compact, parseCompact } from '../../../src/tokens/compact.ts'
import { firstRefusal, signatureChecks } from '../../../src/tokens/signature-checks.ts'
import { keyLookup } from '../../keys/key-lookup.ts'

/** A key or a set of keys, as the case files give them. */
export type Jwks = JsonObject | { readonly keys: readonly JsonObject[] }

export interface Keys {
  readonly all: readonly VerificationKey[]
  readonly find: KeyLookup
}

/**
 * The keys that our verifiers would have: of public ones as a key set is read, of shared secrets as they are configured.
 * Undefined for a set that is of both kinds, for no verifier of ours is, and for one that would stop the start.
 */
export function keysOf(jwks: Jwks): Keys | undefined {
  const entries = 'keys' in jwks && Array.isArray(jwks.keys) ? (jwks.keys as readonly JsonObject[]) : [jwks]
  const secrets = entries.filter((entry) => isJsonObject(entry) && entry.kty === 'oct')
  if (secrets.length > 0 && secrets.length < entries.length) return undefined
  try {
    const all = secrets.length > 0 ? secrets.map(secretOf) : readJwks({ keys: entries.map(publicOf) }).keys
    return { all, find: keyLookup(all) }
  } catch (error) {
    if (error instanceof RangeError || error instanceof AuthError) return undefined
    throw error
  }
}

/** Throws RangeError for one that would stop the start. */
function secretOf({ k, alg, use, kid }: JsonObject): VerificationKey {
  const secret = typeof k === 'string' ? decodeBase64Url(k) : undefined
  if (secret === undefined || typeof alg !== 'string' || !Object.hasOwn(hmacAlgorithms, alg)) {
    throw new RangeError('no secret for signatures')
  }
  if (use !== undefined && use !== 'sig') throw new RangeError('a secret for something else')
  return hmacVerificationKey(secret, typeof kid === 'string' ? kid : 'only', alg as HmacAlgorithm)
}

const PRIVATE = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth'])

/** The case files show private halves; a key set never does. */
export function publicOf(jwk: JsonObject): JsonObject {
  const isPair = Object.hasOwn(jwk, 'd')
  return Object.fromEntries(
    Object.entries(jwk).filter(([name]) => !PRIVATE.has(name) && !(isPair && name === 'key_ops')),
  )
}

/** Whether a signed token of any kind is genuine; its bytes need be no JSON. */
export function isGenuine(token: Json | undefined, keys: Keys | undefined): boolean {
  if (keys === undefined || typeof token !== 'string') return false
  const compact = parseCompact(token)
  return !(compact instanceof Refusal) && refusalOf(compact, keys) === undefined
}

function refusalOf(compact: Compact, { all, find }: Keys): Refusal | undefined {
  const { kid } = compact.header
  // A token that names no key can only mean the one there is.
  const only = all.length === 1 ? all[0] : undefined
  const key = kid === undefined ? only : typeof kid === 'string' ? find(kid) : undefined
  return firstRefusal(signatureChecks, compact, { key })
}

/** A public key whose algorithm the file names, not the key. */
export function pinned(jwk: JsonObject, alg: string): VerificationKey | undefined {
  try {
    return importPublicJwk({ ...publicOf(jwk), alg })
  } catch (error) {
    if (error instanceof AuthError) return undefined
    throw error
  }
}
