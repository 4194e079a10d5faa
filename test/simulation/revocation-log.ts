import type { RevocationKind } from '../../src/model/revocation.ts'
import type { RevocationAnswer, RevocationSource } from '../../src/revocation/source.ts'
import type { HintVerbs } from '../../src/store/hints.ts'
import { CENSUS_AHEAD_SECONDS } from '../../src/store/revocations.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface RevocationLogOptions {
  readonly time: VirtualTime
  readonly entryLifeMilliseconds: number
  /** From the question to the answer. */
  readonly answerMilliseconds: number
  /** From a notice to whoever listens. */
  readonly noticeMilliseconds: number
  /** Of everybody else: a cursor names the last of them, so it is another one at nearly every question. */
  readonly transactionsASecond: number
}

/** The database as far as revocations go: the one part of the feed that the simulation stands in for. */
export interface RevocationLog {
  readonly source: RevocationSource
  /** Questions that were put to it. */
  readonly questions: number
  readonly live: number
  write(ref: string): void
  hints(): HintVerbs
}

interface Entry {
  readonly kind: RevocationKind
  readonly ref: string
  readonly endsAt: number
}

export function createRevocationLog(options: RevocationLogOptions): RevocationLog {
  const { time, answerMilliseconds, noticeMilliseconds, transactionsASecond } = options
  const entries: Entry[] = []
  const listeners = new Set<() => void>()
  let questions = 0
  /** Entries are in the order of their ends: those before have ended. */
  let firstLive = 0

  const epochNow = (): number => Math.floor(time.clock.now())
  const forgetEnded = (now: number): void => {
    while ((entries[firstLive]?.endsAt ?? Number.POSITIVE_INFINITY) <= now) firstLive += 1
  }
  const census = (now: number) => {
    const from = Math.floor(now / 1000) + CENSUS_AHEAD_SECONDS
    const beyond = entries
      .slice(firstLive)
      .map(({ endsAt }) => Math.floor(endsAt / 1000) - from)
      .filter((seconds) => seconds >= 0)
    return { fromSeconds: from, count: beyond.length, sum: beyond.reduce((sum, one) => sum + one, 0) }
  }

  return {
    source: {
      async pull(cursor, { census: counts = false } = {}): Promise<RevocationAnswer> {
        questions += 1
        await time.wait(answerMilliseconds)
        const now = epochNow()
        forgetEnded(now)
        const seen = cursor === undefined ? firstLive : Number(cursor.split('.')[0])
        return {
          entries: entries.slice(Math.max(seen, firstLive)).map(({ kind, ref, endsAt }) => ({
            kind,
            ref,
            least: undefined,
            remainingMilliseconds: endsAt - now,
          })),
          complete: cursor === undefined,
          cursor: `${entries.length}.${Math.floor((time.now() * transactionsASecond) / 1000)}`,
          identity: 'simulated',
          storeEpoch: 1,
          ringVersion: 1,
          coveredLifeSeconds: Math.ceil(options.entryLifeMilliseconds / 1000),
          now,
          ...(counts && { census: census(now) }),
        }
      },
    },
    get questions() {
      return questions
    },
    get live() {
      forgetEnded(epochNow())
      return entries.length - firstLive
    },
    write(ref) {
      entries.push({ kind: 'session', ref, endsAt: epochNow() + options.entryLifeMilliseconds })
    },
    hints: () => ({
      working: true,
      async subscribe(listener) {
        listeners.add(listener)
        return async () => void listeners.delete(listener)
      },
      send() {
        time.schedule(() => {
          for (const listener of [...listeners]) listener()
        }, noticeMilliseconds)
      },
    }),
  }
}
