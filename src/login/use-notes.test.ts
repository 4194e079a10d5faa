import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createUseNotes } from './use-notes.ts'

test('of each id the last use is written, a thousand in one go; past a hundred thousand ids before the time', async () => {
  const written: { readonly id: string; readonly at: number }[][] = []
  const notes = createUseNotes<{ readonly id: string; readonly at: number }>(
    async (uses) => void written.push([...uses]),
    (error) => assert.fail(String(error)),
  )
  notes.note({ id: 'a', at: 1 })
  notes.note({ id: 'a', at: 2 })
  assert.equal(written.length, 0)
  for (let count = 0; count < 99_999; count += 1) notes.note({ id: String(count), at: 3 })
  assert.deepEqual([written.length, written[0]?.length, written[0]?.[0]], [1, 1000, { id: 'a', at: 2 }])
  await setImmediate()
  assert.deepEqual([written.length, written.at(-1)?.at(-1)], [100, { id: '99998', at: 3 }])
  const { round } = notes
  notes.note({ id: 'b', at: 4 })
  assert.equal(notes.round, round, 'what was noted is not written yet')
  await notes.stop()
  assert.deepEqual(written[100], [{ id: 'b', at: 4 }])
  assert.ok(notes.round > round, 'so the next use is noted again')
})
