import { isJsonObject } from '../base/strict-json.ts'
import type { RevocationKind } from '../model/revocation.ts'
import type { PulledRevocation, RevocationCensus } from '../store/revocations.ts'
import { isKind } from './entries.ts'
import type { RevocationAnswer } from './source.ts'

/** What a node answers to a service that only verifies (`GET /revocations`). Durations are seconds. */
export interface FeedDocument {
  /** As in the question: shows that nothing between has answered from memory. */
  readonly nonce: string
  readonly complete: boolean
  readonly cursor: string
  readonly identity: string
  /** How long ago the answering node asked the database. */
  readonly age: number
  /** The time of the database, ISO 8601: to compare with, not to judge by. */
  readonly store_time: string
  /** Entries are kept for tokens of at most this life (PROTOCOL 2.5). */
  readonly covered_life: number
  readonly store_epoch: number
  readonly ring_version: number
  readonly entries: readonly FeedEntry[]
  readonly census?: FeedCensus
}

/** How many entries end at a second (since 1970, by the database's clock) or later, and the sum of seconds from there. */
export interface FeedCensus {
  readonly from: number
  readonly count: number
  readonly sum: number
}

export interface FeedEntry {
  readonly kind: RevocationKind
  readonly ref: string
  /** The least acceptable counter; absent: everything the reference names has ended. */
  readonly least?: number
  /** How much longer the entry matters. No clock of the reader takes part. */
  readonly remaining: number
}

/** What a verifier asks. */
export interface FeedQuestion {
  readonly nonce: string
  /** Of the last answer; none asks for everything. */
  readonly cursor: string | undefined
  /** How long the answer may wait for something new. */
  readonly waitMilliseconds: number
  /** Asks for a census, and then for an answer without waiting. */
  readonly census: boolean
}

export const LONGEST_WAIT_MILLISECONDS = 2000
const LONGEST_CURSOR = 500
/** No token that names it could be longer. */
const LONGEST_REFERENCE = 8192

/** The query of a question. */
export function writeFeedQuestion({
  nonce,
  cursor,
  waitMilliseconds,
  census,
}: FeedQuestion): URLSearchParams {
  const query = new URLSearchParams({ nonce, wait: (waitMilliseconds / 1000).toFixed(3) })
  if (cursor !== undefined) query.set('cursor', cursor)
  if (census) query.set('census', 'true')
  return query
}

/** The question of a query, or undefined if it is none. Longer waits than two seconds are cut. */
export function readFeedQuestion(query: URLSearchParams): FeedQuestion | undefined {
  if (new Set(query.keys()).size !== query.size) return undefined
  const nonce = query.get('nonce') ?? ''
  const cursor = query.get('cursor') ?? undefined
  const wait = query.get('wait') ?? '0'
  const census = query.get('census') ?? 'false'
  if (!/^[\w-]{1,64}$/.test(nonce) || !/^\d{1,4}(\.\d{1,6})?$/.test(wait)) return undefined
  if ((cursor !== undefined && !isText(cursor)) || !/^(true|false)$/.test(census)) return undefined
  const waitMilliseconds = Math.min(Math.round(Number(wait) * 1000), LONGEST_WAIT_MILLISECONDS)
  return { nonce, cursor, waitMilliseconds, census: census === 'true' }
}

/** Writes an answer of the database as a document. */
export function writeFeedDocument(
  answer: RevocationAnswer,
  nonce: string,
  ageMilliseconds: number,
): FeedDocument {
  const { census, now = 0 } = answer
  return {
    nonce,
    complete: answer.complete,
    cursor: answer.cursor,
    identity: answer.identity,
    // Rounded up: too old is safe, too young is not.
    age: Math.ceil(ageMilliseconds + (answer.ageMilliseconds ?? 0)) / 1000,
    store_time: new Date(now).toISOString(),
    covered_life: answer.coveredLifeSeconds,
    store_epoch: answer.storeEpoch,
    ring_version: answer.ringVersion,
    entries: answer.entries.map(({ kind, ref, least, remainingMilliseconds }) => ({
      kind,
      ref,
      ...(least === undefined ? {} : { least }),
      remaining: remainingMilliseconds / 1000,
    })),
    ...(census === undefined
      ? {}
      : { census: { from: census.fromSeconds, count: census.count, sum: census.sum } }),
  }
}

/**
 * Reads a document that answers the question with that nonce. Undefined if any part of it is not as it should be: half
 * an answer proves nothing. Entries of kinds we do not know are left out, for no credential of ours is of such a kind.
 */
export function readFeedDocument(document: unknown, nonce: string): RevocationAnswer | undefined {
  if (!isJsonObject(document) || document.nonce !== nonce) return undefined
  const { complete, cursor, identity, age, covered_life, store_epoch, ring_version, entries } = document
  if (typeof complete !== 'boolean' || !isText(cursor) || !isText(identity) || !Array.isArray(entries))
    return undefined
  if (!isDuration(age) || !isDuration(covered_life) || !isCount(store_epoch) || !isCount(ring_version))
    return undefined
  const now = typeof document.store_time === 'string' ? Date.parse(document.store_time) : Number.NaN
  const census = readCensus(document.census)
  if (Number.isNaN(now) || (document.census !== undefined && census === undefined)) return undefined
  const read: PulledRevocation[] = []
  for (const entry of entries as readonly unknown[]) {
    if (!isJsonObject(entry) || typeof entry.kind !== 'string' || !isText(entry.ref, LONGEST_REFERENCE))
      return undefined
    if (!isDuration(entry.remaining) || !(entry.least === undefined || isCount(entry.least))) return undefined
    if (!isKind(entry.kind)) continue
    const { kind, ref, least, remaining } = entry
    read.push({ kind, ref, least, remainingMilliseconds: Math.round(remaining * 1000) })
  }
  return {
    entries: read,
    complete,
    cursor,
    identity,
    ageMilliseconds: age * 1000,
    now,
    coveredLifeSeconds: covered_life,
    storeEpoch: store_epoch,
    ringVersion: ring_version,
    ...(census === undefined ? {} : { census }),
  }
}

function readCensus(value: unknown): RevocationCensus | undefined {
  if (!isJsonObject(value) || !isCount(value.from) || !isCount(value.count) || !isCount(value.sum))
    return undefined
  return { fromSeconds: value.from, count: value.count, sum: value.sum }
}

function isText(value: unknown, longest = LONGEST_CURSOR): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longest
}

function isDuration(value: unknown): value is number {
  return Number.isFinite(value) && Number(value) >= 0
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
