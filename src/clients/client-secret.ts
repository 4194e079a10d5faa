import { equalInConstantTime } from '../base/constant-time.ts'
import { type Random, randomSecret } from '../base/random.ts'
import { hashSecret } from '../tokens/secret-hash.ts'

/** For scanners that look for leaked secrets. */
const PREFIX = 'cs_client_'

/** A new secret of 256 bits. It is shown once; the store has its hash. */
export function newClientSecret(random: Random): string {
  return PREFIX + randomSecret(random)
}

/**
 * Whether one of the hashes is that of the secret. All are compared, each in constant time. A plain hash will do, for
 * nobody can guess 256 random bits.
 */
export function matchesSecret(secret: string, hashes: readonly string[]): boolean {
  const presented = Buffer.from(hashSecret(secret))
  return hashes.reduce((found, hash) => equalInConstantTime(presented, Buffer.from(hash)) || found, false)
}

/** Whether a text has the form of a client's secret, which no password of a person has. Proves nothing. */
export function isClientSecret(text: string): boolean {
  return text.startsWith(PREFIX)
}
