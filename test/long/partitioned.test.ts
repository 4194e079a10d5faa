import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { storeContract } from '../../src/testing/store-contract/index.ts'
import { countOf } from '../counts.ts'
import { openWithClock, run, signIn, startPlace } from '../store/postgres-place.ts'

const place = await startPlace()
after(() => place.stop())

/** As docs/scaling.md has it. */
const PARTITIONS = readFileSync(new URL('../../docs/sql/partition-by-user.sql', import.meta.url), 'utf8')

storeContract({
  name: 'postgres, partitioned by user',
  races: countOf({ quick: 10, full: 50, long: 200 }),
  open: () => openWithClock(place, (url) => run(url, PARTITIONS)),
})

test('a database in use is partitioned, and its sessions go on; each refresh writes in one part, in its own page', async () => {
  const whole = await place.open()
  const holders = []
  for (let number = 0; number < 40; number += 1) holders.push(await signIn(whole))
  await whole.close()
  await run(whole.url, PARTITIONS)
  const store = await place.open({ url: whole.url })
  for (const { call } of holders) {
    for (let generation = 0; generation < 5; generation += 1) {
      assert.equal((await store.sessions.refresh({ ...call, generation })).verdict, 'rotate')
    }
  }
  await store.close()
  const rows = await run(
    whole.url,
    `SELECT count(*)::integer AS sessions, count(DISTINCT tableoid)::integer AS parts FROM countersign.sessions`,
  )
  assert.equal(rows[0]?.sessions, 40)
  assert.ok(Number(rows[0]?.parts) > 8, `in ${rows[0]?.parts} of 16 parts`)
  const triggers = await run(
    whole.url,
    `SELECT count(*)::integer AS triggers FROM pg_trigger
     WHERE tgname = 'commit_to_disk' AND tgrelid = 'countersign.sessions'::regclass`,
  )
  assert.equal(triggers[0]?.triggers, 1, 'a confirmed change is on disk as before')
})
