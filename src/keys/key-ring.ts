import type { Origin } from '../audit/events.ts'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { KeyVerbs, StoredKey, StoredRing } from '../store/store.ts'
import type { SigningAlgorithm } from './algorithm.ts'
import { seal, unseal } from './seal.ts'
import type { SecretKeys } from './secret-keys.ts'
import { generateSigningKey, importSigningKey, type SigningKey } from './signing-key.ts'
import type { VerificationKey } from './verification-key.ts'

/** The signing keys of this issuer, as this process knows them. */
export interface KeyRing {
  /** Reads the ring, making the first key where there has never been one. Rejects if a key cannot be decrypted. */
  load(): Promise<void>
  /** Reads the ring again if the store's is newer. */
  update(version: number): Promise<void>
  readonly version: number
  /** The one key that signs new tokens. */
  signingKey(): SigningKey
  /** A key that tokens may be signed with, by its `kid`. */
  find(kid: string): VerificationKey | undefined
  /** Public halves, for the JWKS document. */
  publicKeys(): readonly SigningKey[]
}

export interface KeyRingParts {
  readonly store: KeyVerbs
  readonly secretKeys: SecretKeys
  readonly algorithm: SigningAlgorithm
  readonly clock: Clock
  readonly random: Random
}

const SYSTEM: Origin = { actor: { kind: 'system' } }

export function createKeyRing(parts: KeyRingParts): KeyRing {
  let version = 0
  let signing: SigningKey | undefined
  let known = new Map<string, SigningKey>()

  const take = (ring: StoredRing): void => {
    const live = ring.keys.filter((key) => key.phase !== 'revoked')
    known = new Map(live.map((key) => [key.kid, known.get(key.kid) ?? open(key, parts.secretKeys)]))
    const active = live.find((key) => key.phase === 'active')
    signing = active === undefined ? undefined : known.get(active.kid)
    version = ring.version
  }

  const load = async (): Promise<void> => {
    const ring = await parts.store.ring()
    if (ring.keys.some((key) => key.phase === 'active')) return take(ring)
    await makeFirstKey(ring, parts)
    take(await parts.store.ring())
  }

  return {
    load,
    async update(newest) {
      if (newest > version) await load()
    },
    get version() {
      return version
    },
    signingKey() {
      if (signing === undefined) throw new AuthError('SIGNING_KEY_MISSING')
      return signing
    },
    find: (kid) => known.get(kid)?.verification,
    publicKeys: () => [...known.values()],
  }
}

/** Two nodes that start at once: one writes, the other finds the ring changed and reads it. */
async function makeFirstKey(ring: StoredRing, parts: KeyRingParts): Promise<void> {
  const key = generateSigningKey(parts.algorithm)
  const now = parts.clock.now()
  const stored: StoredKey = {
    kid: key.kid,
    algorithm: key.algorithm,
    phase: 'active',
    publicJwk: key.publicJwk,
    sealed: seal(
      JSON.stringify(key.privateJwk()),
      purposeOf(key.kid),
      parts.secretKeys.writing,
      parts.random,
    ),
    createdAt: now,
    phaseAt: now,
  }
  await parts.store.replace(ring.version, [...ring.keys, stored], {
    name: 'key.created',
    origin: SYSTEM,
    data: { kid: key.kid, algorithm: key.algorithm },
  })
}

function open(key: StoredKey, secretKeys: SecretKeys): SigningKey {
  const opened = unseal(key.sealed, purposeOf(key.kid), secretKeys)
  if ('unreadable' in opened) {
    throw new AuthError('SIGNING_KEY_UNREADABLE', { details: { kid: key.kid, why: opened.unreadable } })
  }
  return importSigningKey(JSON.parse(opened.plain))
}

function purposeOf(kid: string): string {
  return `signing-key ${kid}`
}
