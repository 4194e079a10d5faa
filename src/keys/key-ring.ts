import { createHash } from 'node:crypto'
import { type Clock, type Moment, millisecondsSince, momentOf } from '../base/clock.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { IdTokenAlgorithm } from '../model/client.ts'
import type { KeyUse, KeyVerbs, StoredKey, StoredRing } from '../store/keys.ts'
import { jwksOf } from './jwks.ts'
import { placeOf } from './phases.ts'
import type { SecretKeys } from './secret-keys.ts'
import type { Signer, SigningKey } from './signing-key.ts'
import type { SigningSecrets } from './signing-secrets.ts'
import { isSealed, openKey } from './stored-key.ts'
import { importPublicJwk, type PublicVerificationKey, type VerificationKey } from './verification-key.ts'

/** The JWKS document as it is sent: the same bytes on every node that has the same keys. */
export interface KeySetText {
  readonly text: string
  /** Names these bytes (RFC 9110 section 8.8.3). */
  readonly etag: string
}

/** The signing keys of this issuer, as this process knows them. */
export interface KeyRing {
  /** Reads the ring. Rejects if a key cannot be decrypted, and keeps what it knew. */
  load(): Promise<void>
  /** Takes note of the version that the store had so many milliseconds ago; reads the ring if it is another. */
  follow(version: number, ageMilliseconds: number): Promise<void>
  /** Reads the ring if it is too old to sign with or to show. */
  freshen(): Promise<void>
  /** The ring as stored, its clock moved on. */
  readonly stored: StoredRing
  /**
   * What signs new access tokens. Throws AuthError `KEY_RING_STALE` where this node has not heard of the ring for too
   * long: its key may be one that verifiers have let go (PROTOCOL 3.1).
   */
  signingKey(): Signer
  /** The key pair that signs ID tokens of the algorithm; undefined before the first. Throws as `signingKey` does. */
  idKey(algorithm: IdTokenAlgorithm): SigningKey | undefined
  /** A key that access tokens may be signed with, by its `kid`. */
  find(kid: string): VerificationKey | undefined
  /** A key that ID tokens may be signed with. */
  findIdKey(kid: string): VerificationKey | undefined
  /** The public keys. Throws as `signingKey` does. */
  keySet(): KeySetText
}

export interface KeyRingParts {
  readonly store: KeyVerbs
  readonly secretKeys: SecretKeys
  /** With HS256. */
  readonly signingSecrets: SigningSecrets | undefined
  readonly clock: Clock
  readonly maxStalenessMilliseconds: number
  /** Told when another version of the ring is in use. */
  readonly onChange: () => void
}

interface KnownKey {
  readonly use: KeyUse
  readonly verification: PublicVerificationKey
  /** Undefined for a key that was revoked, which is known only so that its tokens are refused for the right reason. */
  readonly pair: SigningKey | undefined
}

export function createKeyRing(parts: KeyRingParts): KeyRing {
  const { store, secretKeys, signingSecrets, clock } = parts
  let stored: StoredRing = { version: 0, keys: [], now: 0, longestLifeSeconds: 0 }
  let known: ReadonlyMap<string, KnownKey> = new Map()
  /** What signs, by its place. */
  let active: ReadonlyMap<string, SigningKey | undefined> = new Map()
  let keySet = keySetOf([])
  /** When the ring was asked for that is in use, or confirmed to be the newest. */
  let confirmed: Moment | undefined
  let asked = 0
  let taken = 0
  let readAt = 0

  const know = (key: StoredKey): KnownKey => {
    const former = known.get(key.kid)
    if (isSealed(key)) {
      const pair = former?.pair ?? openKey(key, secretKeys)
      return { use: key.use, verification: pair.verification, pair }
    }
    return {
      use: key.use,
      verification: former?.verification ?? importPublicJwk(key.publicJwk),
      pair: undefined,
    }
  }

  const take = (ring: StoredRing): void => {
    const kept = ring.keys.filter((key) => isSealed(key) || key.phase === 'revoked')
    const now = new Map(kept.map((key) => [key.kid, know(key)]))
    // A signature that is remembered names its key object: that is how the memory learns that the key has gone.
    for (const { verification } of [...known.values(), ...now.values()]) {
      if (now.get(verification.kid)?.pair === undefined) verification.withdraw()
    }
    const isAnother = ring.version !== stored.version
    known = now
    const signing = kept.filter(({ phase }) => phase === 'active')
    active = new Map(signing.map((key) => [placeOf(key), now.get(key.kid)?.pair]))
    keySet = keySetOf([...now.values()])
    stored = ring
    if (isAnother) parts.onChange()
  }

  const load = async (): Promise<void> => {
    const moment = momentOf(clock)
    const question = ++asked
    const ring = await store.ring()
    // The answer to a later question is here already, and this one may be older.
    if (question < taken) return
    take(ring)
    taken = question
    readAt = moment.elapsed
    confirmed = moment
  }

  const isStale = (): boolean =>
    confirmed === undefined || millisecondsSince(clock, confirmed) > parts.maxStalenessMilliseconds

  const fresh = <Value>(value: Value): Value => {
    if (isStale()) throw new AuthError('KEY_RING_STALE')
    return value
  }

  const lookUp = (use: KeyUse, kid: string): VerificationKey | undefined => {
    const found = known.get(kid)
    return found?.use === use ? found.verification : undefined
  }

  return {
    load,
    async follow(version, ageMilliseconds) {
      if (version !== stored.version) return load()
      const { now, elapsed } = momentOf(clock)
      confirmed = { now: now - ageMilliseconds, elapsed: elapsed - ageMilliseconds }
    },
    async freshen() {
      if (isStale()) await load()
    },
    get stored() {
      return { ...stored, now: stored.now + clock.elapsed() - readAt }
    },
    signingKey() {
      const signer = signingSecrets?.signing() ?? active.get('access') ?? signingSecrets?.first
      if (signer === undefined) throw new AuthError('SIGNING_KEY_MISSING')
      return fresh(signer)
    },
    idKey: (algorithm) => fresh(active.get(placeOf({ use: 'id', algorithm }))),
    find: (kid) => lookUp('access', kid) ?? signingSecrets?.find(kid)?.verification,
    findIdKey: (kid) => lookUp('id', kid),
    keySet: () => fresh(keySet),
  }
}

/**
 * Keys for access tokens stand first: some verifiers try the keys of a set one after the other, whatever the `kid` says,
 * and give up at one of another type (python-jose).
 */
function keySetOf(keys: readonly KnownKey[]): KeySetText {
  const ofUse = (use: KeyUse) => jwksOf(keys.flatMap((key) => (key.use === use && key.pair) || [])).keys
  const text = JSON.stringify({ keys: [...ofUse('access'), ...ofUse('id')] })
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url')}"` }
}
