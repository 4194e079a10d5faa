import type { Random } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { KeyUse, StoredKey } from '../store/keys.ts'
import { seal, sealedWith, unseal } from './seal.ts'
import type { SecretKey, SecretKeys } from './secret-keys.ts'
import { importSigningKey, type SigningKey } from './signing-key.ts'

/** A key pair as it is stored: the private half encrypted under the secret key that writes now. */
export function storeKey(
  key: SigningKey,
  { use, phase, now }: { readonly use: KeyUse; readonly phase: 'next' | 'active'; readonly now: number },
  { secretKeys, random }: { readonly secretKeys: SecretKeys; readonly random: Random },
): StoredKey {
  return {
    kid: key.kid,
    use,
    algorithm: key.algorithm,
    phase,
    publicJwk: key.publicJwk,
    sealed: seal(JSON.stringify(key.privateJwk()), purposeOf(key.kid), secretKeys.writing, random),
    createdAt: now,
    phaseAt: now,
    publishedAt: undefined,
  }
}

/** The key pair. Throws AuthError `SIGNING_KEY_UNREADABLE` where no secret key at hand decrypts it. */
export function openKey(key: StoredKey, secretKeys: SecretKeys): SigningKey {
  return importSigningKey(JSON.parse(plainOf(key, secretKeys)))
}

/** The same, encrypted under another secret key; as it was where that is the one it is under. */
export function resealKey(key: StoredKey, to: SecretKey, secretKeys: SecretKeys, random: Random): StoredKey {
  if (!isSealed(key) || sealedWith(key.sealed) === to.fingerprint) return key
  return { ...key, sealed: seal(plainOf(key, secretKeys), purposeOf(key.kid), to, random) }
}

/** Whether there is a private half: not of a key whose tokens have ended. */
export function isSealed(key: StoredKey): boolean {
  return key.sealed !== '' && (key.phase === 'next' || key.phase === 'active' || key.phase === 'retiring')
}

function plainOf(key: StoredKey, secretKeys: SecretKeys): string {
  const opened = unseal(key.sealed, purposeOf(key.kid), secretKeys)
  if ('plain' in opened) return opened.plain
  const missing = opened.unreadable === 'key_missing'
  throw new AuthError('SIGNING_KEY_UNREADABLE', {
    details: {
      kid: key.kid,
      why: missing
        ? `it is under the secret key ${sealedWith(key.sealed)}, which is not in SECRET_KEY`
        : 'damaged',
      have: secretKeys.fingerprints,
    },
  })
}

function purposeOf(kid: string): string {
  return `signing-key ${kid}`
}
