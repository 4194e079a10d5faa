import type { KeyObject } from 'node:crypto'
import { constants, createPublicKey, createSecretKey, createVerify, verify } from 'node:crypto'
import {
  type Algorithm,
  type HmacAlgorithm,
  hmacAlgorithms,
  leastSignatureBytes,
  type PublicAlgorithm,
  publicAlgorithms,
} from './algorithm.ts'
import { derOfEcdsa } from './ecdsa-signature.ts'
import { hmacCheck } from './hmac.ts'
import { jwkRefused, type PublicJwk, readPublicJwk } from './jwk.ts'

/** What a signature is checked with: one key of one algorithm. */
export type VerificationKey = PublicVerificationKey | HmacVerificationKey

export type { HmacVerificationKey, PublicVerificationKey }

/** Finds the key a token names. The `kid` is data out of a header that nothing has proven: only ever a key of a Map. */
export type KeyLookup = (kid: string) => VerificationKey | undefined

type Matches = (signingInput: string, signature: Uint8Array) => boolean

/**
 * The classes stay in this file and their instances come from the two functions below only: no text, and no key of
 * the other kind, can ever stand in for a key (RFC 8725 section 3.1).
 */
abstract class Key<A extends Algorithm> {
  readonly kid: string
  readonly algorithm: A
  /** The one length that a genuine signature has. */
  readonly signatureBytes: number
  readonly #matches: Matches
  #usable = true

  constructor(kid: string, algorithm: A, signatureBytes: number, matches: Matches) {
    this.kid = kid
    this.algorithm = algorithm
    this.signatureBytes = signatureBytes
    this.#matches = matches
  }

  /** False from the moment the key is withdrawn. Who remembers a verdict of this key asks again on every use. */
  get usable(): boolean {
    return this.#usable
  }

  /** Ends the key for good: whatever it signed, before or after, is no longer genuine. */
  withdraw(): void {
    this.#usable = false
  }

  /** Whether the signature is genuine. Synchronous, and not by WebCrypto, which queues behind password hashes. */
  verify(signingInput: string, signature: Uint8Array): boolean {
    return this.#usable && signature.length === this.signatureBytes && this.#matches(signingInput, signature)
  }
}

class PublicVerificationKey extends Key<PublicAlgorithm> {
  readonly publicJwk: PublicJwk

  constructor(jwk: PublicJwk, key: KeyObject) {
    super(jwk.kid, jwk.alg, signatureBytesOf(jwk.alg, key), matcher(jwk.alg, key))
    this.publicJwk = jwk
  }
}

class HmacVerificationKey extends Key<HmacAlgorithm> {
  constructor(kid: string, algorithm: HmacAlgorithm, key: KeyObject) {
    const facts = hmacAlgorithms[algorithm]
    super(kid, algorithm, facts.macBytes, hmacCheck(key, facts))
  }
}

/**
 * A public key, ready to check signatures; its `kid` is the JWK's, or else its thumbprint. Throws AuthError
 * `JWK_REFUSED` where algorithm, type, curve and use do not agree, or the key is weak or no valid one.
 */
export function importPublicJwk(jwk: unknown): PublicVerificationKey {
  const read = readPublicJwk(jwk)
  const { kid, alg, use, ...material } = read
  try {
    return new PublicVerificationKey(read, createPublicKey({ format: 'jwk', key: material }))
  } catch (cause) {
    throw jwkRefused(kid, 'it is no valid key of its type', cause)
  }
}

/**
 * A shared secret, ready to check MACs. Throws RangeError where it is shorter than the MAC (RFC 7518 section 3.2);
 * whether it came from a random source cannot be seen here.
 */
export function hmacVerificationKey(
  secret: Uint8Array,
  kid: string,
  algorithm: HmacAlgorithm = 'HS256',
): HmacVerificationKey {
  return new HmacVerificationKey(kid, algorithm, secretKeyObject(secret, algorithm))
}

/** The secret as a key object of at least the length that the algorithm demands. */
export function secretKeyObject(secret: Uint8Array, algorithm: HmacAlgorithm): KeyObject {
  const least = hmacAlgorithms[algorithm].macBytes
  if (secret.byteLength < least) throw new RangeError(`a secret for ${algorithm} has at least ${least} bytes`)
  return createSecretKey(secret)
}

/** Options of node:crypto that make an RSA key use PSS with a salt as long as the hash (RFC 7518 section 3.5). */
export const pssOptions = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
} as const

function matcher(algorithm: PublicAlgorithm, key: KeyObject): Matches {
  const facts = publicAlgorithms[algorithm]
  if (facts.kty === 'OKP') {
    return (signingInput, signature) => verify(null, Buffer.from(signingInput, 'latin1'), key, signature)
  }
  if (facts.kty === 'EC') {
    // As options, the key and the encoding of the signature cost half as much again as the check itself.
    return (signingInput, signature) =>
      createVerify(facts.digest).update(signingInput, 'latin1').verify(key, derOfEcdsa(signature))
  }
  // RSA without padding options is given the bare key, for the same reason.
  const prepared = facts.pss ? { key, ...pssOptions } : key
  return (signingInput, signature) =>
    createVerify(facts.digest).update(signingInput, 'latin1').verify(prepared, signature)
}

function signatureBytesOf(algorithm: PublicAlgorithm, key: KeyObject): number {
  const modulusBits = key.asymmetricKeyDetails?.modulusLength
  return modulusBits === undefined ? leastSignatureBytes(algorithm) : Math.ceil(modulusBits / 8)
}
