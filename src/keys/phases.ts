import { WRONG_CLOCK_MILLISECONDS } from '../base/clock.ts'
import { DAY_MILLISECONDS } from '../base/duration.ts'
import type { KeyUse, StoredKey, StoredRing } from '../store/keys.ts'
import type { SigningAlgorithm } from './algorithm.ts'

/*
 * The life of a signing key (PROTOCOL 3): next → active → retiring → gone, each step decided here by pure functions
 * and carried out elsewhere, under the lock that the version of the ring is.
 *
 * A `next` key is published and signs nothing, so that every verifier knows it before its first token; a `retiring`
 * one signs nothing any more and is published until its last token has ended.
 */

/** The times that the life of a key is measured by. Milliseconds. */
export interface KeyTimes {
  /** How long a verifier may go on with the key set it has. */
  readonly cacheMilliseconds: number
  /** Beyond two cache lives, before a key signs: what requests and clocks may be late. */
  readonly publishingMarginMilliseconds: number
  /** Beyond the longest life of a token, before a key goes: tolerance of verifiers, and how late a node may sign. */
  readonly keepingMarginMilliseconds: number
}

/** How long a verifier may go on with the JWKS document, as its answer says. Seconds. */
export const JWKS_CACHE_SECONDS = 300

/** 60 s tolerance, a node that learns of its ring as late as the settings allow (300 s), 5 s to sign, and a minute. */
const KEEPING_MARGIN_SECONDS = 60 + 300 + 5 + 60

export const KEY_TIMES: KeyTimes = {
  cacheMilliseconds: JWKS_CACHE_SECONDS * 1000,
  publishingMarginMilliseconds: 60_000,
  keepingMarginMilliseconds: KEEPING_MARGIN_SECONDS * 1000,
}

/** How long the public half of a key for ID tokens is kept, for a client may hand an old one back at logout. */
const ARCHIVE_MILLISECONDS = 400 * DAY_MILLISECONDS

/** What a key is for. */
export interface KeyKind {
  readonly use: KeyUse
  readonly algorithm: SigningAlgorithm
}

/**
 * Names the place that one key at a time signs in. For access tokens there is one, whose keys may have one algorithm
 * after another; for ID tokens one for each algorithm, as clients are registered for it.
 */
export function placeOf({ use, algorithm }: Pick<StoredKey, 'use' | 'algorithm'>): string {
  return use === 'id' ? `id ${algorithm}` : use
}

/** From when a `next` key may sign; undefined while a live node has not announced that it publishes it. */
export function signsFrom(key: StoredKey, times: KeyTimes): number | undefined {
  if (key.publishedAt === undefined) return undefined
  return key.publishedAt + 2 * times.cacheMilliseconds + times.publishingMarginMilliseconds
}

/** Until when a key that has stopped signing is kept: the last token it signed has then ended everywhere. */
export function keptUntil(key: StoredKey, ring: StoredRing, times: KeyTimes): number {
  const lastTokenEnds = key.phaseAt + ring.longestLifeSeconds * 1000 + times.keepingMarginMilliseconds
  if (key.phase === 'gone') return key.phaseAt + ARCHIVE_MILLISECONDS
  // Longer than its entry, so that a clock set wrong, and corrected, does not forget why tokens are refused.
  return key.phase === 'revoked' ? lastTokenEnds + WRONG_CLOCK_MILLISECONDS : lastTokenEnds
}

/** What everybody must agree on before the ring is moved. */
export interface RingFacts {
  readonly ring: StoredRing
  /** Every live node has announced that it serves this very ring. */
  readonly servedByAll: boolean
  readonly times: KeyTimes
}

/**
 * The keys after every step that is due by the store's clock; undefined if none is. A key that became published is
 * marked, a `next` key that waited takes over, and what has outlived its last token goes.
 */
export function stepsDue({ ring, servedByAll, times }: RingFacts): readonly StoredKey[] | undefined {
  const { now } = ring
  const promoted = new Map<string, StoredKey>()
  for (const key of ring.keys) {
    const from = key.phase === 'next' ? signsFrom(key, times) : undefined
    if (from !== undefined && now >= from && !promoted.has(placeOf(key))) promoted.set(placeOf(key), key)
  }
  const keys = ring.keys.flatMap((key) => step(key, promoted, { ring, servedByAll, times }))
  const changed = keys.length < ring.keys.length || keys.some((key, index) => key !== ring.keys[index])
  return changed ? keys : undefined
}

function step(
  key: StoredKey,
  promoted: ReadonlyMap<string, StoredKey>,
  { ring, servedByAll, times }: RingFacts,
): readonly StoredKey[] {
  const { now } = ring
  if (key.phase === 'next') {
    if (promoted.get(placeOf(key)) === key) return [{ ...key, phase: 'active', phaseAt: now }]
    return [key.publishedAt === undefined && servedByAll ? { ...key, publishedAt: now } : key]
  }
  if (key.phase === 'active') {
    return [promoted.has(placeOf(key)) ? { ...key, phase: 'retiring', phaseAt: now } : key]
  }
  if (now < keptUntil(key, ring, times)) return [key]
  return key.phase === 'retiring' ? ended(key, now) : []
}

/** What is left of a key whose last token has ended: of one for ID tokens the public half, of another nothing. */
export function ended(key: StoredKey, now: number): StoredKey[] {
  return key.use === 'id' ? [{ ...key, phase: 'gone', phaseAt: now, sealed: '' }] : []
}

/** What a key becomes when it is withdrawn: its private half is of no use to anybody any more. */
export function revoked(key: StoredKey, now: number): StoredKey {
  return { ...key, phase: 'revoked', phaseAt: now, sealed: '' }
}

/** A key that ought to be made. */
export interface WantedKey extends KeyKind {
  /** The first key of its place signs at once, for no verifier can know another. */
  readonly phase: 'next' | 'active'
}

/** What keys an issuer is to have. */
export interface KeyPolicy {
  /** One of each place. With HS256 there are none for access tokens. */
  readonly kinds: readonly KeyKind[]
  readonly rotateAfterMilliseconds: number
}

/**
 * The first key that is missing: there is none in a place, or the one that signs has come of age or, where all live nodes
 * agree on another algorithm, has the wrong one. Undefined while a successor is on its way.
 */
export function keyWanted(
  { keys, now }: StoredRing,
  { kinds, rotateAfterMilliseconds }: KeyPolicy,
  algorithmAgreed: boolean,
): WantedKey | undefined {
  for (const kind of kinds) {
    const here = keys.filter((key) => placeOf(key) === placeOf(kind))
    const active = here.find(({ phase }) => phase === 'active')
    if (active === undefined) return { ...kind, phase: 'active' }
    if (here.some(({ phase }) => phase === 'next')) continue
    const isOld = now - active.phaseAt >= rotateAfterMilliseconds
    if (isOld || (algorithmAgreed && active.algorithm !== kind.algorithm)) return { ...kind, phase: 'next' }
  }
  return undefined
}
