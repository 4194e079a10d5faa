import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createUseNotes } from './use-notes.ts'

test('of each id the last use is written, in one go; past ten thousand ids before the time', async () => {
  const written: { readonly id: string; readonly at: number }[][] = []
  const notes = createUseNotes<{ readonly id: string; readonly at: number }>(
    async (uses) => void written.push([...uses]),
    (error) => assert.fail(String(error)),
  )
  notes.note({ id: 'a', at: 1 })
  notes.note({ id: 'a', at: 2 })
  assert.equal(written.length, 0)
  for (let count = 0; count < 9_999; count += 1) notes.note({ id: String(count), at: 3 })
  assert.deepEqual([written.length, written[0]?.length, written[0]?.[0]], [1, 10_000, { id: 'a', at: 2 }])
  notes.note({ id: 'b', at: 4 })
  await notes.stop()
  assert.deepEqual(written[1], [{ id: 'b', at: 4 }])
})
