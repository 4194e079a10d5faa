import type { SessionEnd } from './session.ts'

/** How many generations a token may be ahead of its row and still be taken for a commit that the database lost. */
export const MOST_AHEAD = 4

export type RefreshVerdict =
  | 'unknown'
  | 'ended'
  | 'expired'
  | 'hold'
  | 'ahead'
  | 'rotate'
  | 'repeat'
  | 'late_repeat'
  | 'reuse'

/** What the row of a session says about its refresh token. Times are milliseconds since 1970. */
export interface RefreshRow {
  readonly generation: number
  /** The secret key (by fingerprint) that the current generation's text is made with. */
  readonly keyId: string
  /** Hash of the Idempotency-Key that came with the last rotation. */
  readonly attempt: string | undefined
  readonly turnedAt: number
  /** Generations from here on were passed at `markAt` or later; the pair before it moves to `previous…`. */
  readonly markGeneration: number
  readonly markAt: number
  readonly previousGeneration: number
  readonly previousAt: number
  readonly idleAt: number
  readonly endsAt: number
  readonly ended: boolean
  /** Counters and states a session depends on: as stored with it, and as they are now. */
  readonly userEpoch: number
  readonly userEpochNow: number
  readonly userActive: boolean
  readonly clientActive: boolean
  readonly storeEpoch: number
  readonly storeEpochNow: number
}

/** What a caller presents, and the settings it is judged by. */
export interface RefreshAttempt {
  readonly generation: number
  /** Hash of the Idempotency-Key of this request. */
  readonly attempt: string | undefined
  /** Zero is strict mode: no repeat is forgiven, except the late one that proves it is the same caller. */
  readonly reuseWindowMilliseconds: number
  readonly idleMilliseconds: number
  /** The secret key (by fingerprint) that new texts are made with. */
  readonly writingKeyId: string
  /** The clock was seen to step within the last two windows. */
  readonly clockUnsure: boolean
  /** No repeat is forgiven this caller, for they come from elsewhere and the setting says that this is reuse. */
  readonly isSuspect?: boolean | undefined
}

/** The members of the row that a verdict changes. */
export interface RefreshChange
  extends Pick<
    RefreshRow,
    | 'generation'
    | 'keyId'
    | 'attempt'
    | 'turnedAt'
    | 'markGeneration'
    | 'markAt'
    | 'previousGeneration'
    | 'previousAt'
    | 'idleAt'
  > {
  readonly endedAt: number | undefined
  readonly endedWhy: SessionEnd | undefined
}

export interface RefreshDecision {
  readonly verdict: RefreshVerdict
  /** The time the decision was made as of: never before the last rotation. Milliseconds since 1970. */
  readonly asOf: number
  /** Absent where the row stays as it is. */
  readonly change: RefreshChange | undefined
}

/**
 * Decides what a presented generation means for its session. Pure; the PostgreSQL statement says the same in SQL and
 * a test compares the two. Whether the token is genuine (its MAC) and whose it is was checked before.
 */
export function decideRefresh(row: RefreshRow, presented: RefreshAttempt, clock: number): RefreshDecision {
  const asOf = Math.max(clock, row.turnedAt)
  const verdict = verdictOf(row, presented, clock, asOf)
  return { verdict, asOf, change: changeOf(verdict, row, presented, asOf) }
}

function verdictOf(row: RefreshRow, presented: RefreshAttempt, clock: number, asOf: number): RefreshVerdict {
  const { generation: p, reuseWindowMilliseconds: window, isSuspect = false } = presented
  const direct = row.generation - 1
  if (row.ended || !row.userActive || !row.clientActive) return 'ended'
  if (row.userEpoch < row.userEpochNow || row.storeEpoch < row.storeEpochNow) return 'ended'
  if (clock >= row.endsAt || clock >= row.idleAt) return 'expired'
  if (p > row.generation + MOST_AHEAD) return 'hold'
  if (p > row.generation) return 'ahead'
  if (p === row.generation) return 'rotate'
  if (!isSuspect && p === direct && asOf < row.turnedAt + window) return 'repeat'
  if (p === direct && presented.attempt !== undefined && presented.attempt === row.attempt) {
    return 'late_repeat'
  }
  if (isSuspect) return 'reuse'
  if (p < direct && isYoung(row, p, asOf, window)) return 'repeat'
  if (window > 0 && presented.clockUnsure && p >= Math.min(row.previousGeneration, direct)) return 'repeat'
  return 'reuse'
}

/** Passed no longer ago than its window; two marks instead of a list make it two windows at most. */
function isYoung(row: RefreshRow, p: number, asOf: number, window: number): boolean {
  return (
    (p >= row.markGeneration && asOf < row.markAt + 2 * window) ||
    (p >= row.previousGeneration && asOf < row.previousAt + 2 * window)
  )
}

function changeOf(
  verdict: RefreshVerdict,
  row: RefreshRow,
  presented: RefreshAttempt,
  asOf: number,
): RefreshChange | undefined {
  const moves = verdict === 'rotate' || verdict === 'ahead'
  if (!moves && verdict !== 'late_repeat' && verdict !== 'reuse') return undefined
  const ends = verdict === 'reuse'
  const marks = verdict === 'late_repeat' || (moves && asOf >= row.markAt + presented.reuseWindowMilliseconds)
  return {
    generation: moves ? presented.generation + 1 : row.generation,
    keyId: moves ? presented.writingKeyId : row.keyId,
    attempt: moves ? presented.attempt : row.attempt,
    idleAt: moves ? asOf + presented.idleMilliseconds : row.idleAt,
    turnedAt: ends ? row.turnedAt : asOf,
    previousGeneration: marks ? row.markGeneration : row.previousGeneration,
    previousAt: marks ? row.markAt : row.previousAt,
    markGeneration: marks ? Math.min(row.generation, presented.generation) : row.markGeneration,
    markAt: marks ? asOf : row.markAt,
    endedAt: ends ? asOf : undefined,
    endedWhy: ends ? 'reuse' : undefined,
  }
}

/** From where a refresh came. Undefined: not known. */
export interface RefreshPlace {
  /** The prefix of the address that names its network. */
  readonly network: string | undefined
  readonly agent: string | undefined
}

/**
 * Whether a repeat comes from another network and another agent than the rotation it repeats: hardly the same device
 * a second later (PROTOCOL 1.10). What is not known does not differ.
 */
export function isElsewhere(rotation: RefreshPlace, repeat: RefreshPlace): boolean {
  return differs(rotation.network, repeat.network) && differs(rotation.agent, repeat.agent)
}

function differs(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b
}
