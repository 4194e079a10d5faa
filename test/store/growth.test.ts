import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { Store } from '../../src/store/store.ts'
import { signIn } from '../../src/testing/store-contract/people.ts'
import { countOf } from '../counts.ts'
import { run, startPlace } from './postgres-place.ts'
import { sqlitePlace } from './sqlite-place.ts'

const REFRESHES = countOf({ quick: 200, full: 10_000, long: 100_000 })

/** Refreshes one session again and again; calls `look` when a tenth is done, and at the end. */
async function refreshAll(store: Store, look: () => Promise<void>): Promise<void> {
  const { present } = await signIn(store)
  for (let generation = 0; generation < REFRESHES; generation += 1) {
    assert.equal((await present(generation)).verdict, 'rotate')
    if (generation === REFRESHES / 10) await look()
  }
  await look()
}

test(`sqlite: ${REFRESHES} refreshes of one session leave one row, no event, and a file that has not grown`, async () => {
  const place = sqlitePlace()
  const store = await place.open()
  const seen: { pages: number; log: number; sessions: unknown; events: unknown }[] = []
  const count = (database: DatabaseSync, table: string) =>
    database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows
  await refreshAll(store, async () => {
    const database = new DatabaseSync(place.path)
    const pages = Number(database.prepare('PRAGMA page_count').get()?.page_count)
    seen.push({
      pages,
      log: statSync(`${place.path}-wal`).size,
      sessions: count(database, 'cs_sessions'),
      events: count(database, 'cs_events'),
    })
    database.close()
  })
  const [early, late] = seen
  assert.equal(late?.sessions, 1)
  assert.equal(late?.pages, early?.pages)
  assert.equal(late?.events, early?.events)
  assert.ok((late?.log ?? 0) < 8 * 2 ** 20, 'the write-ahead log is used again from its beginning')
  await place.clear()
})

test(`postgres: ${REFRESHES} refreshes of one session leave one row, and a table that is used again`, async () => {
  const place = await startPlace()
  const store = await place.open()
  const sizes: number[] = []
  await refreshAll(store, async () => {
    const [row] = await run(
      store.url,
      `SELECT pg_table_size('countersign.sessions')::integer AS size,
         pg_indexes_size('countersign.sessions')::integer AS indexes,
         (SELECT count(*)::integer FROM countersign.sessions) AS rows`,
    )
    assert.equal(row?.rows, 1)
    sizes.push(Number(row?.size) + Number(row?.indexes))
  })
  // Pages that a rotation leaves half dead are tidied by the next ones: no index holds what a rotation changes.
  assert.ok((sizes[1] ?? 0) <= (sizes[0] ?? 0) + 8 * 8192, `from ${sizes[0]} to ${sizes[1]} bytes`)
  await place.stop()
})
