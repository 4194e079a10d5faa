import {
  constants,
  createHmac,
  createPublicKey,
  createVerify,
  type JsonWebKey,
  type KeyObject,
  verify,
} from 'node:crypto'
import { equalInConstantTime, equalTexts } from '../base/constant-time.ts'
import { isPublished, PUBLISHED_SECRETS } from '../config/published-secrets.ts'
import type { Jwk } from './evidence.ts'
import type { PastedToken } from './pasted-token.ts'

/*
 * What a person would try with a signature that does not verify: other bytes of the same secret, another key at hand,
 * another spelling of the signature. A trial that succeeds explains a refusal; nothing is ever accepted because of it.
 */

const HMAC: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }

/** Bytes of an ECDSA signature, R and S side by side, by algorithm (RFC 7518 section 3.4). */
const EC_BYTES: Readonly<Record<string, number>> = { ES256: 64, ES384: 96, ES512: 132 }

const DIGESTS: Readonly<Record<string, string>> = {
  RS256: 'sha256',
  RS384: 'sha384',
  RS512: 'sha512',
  PS256: 'sha256',
  PS384: 'sha384',
  PS512: 'sha512',
  ES256: 'sha256',
  ES384: 'sha384',
  ES512: 'sha512',
}

export function isHmac(algorithm: unknown): algorithm is string {
  return typeof algorithm === 'string' && Object.hasOwn(HMAC, algorithm)
}

/** Whether this secret made the signature. */
export function verifiesWithSecret(token: PastedToken, secret: string | Uint8Array): boolean {
  const { alg } = token.header ?? {}
  const digest = isHmac(alg) ? HMAC[alg] : undefined
  if (digest === undefined) return false
  const mac = createHmac(digest, secret).update(token.signingInput, 'latin1').digest()
  return equalInConstantTime(mac, token.signature)
}

/** Whether the private half of this key made the signature, by the algorithm that the header names. */
export function verifiesWithKey(token: PastedToken, jwk: Jwk): boolean {
  const key = keyObject(jwk)
  return key !== undefined && verifiesWith(token, key, token.signature)
}

/** The same for an ECDSA signature that was left in DER form. */
export function verifiesAsDer(token: PastedToken, jwk: Jwk): boolean {
  const key = keyObject(jwk)
  const digest = DIGESTS[String(token.header?.alg)]
  if (key === undefined || digest === undefined || key.asymmetricKeyType !== 'ec') return false
  try {
    return createVerify(digest)
      .update(token.signingInput, 'latin1')
      .verify({ key, dsaEncoding: 'der' }, token.signature)
  } catch {
    return false
  }
}

/** Whether the bytes are two integers in DER, and not two numbers side by side. */
export function looksLikeDer(token: PastedToken): boolean {
  const length = EC_BYTES[String(token.header?.alg)]
  const [tag, size] = token.signature
  if (length === undefined || token.signature.length === length || tag !== 0x30 || size === undefined)
    return false
  const header = size === 0x81 ? 3 : 2
  const said = size === 0x81 ? token.signature[2] : size
  return said === token.signature.length - header
}

function verifiesWith(token: PastedToken, key: KeyObject, signature: Uint8Array): boolean {
  const algorithm = String(token.header?.alg)
  const data = Buffer.from(token.signingInput, 'latin1')
  try {
    if (algorithm === 'EdDSA') {
      return key.asymmetricKeyType === 'ed25519' && verify(null, data, key, signature)
    }
    const digest = DIGESTS[algorithm]
    if (digest === undefined) return false
    if (algorithm.startsWith('ES')) {
      return (
        key.asymmetricKeyType === 'ec' && verify(digest, data, { key, dsaEncoding: 'ieee-p1363' }, signature)
      )
    }
    if (key.asymmetricKeyType !== 'rsa') return false
    return verify(
      digest,
      data,
      algorithm.startsWith('PS')
        ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
        : key,
      signature,
    )
  } catch {
    return false
  }
}

