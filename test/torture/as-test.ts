import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seed } from '../store/seeded.ts'
import { countFor, endure, inWords, isLongRun, measure, type Torture } from './torture.ts'

/** A torture as a test, with the count of the run we are in. */
export function tortureTest(torture: Torture): void {
  const count = countFor(torture)
  test(`${torture.title}, ${measure(torture, count)} (seed ${seed})`, async (t) => {
    const { violations, parts, ...whole } = await endure(torture, { count, seed, isLong: isLongRun() })
    for (const { name, notes, seconds } of [{ name: torture.name, ...whole }, ...parts]) {
      t.diagnostic(`${name}: ${inWords(notes)}; seed ${seed}, ${seconds.toFixed(1)} s`)
    }
    assert.deepEqual(violations, [], `seed ${seed}`)
  })
}
