import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { countOf } from '../../test/counts.ts'
import { LIFE } from '../../test/revocation/fake-database.ts'
import {
  createFeedBench,
  type FeedBench,
  sessionEntry,
  sessionRef,
  tokenOf,
} from '../../test/revocation/feed-bench.ts'
import { settle } from '../../test/revocation/hand-clock.ts'

const MAX_STALENESS = 5000
const NUMBERS = 12

interface History extends FeedBench {
  /** When each session's end was committed, by the monotonic clock; gone if a fail-over lost it unseen. */
  readonly committed: Map<number, number>
  /** Sessions that this process has refused once. */
  readonly refused: Set<number>
  readonly open: Map<number, () => void>
}

type Step = (history: History) => Promise<void> | void

const numbers = fc.nat(NUMBERS - 1)
const steps: fc.Arbitrary<Step> = fc.oneof(
  numbers.map((number) => ({ database, committed, hand }: History) => {
    if (committed.has(number)) return
    database.write(sessionEntry(number))
    committed.set(number, hand.clock.elapsed())
  }),
  numbers.map((number) => ({ database, committed, open }: History) => {
    if (!committed.has(number) && !open.has(number))
      open.set(number, database.writeLate(sessionEntry(number)))
  }),
  numbers.map((number) => ({ open, committed, hand }: History) => {
    const commit = open.get(number)
    if (commit === undefined) return
    open.delete(number)
    commit()
    committed.set(number, hand.clock.elapsed())
  }),
  // A change of this process's own, answered: the very next request knows, or is told that nobody knows.
  numbers.map((number) => async ({ database, committed, hand, feed }: History) => {
    if (committed.has(number) || database.mood === 'hanging') return
    database.write(sessionEntry(number))
    committed.set(number, hand.clock.elapsed())
    await feed.changed()
    assert.notEqual(feed.refuses(tokenOf(number)), undefined, `change ${number} of this process`)
  }),
  fc.constantFrom('well', 'well', 'down', 'hanging').map((mood) => ({ database }: History) => {
    database.mood = mood
    if (mood !== 'hanging') database.wake()
  }),
  fc.nat(3).map((lost) => async (history: History) => {
    const { database, committed, refused } = history
    await settle()
    judge(history)
    database.failOver(lost)
    for (const number of committed.keys()) {
      const isThere = database.rows.some(({ ref }) => ref === sessionRef(number))
      if (!isThere && !refused.has(number)) committed.delete(number)
    }
  }),
  fc.nat(7000).map(
    (milliseconds) =>
      ({ hand }: History) =>
        hand.pass(milliseconds),
  ),
  fc.nat(7000).map(
    (milliseconds) =>
      ({ hand }: History) =>
        hand.pass(milliseconds),
  ),
  fc.constantFrom(5000, -5000, 3_600_000, -3_600_000, 86_400_000, -86_400_000).map(
    (step) =>
      ({ hand }: History) =>
        hand.step(step),
  ),
  fc.nat(20_000).map(
    (milliseconds) =>
      ({ hand }: History) =>
        hand.sleep(milliseconds),
  ),
  fc.constantFrom(-3000, 3000, 60_000).map((step) => ({ database }: History) => {
    database.clockOffset += step
  }),
)

test('B8, PROTOCOL 2: in random histories of faults nothing revoked passes beyond the bound, nor ever again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 60 }), async (history) => {
      const bench: History = {
        ...createFeedBench(),
        committed: new Map(),
        refused: new Set(),
        open: new Map(),
      }
      await bench.feed.start()
      for (const step of history) {
        await step(bench)
        judge(bench)
      }
      await heal(bench)
      judge(bench)
      assertHealed(bench)
      await bench.feed.stop()
      assert.equal(bench.hand.timers, 0)
    }),
    { numRuns: countOf({ quick: 300, full: 5000, long: 100_000 }), endOnFailure: false },
  )
})

function judge({ feed, hand, committed, refused, database }: History): void {
  const now = hand.clock.elapsed()
  for (let number = 0; number < NUMBERS; number++) {
    const cause = feed.refuses(tokenOf(number))
    const since = committed.get(number)
    if (refused.has(number)) assert.equal(cause, 'SESSION_ENDED', `session ${number} came back`)
    if (cause === 'SESSION_ENDED') {
      assert.ok(
        since !== undefined || database.rows.some(({ ref }) => ref === sessionRef(number)),
        'invented',
      )
      refused.add(number)
    } else if (since !== undefined && now - since > MAX_STALENESS) {
      assert.equal(cause, 'REVOCATION_STALE', `session ${number} passes ${now - since} ms after its end`)
    }
  }
}

/** The database recovers, and whoever was late commits. */
async function heal({ database, hand, open, committed }: History): Promise<void> {
  for (const [number, commit] of open) {
    commit()
    committed.set(number, hand.clock.elapsed())
  }
  open.clear()
  database.mood = 'well'
  database.wake()
  await hand.pass(10_000)
  await settle()
}

/** Then everything is known again, here and to a process that starts now. */
function assertHealed({ feed, database, committed, refused }: History): void {
  assert.equal(feed.isStale(), false)
  for (const number of [...committed.keys(), ...refused]) {
    assert.equal(feed.refuses(tokenOf(number)), 'SESSION_ENDED')
    assert.ok(
      database.rows.some(({ ref }) => ref === sessionRef(number)),
      `session ${number} was not written back`,
    )
  }
  assert.ok(LIFE > 60 * 7000, 'no entry of a history ends within it')
}