function keyObject(jwk: Jwk): KeyObject | undefined {
  try {
    return createPublicKey({ format: 'jwk', key: jwk as JsonWebKey })
  } catch {
    return undefined
  }
}

/** How many characters a whole signature has, where the header or a key at hand tells it. */
export function expectedSignatureLength(token: PastedToken, keys: readonly Jwk[]): number | undefined {
  const algorithm = String(token.header?.alg)
  if (isHmac(algorithm)) return charactersOf({ HS256: 32, HS384: 48, HS512: 64 }[algorithm] ?? 32)
  const bytes = EC_BYTES[algorithm]
  if (bytes !== undefined) return charactersOf(bytes)
  if (algorithm === 'EdDSA') return charactersOf(64)
  if (!/^[RP]S\d{3}$/.test(algorithm)) return undefined
  const named = keys.find((key) => key.kid === token.header?.kid) ?? keys.find((key) => key.kty === 'RSA')
  const bits = named && keyObject(named)?.asymmetricKeyDetails?.modulusLength
  return charactersOf((bits ?? 2048) / 8)
}

function charactersOf(bytes: number): number {
  return Math.ceil((bytes * 4) / 3)
}

/** The forms in which people have mistaken a public key for a secret. */
export function textsOfPublicKey(jwk: Jwk): readonly (string | Uint8Array)[] {
  const key = keyObject(jwk)
  if (key === undefined) return []
  const pem = key.export({ type: 'spki', format: 'pem' }).toString()
  const forms: (string | Uint8Array)[] = [
    pem,
    pem.trimEnd(),
    pem.replaceAll('\n', '\\n'),
    pem.replaceAll('\n', ''),
  ]
  forms.push(pem.replaceAll('\n', '\r\n'), key.export({ type: 'spki', format: 'der' }))
  if (key.asymmetricKeyType === 'rsa') {
    const own = key.export({ type: 'pkcs1', format: 'pem' }).toString()
    forms.push(own, own.trimEnd())
  }
  return [...forms, JSON.stringify(jwk), typeof jwk.n === 'string' ? jwk.n : pem]
}

/** What one side may have made of a secret that the other took as it is. */
export type SecretVariant = 'whitespace' | 'quotes' | 'base64' | 'hex'

/** Other bytes that somebody may have signed with who was given the same secret, by the mistake that makes them. */
export function variantsOfSecret(secret: string): readonly (readonly [SecretVariant, string | Uint8Array])[] {
  const trimmed = secret.trim()
  const unquoted = trimmed.replace(/^(["'`])([\s\S]*)\1$/, '$2')
  const found: [SecretVariant, string | Uint8Array][] = []
  for (const text of [trimmed, `${secret}\n`, `${secret}\r\n`, `${secret} `, ` ${secret}`, `${trimmed}\n`]) {
    if (text.length !== secret.length || !equalTexts(text, secret)) found.push(['whitespace', text])
  }
  if (unquoted !== trimmed) found.push(['quotes', unquoted])
  found.push(['quotes', `"${trimmed}"`], ['quotes', `'${trimmed}'`])
  for (const text of new Set([secret, trimmed, unquoted])) {
    if (/^[\w+/-]+={0,2}$/.test(text)) found.push(['base64', Buffer.from(text, 'base64')])
    if (/^(?:[0-9a-f]{2})+$/i.test(text)) found.push(['hex', Buffer.from(text, 'hex')])
    const bytes = Buffer.from(text, 'utf8')
    for (const form of [bytes.toString('base64'), bytes.toString('base64url')]) found.push(['base64', form])
  }
  return found
}

/** Whether a secret that is printed somewhere public made the signature. */
export function isSignedWithPublished(token: PastedToken): boolean {
  if (!isHmac(token.header?.alg)) return false
  return ['', ...PUBLISHED_SECRETS].some(
    (secret) => verifiesWithSecret(token, secret) || verifiesWithSecret(token, Buffer.from(secret, 'base64')),
  )
}

/** Whether anybody could guess a secret: printed somewhere, or a few letters. */
export function isGuessable(secret: string): boolean {
  return isPublished(secret) || secret.trim().length < 16
}
