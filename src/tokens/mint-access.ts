import { encodeBase64Url } from '../base/base64url.ts'
import type { Signer } from '../keys/signing-key.ts'
import type { AccessClaims } from '../model/access-token.ts'
import { LONGEST_TOKEN } from './compact.ts'

/**
 * Signs an access token (RFC 9068). The claims are the caller's: `exp`, `iat` and `ver` come from the statement of the
 * database that allowed it, never from a clock of this process. Throws RangeError where the token would be longer
 * than any verifier reads.
 */
export function mintAccessToken(claims: AccessClaims, key: Signer): string {
  const signingInput = `${headerOf(key)}.${encodeBase64Url(JSON.stringify(claims))}`
  const token = `${signingInput}.${encodeBase64Url(key.sign(signingInput))}`
  if (token.length > LONGEST_TOKEN)
    throw new RangeError(`the token has ${token.length} characters: too many claims`)
  return token
}

const headers = new WeakMap<Signer, string>()

/** The first part of all tokens of a key. */
function headerOf(key: Signer): string {
  const known = headers.get(key)
  if (known !== undefined) return known
  const header = encodeBase64Url(JSON.stringify({ alg: key.algorithm, typ: 'at+jwt', kid: key.kid }))
  headers.set(key, header)
  return header
}
