import type { NewEvent, Origin } from '../audit/events.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { KeyUse, StoredKey, StoredRing } from '../store/keys.ts'
import type { NodeAnnouncement } from '../store/nodes.ts'
import type { Store } from '../store/store.ts'
import type { Jwks } from './jwks.ts'
import { changeRing, type KeyChange, type KeyChangeParts } from './key-change.ts'
import { describeKey, describeSecrets, type KeyFacts } from './key-facts.ts'
import {
  ended,
  type KeyKind,
  type KeyTimes,
  keptUntil,
  placeOf,
  revoked,
  signsFrom,
  stepsDue,
} from './phases.ts'
import { importSigningKey, makeSigningKey } from './signing-key.ts'
import type { SigningSecrets } from './signing-secrets.ts'
import { isSealed, storeKey } from './stored-key.ts'

/** The ring, and the nodes that serve it. */
export interface KeyReport {
  readonly version: number
  readonly keys: readonly KeyFacts[]
  readonly nodes: readonly NodeAnnouncement[]
}

/** What people do to keys. Each change is one transaction with its event. */
export interface KeyManagement {
  list(): Promise<KeyReport>
  /**
   * Makes the next key, or lets the one that has been published long enough take over. Of keys for ID tokens that of
   * RS256 is meant unless another algorithm is named. Throws AuthError `KEY_STEP_EARLY` with the time from which it
   * may. Refuses no token.
   */
  rotate(
    key: { readonly use: KeyUse; readonly algorithm?: string | undefined },
    by: Origin,
  ): Promise<KeyFacts>
  /**
   * For a key that somebody else may have: new ones sign from now on, and all that the keys of this use ever signed is
   * refused, here within the bound of revocations, elsewhere as soon as the cached key set ends. Answers with the first
   * of the new ones.
   */
  rotateNow(use: KeyUse, by: Origin): Promise<KeyFacts>
  /** Takes a key out before its time would come: one that never signed, or one whose last token has ended. */
  retire(kid: string, by: Origin): Promise<void>
  /** Withdraws one key as compromised: its tokens are refused. If it signs, a new one takes its place at once. */
  revoke(kid: string, by: Origin): Promise<void>
  /** Takes in a key pair (private JWK) as the next key of its use. Throws AuthError `JWK_REFUSED` where it is weak. */
  import(jwk: unknown, use: KeyUse, by: Origin): Promise<KeyFacts>
  /** The HS256 secret, for another service that checks our tokens. Private keys are never handed out. */
  exportSecret(): { readonly kid: string; readonly secret: string }
  /** The key set as verifiers get it. */
  publicKeys(): Promise<Jwks>
  /** How many sessions hold an access token that `rotateNow` or `revoke` of the signing key refuses, at most. */
  liveSessions(): Promise<number>
}

export interface KeyManagementParts extends KeyChangeParts {
  readonly stores: Pick<Store, 'nodes' | 'sessions'>
  readonly times: KeyTimes
  /** What keys there are to be; with HS256 none for access tokens. */
  readonly kinds: readonly KeyKind[]
  readonly signingSecrets: SigningSecrets | undefined
  /** Waits until this process knows the revocations that the last change wrote. */
  readonly revocationsChanged: () => Promise<void>
}

