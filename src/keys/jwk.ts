import { createHash } from 'node:crypto'
import { decodeBase64Url } from '../base/base64url.ts'
import { isJsonObject, type JsonObject } from '../base/strict-json.ts'
import { AuthError } from '../errors/auth-error.ts'
import {
  isPublicAlgorithm,
  type PublicAlgorithm,
  type PublicAlgorithmFacts,
  publicAlgorithms,
  RSA_LEAST_BITS,
} from './algorithm.ts'

type EcMaterial = {
  readonly kty: 'EC'
  readonly crv: string
  readonly x: string
  readonly y: string
}
type OkpMaterial = {
  readonly kty: 'OKP'
  readonly crv: string
  readonly x: string
}
type RsaMaterial = {
  readonly kty: 'RSA'
  readonly n: string
  readonly e: string
}
type SecretMaterial = {
  readonly kty: 'oct'
  readonly k: string
}
type PublicMaterial = EcMaterial | OkpMaterial | RsaMaterial

/** A public signature key as JSON (RFC 7517), checked and complete, without members that mean nothing here. */
export type PublicJwk = PublicMaterial & {
  readonly kid: string
  readonly alg: PublicAlgorithm
  readonly use: 'sig'
}

/** The private members of every key type (RFC 7518 section 6). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** With longer keys, each check of a signature is slow enough to be a weapon. */
const RSA_MOST_BITS = 8192
const RSA_EXPONENT_MOST_BYTES = 4

/**
 * Reads a public key. `alg` must be there and agree with key type, curve, `use` and `key_ops`; numbers must be spelt
 * canonically and be of full strength (RFC 8725 section 3.1). Does not check that a point lies on its curve:
 * `importPublicJwk` does. Throws AuthError `JWK_REFUSED`, also for a key that carries its private half, for that is
 * no secret any more.
 */
export function readPublicJwk(jwk: unknown): PublicJwk {
  if (!isJsonObject(jwk)) throw jwkRefused(undefined, 'it is no object')
  if (PRIVATE_MEMBERS.some((member) => jwk[member] !== undefined)) {
    throw jwkRefused(jwk.kid, 'it shows a private or symmetric key')
  }
  return readPublicPart(jwk)
}

/** The public half of a key pair. Throws AuthError `JWK_REFUSED` as `readPublicJwk` does. */
export function readPublicPart(jwk: JsonObject): PublicJwk {
  const { alg, kid } = jwk
  if (!isPublicAlgorithm(alg)) throw jwkRefused(kid, 'alg is missing or not one for signatures')
  const facts = publicAlgorithms[alg]
  const fault = faultOfUse(jwk, facts)
  if (fault !== undefined) throw jwkRefused(kid, fault)
  const material = readMaterial(jwk, facts)
  if (typeof material === 'string') throw jwkRefused(kid, material)
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) throw jwkRefused(kid, 'kid is no text')
  return Object.freeze({ ...material, kid: kid ?? thumbprint(material), alg, use: 'sig' })
}

/** The thumbprint of a key (RFC 7638, SHA-256): its members that matter, in order of their names, hashed. */
export function thumbprint(key: PublicMaterial | SecretMaterial): string {
  return createHash('sha256')
    .update(JSON.stringify(essenceOf(key)))
    .digest('base64url')
}

/** The error for a key that is not taken. */
export function jwkRefused(kid: unknown, why: string, cause?: unknown): AuthError {
  return new AuthError('JWK_REFUSED', { details: { kid: typeof kid === 'string' ? kid : '', why }, cause })
}

function essenceOf(key: PublicMaterial | SecretMaterial): object {
  if (key.kty === 'EC') return { crv: key.crv, kty: key.kty, x: key.x, y: key.y }
  if (key.kty === 'OKP') return { crv: key.crv, kty: key.kty, x: key.x }
  if (key.kty === 'RSA') return { e: key.e, kty: key.kty, n: key.n }
  return { k: key.k, kty: key.kty }
}

function faultOfUse({ kty, crv, use, key_ops: operations }: JsonObject, facts: PublicAlgorithmFacts) {
  if (kty !== facts.kty) return 'kty does not belong to alg'
  if (facts.kty !== 'RSA' && crv !== facts.crv) return 'crv does not belong to alg'
  if (use !== undefined && use !== 'sig') return 'use is not sig'
  const verifies = Array.isArray(operations) && (operations.includes('verify') || operations.includes('sign'))
  return operations === undefined || verifies ? undefined : 'key_ops does not name verify'
}

/** The material of the key, or what is wrong with it. */
function readMaterial(jwk: JsonObject, facts: PublicAlgorithmFacts): PublicMaterial | string {
  if (facts.kty === 'RSA') return readRsa(jwk)
  const { crv, coordinateBytes } = facts
  const x = readNumber(jwk.x)
  const y = readNumber(jwk.y)
  if (x?.bytes.length !== coordinateBytes) return 'x is missing or has the wrong length'
  if (facts.kty === 'OKP') return { kty: 'OKP', crv, x: x.text }
  if (y?.bytes.length !== coordinateBytes) return 'y is missing or has the wrong length'
  return { kty: 'EC', crv, x: x.text, y: y.text }
}

function readRsa(jwk: JsonObject): RsaMaterial | string {
  const n = readNumber(jwk.n)
  const e = readNumber(jwk.e)
  const bits = bitLength(n?.bytes)
  if (n === undefined || bits < RSA_LEAST_BITS || bits > RSA_MOST_BITS)
    return 'n is missing, too short or too long'
  const odd = ((e?.bytes.at(-1) ?? 0) & 1) === 1
  if (e === undefined || !odd || bitLength(e.bytes) < 2 || e.bytes.length > RSA_EXPONENT_MOST_BYTES) {
    return 'e is missing, 1, even or too long'
  }
  return { kty: 'RSA', n: n.text, e: e.text }
}

function readNumber(text: unknown): { readonly text: string; readonly bytes: Uint8Array } | undefined {
  const bytes = typeof text === 'string' ? decodeBase64Url(text) : undefined
  return typeof text !== 'string' || bytes === undefined ? undefined : { text, bytes }
}

/** 0 for a number with a leading zero byte: it would have a second spelling, and so the key a second thumbprint. */
function bitLength(bytes: Uint8Array | undefined): number {
  const [first] = bytes ?? []
  return bytes === undefined || !first ? 0 : bytes.length * 8 - Math.clz32(first) + 24
}
