import type { JsonObject } from '../base/strict-json.ts'
import { Refusal } from '../errors/refusal.ts'
import { isAlgorithm } from '../keys/algorithm.ts'
import type { VerificationKey } from '../keys/verification-key.ts'
import type { Compact } from './compact.ts'
import { causeOfSignature, quoted } from './diagnosis.ts'

/** One question put to a token: the refusal, or undefined for no objection. Pure. */
export interface Check<Subject, Context> {
  readonly name: string
  check(subject: Subject, context: Context): Refusal | undefined
}

/** The key the token names, if it is known; found by the caller, who knows whose keys count. */
export interface KeyContext {
  readonly key: VerificationKey | undefined
}

export type SignatureCheck = Check<Compact, KeyContext>

/** No extension is understood, so none may be demanded (RFC 7515 section 4.1.11, RFC 7797 section 7 on `b64`). */
export const critical: SignatureCheck = {
  name: 'critical',
  check: ({ header }) =>
    header.crit === undefined && header.b64 === undefined ? undefined : new Refusal('TOKEN_CRIT_UNKNOWN'),
}

/** The header names a signature algorithm. Which one counts is for the key to say. */
export const algorithm: SignatureCheck = {
  name: 'algorithm',
  check({ header: { alg, enc } }) {
    if (isAlgorithm(alg)) return undefined
    if (enc !== undefined) return new Refusal('TOKEN_IS_JWE')
    const none = typeof alg === 'string' && alg.toLowerCase() === 'none'
    return new Refusal(none ? 'ALG_NONE' : 'TOKEN_ALG_NAME_NONSTANDARD', { details: { alg: quoted(alg) } })
  },
}

/**
 * The key is known, in use, and of the algorithm the header names. `jwk`, `jku`, `x5u` and `x5c` are not looked at
 * anywhere (RFC 8725 section 3.10).
 */
export const key: SignatureCheck = {
  name: 'key',
  check({ header }, context) {
    if (context.key === undefined) return keyNotFound(header)
    if (!context.key.usable) return new Refusal('SIGNING_KEY_REVOKED', { details: { kid: context.key.kid } })
    if (context.key.algorithm === header.alg) return undefined
    return new Refusal('ALG_MISMATCH', { details: { alg: quoted(header.alg), key: context.key.algorithm } })
  },
}

/** The signature is genuine: whoever holds the key wrote header and payload, byte for byte. */
export const signature: SignatureCheck = {
  name: 'signature',
  check(token, context) {
    if (context.key === undefined) return keyNotFound(token.header)
    return context.key.verify(token.signingInput, token.signature)
      ? undefined
      : causeOfSignature(token.header, token.signature)
  },
}

/** All that makes a signed token of any kind genuine, in order. What it is for and says is for others to check. */
export const signatureChecks: readonly SignatureCheck[] = [critical, algorithm, key, signature]

/** The first objection of a list of checks. */
export function firstRefusal<Subject, Context>(
  checks: readonly Check<Subject, Context>[],
  subject: Subject,
  context: Context,
): Refusal | undefined {
  for (const { check } of checks) {
    const refusal = check(subject, context)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

function keyNotFound({ kid }: JsonObject): Refusal {
  if (typeof kid !== 'string') return new Refusal('KID_MISSING')
  return new Refusal('KID_UNKNOWN', { details: { kid: quoted(kid) } })
}
