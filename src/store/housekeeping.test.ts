import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { silentLogger } from '../base/logger.ts'
import { startHousekeeping } from './housekeeping.ts'

const BATCH = 500

/** A database with so many rows past their use, and what is told of it minute by minute. */
function make(t: TestContext, rows: number) {
  const database = { rows, away: false, more: 0 }
  const told: (readonly [rows: number, left: number])[] = []
  t.mock.timers.enable({ apis: ['setInterval'] })
  const answer = async (value: () => number): Promise<number> => {
    if (database.away) throw new Error('away')
    return value()
  }
  const housekeeping = startHousekeeping(
    {
      cleanUp: (limit) =>
        answer(() => {
          const removed = Math.min(limit, database.rows)
          database.rows -= removed
          return removed
        }),
      expired: () => answer(() => database.rows),
    },
    silentLogger,
    async () => {
      database.more += 1
      if (database.more === 2) throw new Error('the rest of the work failed')
    },
    (...numbers) => told.push(numbers),
  )
  return {
    database,
    told,
    housekeeping,
    async minute() {
      t.mock.timers.tick(60_000)
      await new Promise(setImmediate)
    },
  }
}

test('rows past their use go a round a minute, and how many are still there is counted, whatever failed', async (t) => {
  const { database, told, housekeeping, minute } = make(t, 20 * BATCH + 700)
  await minute()
  assert.deepEqual(told, [[20 * BATCH, 700]])
  await minute()
  assert.deepEqual(told[1], [700, 0], 'also where the rest of the work failed')
  database.away = true
  database.rows = 3
  await minute()
  assert.equal(told.length, 2, 'nothing is known, and nothing is told')
  database.away = false
  await minute()
  assert.deepEqual(told[2], [3, 0])
  housekeeping.stop()
  await minute()
  assert.equal(told.length, 3)
})