export function createKeyManagement(parts: KeyManagementParts): KeyManagement {
  const { store, stores, keyRing, times, signingSecrets } = parts

  const kindsOf = (use: KeyUse): readonly KeyKind[] => {
    const kinds = parts.kinds.filter((kind) => kind.use === use)
    if (kinds.length > 0) return kinds
    throw refused('use', 'With HS256 the secret is changed in JWT_SECRET or SECRET_KEY, not in the key ring.')
  }
  const kindOf = (use: KeyUse, algorithm: string | undefined): KeyKind => {
    const kinds = kindsOf(use)
    const kind = algorithm === undefined ? kinds[0] : kinds.find((one) => one.algorithm === algorithm)
    if (kind !== undefined) return kind
    const names = kinds.map((one) => one.algorithm).join(', ')
    throw refused('algorithm', `Must be ${names.includes(',') ? `one of ${names}` : names}.`)
  }
  /** New keys in place of all those, their tokens refused. */
  const replaceAll = async (
    ring: StoredRing,
    { kinds, gone }: { readonly kinds: readonly KeyKind[]; readonly gone: (key: StoredKey) => boolean },
    by: Origin,
  ): Promise<KeyChange> => {
    const made = await Promise.all(
      kinds.map(async ({ use, algorithm }) => {
        const key = await makeSigningKey(algorithm)
        return storeKey(key, { use, phase: 'active', now: ring.now }, parts)
      }),
    )
    const kids = ring.keys.filter(gone).map(({ kid }) => kid)
    return {
      keys: [...ring.keys.map((old) => (gone(old) ? revoked(old, ring.now) : old)), ...made],
      event: event('key.revoked', by, {
        kids: kids.join(' '),
        successor: made.map(({ kid }) => kid).join(' '),
      }),
      revoked: kids,
    }
  }
  const factsOf = (kid: string): KeyFacts => {
    const ring = keyRing.stored
    return describeKey(find(ring, kid), ring, times)
  }

  return {
    async list() {
      const [ring, nodes] = await Promise.all([store.ring(), stores.nodes.live()])
      const keys = ring.keys.map((key) => describeKey(key, ring, times))
      return { version: ring.version, keys: [...describeSecrets(signingSecrets), ...keys], nodes }
    },

    async rotate({ use, algorithm: named }, by) {
      const kind = kindOf(use, named)
      const { algorithm } = kind
      let kid = ''
      await changeRing(parts, async (ring) => {
        const here = ring.keys.filter((key) => placeOf(key) === placeOf(kind))
        const next = here.find(({ phase }) => phase === 'next')
        if (next !== undefined) {
          kid = next.kid
          const from = signsFrom(next, times)
          if (from === undefined)
            throw early(kid, 'a live node has not announced yet that it publishes the key')
          if (ring.now < from) throw early(kid, 'verifiers may not know the key before', from)
          const keys = stepsDue({ ring, servedByAll: false, times })
          return keys && { keys, event: event('key.changed', by, { active: kid }) }
        }
        const key = await makeSigningKey(algorithm)
        kid = key.kid
        const isFirst = !here.some(({ phase }) => phase === 'active')
        const phase = isFirst ? 'active' : 'next'
        return {
          keys: [...ring.keys, storeKey(key, { use, phase, now: ring.now }, parts)],
          event: event('key.created', by, { kid, use, algorithm, phase }),
        }
      })
      return factsOf(kid)
    },

    async rotateNow(use, by) {
      const kinds = kindsOf(use)
      const gone = (key: StoredKey) => key.use === use && isSealed(key)
      await changeRing(parts, (ring) => replaceAll(ring, { kinds, gone }, by))
      await parts.revocationsChanged()
      const { algorithm } = kindOf(use, undefined)
      const active = keyRing.stored.keys.find(
        (key) => key.use === use && key.algorithm === algorithm && key.phase === 'active',
      )
      return factsOf(active?.kid ?? '')
    },

    async retire(kid, by) {
      await changeRing(parts, (ring) => {
        const key = find(ring, kid)
        if (key.phase === 'active')
          throw refused('kid', 'This key signs. Rotate first: then it retires by itself.')
        if (!isSealed(key)) throw refused('kid', `This key is ${key.phase} already.`)
        const until = keptUntil(key, ring, times)
        if (key.phase === 'retiring' && ring.now < until)
          throw early(kid, 'tokens that it signed are valid until', until)
        const left = key.phase === 'next' ? [] : ended(key, ring.now)
        return {
          keys: ring.keys.flatMap((other) => (other === key ? left : [other])),
          event: event('key.changed', by, { removed: kid }),
        }
      })
    },

    async revoke(kid, by) {
      await changeRing(parts, (ring) => {
        const key = find(ring, kid)
        if (!isSealed(key)) throw refused('kid', `This key is ${key.phase} already.`)
        const gone = (other: StoredKey) => other === key
        if (key.phase === 'active') {
          const kinds = kindsOf(key.use).filter((kind) => placeOf(kind) === placeOf(key))
          return replaceAll(ring, { kinds, gone }, by)
        }
        return {
          keys: ring.keys.map((other) => (gone(other) ? revoked(other, ring.now) : other)),
          event: event('key.revoked', by, { kids: kid }),
          revoked: [kid],
        }
      })
      await parts.revocationsChanged()
    },

    async import(jwk, use, by) {
      kindsOf(use)
      const key = importSigningKey(jwk)
      // A key for access tokens may bring another algorithm along; of ID tokens each client is registered for one.
      if (use === 'id') kindOf(use, key.algorithm)
      if (!/^[\w.~:-]{1,128}$/.test(key.kid))
        throw refused('kid', 'Must be 1 to 128 letters, digits and . _ ~ : -')
      await changeRing(parts, (ring) => {
        if (ring.keys.some((other) => other.kid === key.kid))
          throw refused('kid', 'There is a key of this kid already.')
        const place = placeOf({ use, algorithm: key.algorithm })
        const next = ring.keys.find((other) => placeOf(other) === place && other.phase === 'next')
        if (next !== undefined)
          throw refused('use', `${next.kid} is the next key already: retire it, or let it take over.`)
        return {
          keys: [...ring.keys, storeKey(key, { use, phase: 'next', now: ring.now }, parts)],
          event: event('key.imported', by, { kid: key.kid, use, algorithm: key.algorithm }),
        }
      })
      return factsOf(key.kid)
    },

    exportSecret() {
      if (signingSecrets === undefined) {
        throw refused('algorithm', 'Only HS256 has a secret to share; private keys never leave the database.')
      }
      return signingSecrets.reveal()
    },

    async publicKeys() {
      await keyRing.freshen()
      return JSON.parse(keyRing.keySet().text)
    },

    liveSessions: () => stores.sessions.countLive(),
  }
}

function find(ring: StoredRing, kid: string): StoredKey {
  const key = ring.keys.find((other) => other.kid === kid)
  if (key === undefined) throw new AuthError('NOT_FOUND')
  return key
}

function event(name: NewEvent['name'], origin: Origin, data: NewEvent['data']): NewEvent {
  return { name, origin, data }
}

function refused(field: string, message: string): AuthError {
  return new AuthError('REQUEST_INVALID', { fields: [{ field, message }] })
}

function early(kid: string, why: string, allowedAt?: number): AuthError {
  const at = allowedAt === undefined ? undefined : new Date(allowedAt).toISOString()
  return new AuthError('KEY_STEP_EARLY', {
    details: { kid, ...(at !== undefined && { allowed_at: at }) },
    fields: [{ field: 'kid', message: `Too early: ${at === undefined ? why : `${why} ${at}`}.` }],
  })
}
