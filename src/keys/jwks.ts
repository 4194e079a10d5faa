import { isJsonObject } from '../base/strict-json.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { PublicAlgorithm } from './algorithm.ts'
import type { PublicJwk } from './jwk.ts'
import { importPublicJwk, type PublicVerificationKey } from './verification-key.ts'

/** A JWK set (RFC 7517 section 5). */
export interface Jwks {
  readonly keys: readonly PublicJwk[]
}

/** The document in which verifiers find public keys. Sorted by `kid`, so that nodes with the same keys agree on it. */
export function jwksOf(keys: Iterable<{ readonly publicJwk: PublicJwk }>): Jwks {
  const jwks = Array.from(keys, (key) => key.publicJwk)
  return { keys: jwks.sort((a, b) => (a.kid < b.kid ? -1 : 1)) }
}

/** To read a key takes about as long as to check a signature, and the process does nothing else meanwhile. */
const MOST_KEYS = 256

/** The keys of a document that can be used, and why the others cannot. */
export interface ReadJwks {
  readonly keys: readonly PublicVerificationKey[]
  readonly refused: readonly { readonly kid: string; readonly why: string }[]
}

/**
 * Reads a JWK set. Keys for other purposes may stand beside those that are wanted, so a key that cannot be used is
 * left out with its reason and the rest counts; of keys that share a `kid` none does. Some issuers do not write the
 * algorithm of their keys: it has to be known from elsewhere then, never from a token. Throws AuthError `JWK_REFUSED`
 * where it is no key set at all, or one of more keys than anybody needs.
 */
export function readJwks(document: unknown, algorithm?: PublicAlgorithm): ReadJwks {
  const entries = isJsonObject(document) ? document.keys : undefined
  if (!Array.isArray(entries)) throw new AuthError('JWK_REFUSED', { details: { why: 'it is no key set' } })
  if (entries.length > MOST_KEYS)
    throw new AuthError('JWK_REFUSED', { details: { why: `it holds more than ${MOST_KEYS} keys` } })

  const keys = new Map<string, PublicVerificationKey>()
  const shared = new Set<string>()
  const refused: { kid: string; why: string }[] = []
  for (const entry of entries) {
    try {
      const key = importPublicJwk(withAlgorithm(entry, algorithm))
      if (keys.has(key.kid)) shared.add(key.kid)
      keys.set(key.kid, key)
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      const { kid, why } = error.refusal.details
      refused.push({ kid: String(kid), why: String(why) })
    }
  }
  for (const kid of shared) {
    keys.delete(kid)
    refused.push({ kid, why: 'two keys share this kid' })
  }
  return { keys: [...keys.values()], refused }
}

function withAlgorithm(entry: unknown, algorithm: PublicAlgorithm | undefined): unknown {
  if (algorithm === undefined || !isJsonObject(entry) || Object.hasOwn(entry, 'alg')) return entry
  return { ...entry, alg: algorithm }
}
