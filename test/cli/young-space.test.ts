import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { getHeapSpaceStatistics } from 'node:v8'
import { holdYoungSpace } from '../../src/cli/young-space.ts'

const MEBIBYTE = 1024 * 1024

test('the space for new objects stays small while it is held, and then grows to what is enough', async () => {
  const release = holdYoungSpace()
  await outliveMuch()
  const held = youngMebibytes()
  assert.ok(held < 8, `${held} MiB`)

  release()
  await outliveMuch()
  const grown = youngMebibytes()
  assert.ok(grown >= 8 && grown <= 16, `${grown} MiB`)
})

/** As much as would make the space grow to its largest. */
async function outliveMuch(): Promise<void> {
  let kept: object[] = []
  for (let count = 0; count < 2_000_000; count += 1) {
    kept.push({ count })
    if (kept.length === 200_000) kept = kept.slice(100_000)
    if (count % 5000 === 0) await turn()
  }
}

function youngMebibytes(): number {
  const found = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  return (found?.space_size ?? 0) / MEBIBYTE
}
