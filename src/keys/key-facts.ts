import type { KeyPhase, KeyUse, StoredKey, StoredRing } from '../store/keys.ts'
import { type KeyTimes, keptUntil, signsFrom } from './phases.ts'
import { sealedWith } from './seal.ts'
import type { SigningSecrets } from './signing-secrets.ts'
import { isSealed } from './stored-key.ts'

/** A key as operators see it. Times are milliseconds since 1970, by the store's clock. */
export interface KeyFacts {
  readonly kid: string
  readonly use: KeyUse
  readonly algorithm: string
  readonly phase: KeyPhase
  /** When the phase began; of a secret out of the configuration that is not known. */
  readonly since: number | undefined
  /** The step that comes by itself. Without `at` it waits for a live node to publish the key. */
  readonly next: { readonly phase: KeyPhase; readonly at: number | undefined } | undefined
  /** The entry of SECRET_KEY that its private half is encrypted under, by fingerprint. */
  readonly secretKey: string | undefined
}

export function describeKey(key: StoredKey, ring: StoredRing, times: KeyTimes): KeyFacts {
  const { kid, use, algorithm, phase, phaseAt: since } = key
  const next = {
    next: { phase: 'active', at: signsFrom(key, times) },
    active: undefined,
    retiring: { phase: 'gone', at: keptUntil(key, ring, times) },
    gone: undefined,
    revoked: undefined,
  } as const
  return {
    kid,
    use,
    algorithm,
    phase,
    since,
    next: next[phase],
    secretKey: isSealed(key) ? sealedWith(key.sealed) : undefined,
  }
}

/** Those before the one that signs are on their way in, those behind it on their way out. */
export function describeSecrets(secrets: SigningSecrets | undefined): KeyFacts[] {
  if (secrets === undefined) return []
  const signing = secrets.fingerprints.indexOf(secrets.signing()?.kid ?? '')
  return secrets.fingerprints.map((kid, index) => ({
    kid,
    use: 'access',
    algorithm: 'HS256',
    phase: index === signing ? 'active' : signing !== -1 && index > signing ? 'retiring' : 'next',
    since: undefined,
    next: undefined,
    secretKey: undefined,
  }))
}
