import {
  createHmac,
  createPrivateKey,
  generateKeyPair,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { promisify } from 'node:util'
import { isJsonObject, type JsonObject } from '../base/strict-json.ts'
import {
  type Algorithm,
  type HmacAlgorithm,
  hmacAlgorithms,
  isSigningAlgorithm,
  publicAlgorithms,
  RSA_LEAST_BITS,
  type SigningAlgorithm,
} from './algorithm.ts'
import { ecdsaOfDer } from './ecdsa-signature.ts'
import { jwkRefused, type PublicJwk, readPublicPart } from './jwk.ts'
import {
  type HmacVerificationKey,
  hmacVerificationKey,
  importPublicJwk,
  type PublicVerificationKey,
  pssOptions,
  secretKeyObject,
} from './verification-key.ts'

/** What tokens are signed with: one key of one algorithm. */
export interface Signer {
  readonly kid: string
  readonly algorithm: Algorithm
  /** The signature over the text, in the form JWS wants (RFC 7518 section 3). The text is ASCII. */
  sign(signingInput: string): Uint8Array
}

/** A key pair. Nothing of its private half is seen when it is printed. */
export interface SigningKey extends Signer {
  readonly algorithm: SigningAlgorithm
  readonly publicJwk: PublicJwk
  /** The public half, as verifiers use it. */
  readonly verification: PublicVerificationKey
  /** The same where to wait is fine: an RSA signature takes ten times as long as others, and is made beside the event loop. */
  signLater(signingInput: string): Promise<Uint8Array>
  /** The private half, to be encrypted and stored. */
  privateJwk(): JsonObject
}

/** A shared secret. It has no public half and no JWK, so no key set can show it. */
export interface HmacSigningKey extends Signer {
  readonly algorithm: HmacAlgorithm
  readonly verification: HmacVerificationKey
}

/** A new key pair, named by its thumbprint. The randomness is that of OpenSSL; RSA keys take a good part of a second. */
export function generateSigningKey(algorithm: SigningAlgorithm): SigningKey {
  const facts = publicAlgorithms[algorithm]
  const { privateKey } =
    facts.kty === 'EC'
      ? generateKeyPairSync('ec', { namedCurve: facts.crv })
      : facts.kty === 'OKP'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: RSA_LEAST_BITS })
  return importSigningKey({ ...privateKey.export({ format: 'jwk' }), alg: algorithm, use: 'sig' })
}

/** The same without keeping the process waiting, whatever the algorithm. */
export async function makeSigningKey(algorithm: SigningAlgorithm): Promise<SigningKey> {
  if (publicAlgorithms[algorithm].kty !== 'RSA') return generateSigningKey(algorithm)
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_LEAST_BITS })
  return importSigningKey({ ...privateKey.export({ format: 'jwk' }), alg: algorithm, use: 'sig' })
}

/**
 * A key pair from its private JWK, in the form `privateJwk` gives. Throws AuthError `JWK_REFUSED` where it is weak,
 * its two halves do not belong together, or new tokens are not signed with its algorithm.
 */
export function importSigningKey(jwk: unknown): SigningKey {
  if (!isJsonObject(jwk)) throw jwkRefused(undefined, 'it is no object')
  const publicJwk = readPublicPart(jwk)
  const { kid, alg } = publicJwk
  if (!isSigningAlgorithm(alg)) throw jwkRefused(kid, 'tokens are not signed with its algorithm here')
  const privateKey = readPrivateKey(jwk, kid)
  const verification = importPublicJwk(publicJwk)
  const signatures = signaturesOf(alg, privateKey)
  if (!verification.verify(kid, signatures.sign(kid)))
    throw jwkRefused(kid, 'its two halves do not belong together')
  return {
    kid,
    algorithm: alg,
    publicJwk,
    verification,
    ...signatures,
    privateJwk: () => ({ ...privateKey.export({ format: 'jwk' }), ...publicJwk }),
  }
}

/** A shared secret that signs. Throws RangeError where it is too short, as `hmacVerificationKey` does. */
export function hmacSigningKey(
  secret: Uint8Array,
  kid: string,
  algorithm: HmacAlgorithm = 'HS256',
): HmacSigningKey {
  const key = secretKeyObject(secret, algorithm)
  const { digest } = hmacAlgorithms[algorithm]
  return {
    kid,
    algorithm,
    verification: hmacVerificationKey(secret, kid, algorithm),
    sign: (signingInput) => createHmac(digest, key).update(signingInput, 'latin1').digest(),
  }
}

function readPrivateKey(jwk: JsonObject, kid: string): KeyObject {
  try {
    return createPrivateKey({ format: 'jwk', key: { ...jwk } })
  } catch {
    // The cause is left out: it may quote what it could not read.
    throw jwkRefused(kid, 'it is no valid key pair of its type')
  }
}

const signInPool = promisify(sign)

/** RSA later by the thread pool, where that is worth the way there and back. */
function signaturesOf(algorithm: SigningAlgorithm, key: KeyObject): Pick<SigningKey, 'sign' | 'signLater'> {
  const facts = publicAlgorithms[algorithm]
  if (facts.kty === 'RSA') {
    const prepared = facts.pss ? { key, ...pssOptions } : key
    return {
      sign: (signingInput) => sign(facts.digest, bytesOf(signingInput), prepared),
      signLater: (signingInput) => signInPool(facts.digest, bytesOf(signingInput), prepared),
    }
  }
  const signNow: Signer['sign'] =
    facts.kty === 'EC'
      ? (signingInput) => ecdsaOfDer(sign(facts.digest, bytesOf(signingInput), key), facts.coordinateBytes)
      : (signingInput) => sign(null, bytesOf(signingInput), key)
  return { sign: signNow, signLater: async (signingInput) => signNow(signingInput) }
}

function bytesOf(signingInput: string): Buffer {
  return Buffer.from(signingInput, 'latin1')
}
