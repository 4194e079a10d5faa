import type { KeyLookup, VerificationKey } from '../../src/keys/verification-key.ts'

/** Looks keys up in a fixed set. Throws RangeError where two share a `kid`, for then a token could mean either. */
export function keyLookup(keys: Iterable<VerificationKey>): KeyLookup {
  const byKid = new Map<string, VerificationKey>()
  for (const key of keys) {
    if (byKid.has(key.kid)) throw new RangeError('two keys share one kid')
    byKid.set(key.kid, key)
  }
  return (kid) => byKid.get(kid)
}
