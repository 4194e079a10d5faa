import { hash } from 'node:crypto'
import type { Cause } from '../errors/codes.ts'

/** Base64url of the 32 bytes of SHA-256 (RFC 7636 section 4.2); `plain` is not taken (C3). */
export function isChallenge(text: string): boolean {
  return /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(text)
}

/** The challenge of a verifier by S256. */
export function challengeOf(verifier: string): string {
  return hash('sha256', verifier, 'base64url')
}

/**
 * Whether a verifier belongs to the challenge of its code: undefined, or why not (RFC 7636 section 4.6). A challenge
 * needs its verifier, and a verifier without a challenge is refused too: somebody took the challenge away (C3).
 */
export function faultOfVerifier(
  verifier: string | undefined,
  challenge: string | undefined,
): Cause | undefined {
  if (challenge === undefined) return verifier === undefined ? undefined : 'PKCE_NOT_STARTED'
  if (verifier === undefined) return 'PKCE_VERIFIER_LOST'
  // Both are known to who asks, so nothing is learnt by the time that comparing takes.
  if (/^[A-Za-z0-9._~-]{43,128}$/.test(verifier) && challengeOf(verifier) === challenge) return undefined
  const ofHexadecimal = challengeOf(hash('sha256', verifier, 'hex'))
  return ofHexadecimal === challenge ? 'PKCE_CHALLENGE_ENCODING' : 'PKCE_STALE_TRANSACTION'
}
