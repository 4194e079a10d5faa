import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuth } from './index.ts'

test('bad input: a list of how many is a whole number from 1, and never all there is', async () => {
  const auth = createAuth({ databaseUrl: 'sqlite::memory:' })
  for (const limit of [-1, 0, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    await assert.rejects(auth.users.list({ limit }), RangeError)
    await assert.rejects(auth.events.list({ limit }), RangeError)
  }
  await assert.rejects(auth.users.list(undefined as never), /limit: .*list\({ limit: 100 }\)/)
  assert.deepEqual(await auth.users.list({ limit: 1 }), [])
  await auth.close()
})
