import type { Settings } from '../config/settings.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { SecretKeys } from '../keys/secret-keys.ts'
import { derivedSigningSecrets, type SigningSecrets, signingSecretsOf } from '../keys/signing-secrets.ts'
import type { Store } from '../store/store.ts'

/** What HS256 signs with: JWT_SECRET, or a secret of its own derived from each entry of SECRET_KEY. */
export function signingSecretsFor(
  { jwtAlgorithm, jwtSecret }: Settings,
  secretKeys: SecretKeys,
): SigningSecrets | undefined {
  if (jwtAlgorithm !== 'HS256') return undefined
  if (jwtSecret === undefined) return derivedSigningSecrets(secretKeys)
  return signingSecretsOf(jwtSecret.map((secret) => secret.reveal()))
}

/**
 * A key that left SECRET_KEY while something is still made with it would sign people out, or leave a signing key that
 * nobody can decrypt. Better not to start, and to say how to.
 */
export async function refuseLostSecretKeys(store: Store, secretKeys: SecretKeys): Promise<void> {
  const uses = Object.entries(await store.nodes.secretKeyUses())
  const lost = uses.filter(([fingerprint, count]) => count > 0 && !secretKeys.find(fingerprint))
  if (lost.length === 0) return
  throw new AuthError('SECRET_KEY_IN_USE', {
    details: {
      keys: lost.map(([fingerprint, count]) => `${fingerprint} (named ${count} times)`),
      have: secretKeys.fingerprints,
    },
  })
}
