import { statSync } from 'node:fs'
import { join } from 'node:path'
import { guardedClock } from '../../src/base/clock.ts'
import { postgres } from '../../src/postgres.ts'
import { sqlite } from '../../src/store/sqlite/index.ts'
import type { Store } from '../../src/store/store.ts'
import { type Holder, signIn, signUp } from '../../src/testing/store-contract/people.ts'
import type { PrivatePostgres } from '../../test/servers/postgres.ts'
import { PATIENCE_MILLISECONDS, run } from '../../test/store/postgres-place.ts'

/** Bytes, indexes included. */
export interface Storage {
  readonly 'a user, with the event of the account': Stored
  readonly 'a session, with the event of the sign-in': Stored
  readonly 'a session more, after 20 refreshes': Stored
}

export interface Stored {
  readonly sqlite: number
  readonly postgres: number
}

const AT_ONCE = 16
const REFRESHES = 20

/** What the database grows by, for each of so many people, their sessions, and those sessions when they were refreshed. */
export async function measureStorage(
  people: number,
  folder: string,
  server: PrivatePostgres,
): Promise<Storage> {
  const path = join(folder, 'storage.db')
  await run(server.url, 'CREATE DATABASE storage')
  const url = server.urlOf('storage')
  const onSqlite = await growth(sqlite(path), people, async () => statSync(path).size)
  const onPostgres = await growth(
    postgres({ url, limitMilliseconds: PATIENCE_MILLISECONDS }),
    people,
    async () => {
      await run(url, 'VACUUM ANALYZE')
      const [row] = await run(
        url,
        `SELECT sum(pg_total_relation_size(oid))::float8 AS bytes FROM pg_class
       WHERE relnamespace = 'countersign'::regnamespace AND relkind = 'r'`,
      )
      return Number(row?.bytes)
    },
  )
  const each = (index: number): Stored => ({
    sqlite: onSqlite[index] ?? Number.NaN,
    postgres: onPostgres[index] ?? Number.NaN,
  })
  return {
    'a user, with the event of the account': each(0),
    'a session, with the event of the sign-in': each(1),
    'a session more, after 20 refreshes': each(2),
  }
}

async function growth(store: Store, people: number, size: () => Promise<number>): Promise<number[]> {
  await store.open({ clock: guardedClock(), migrate: true })
  const users: Awaited<ReturnType<typeof signUp>>[] = []
  const holders: Holder[] = []
  const steps: (() => Promise<void>)[] = [
    () => inTurns(people, async () => void users.push(await signUp(store))),
    () => inTurns(people, async (number) => void holders.push(await signIn(store, users[number]))),
    // A tenth of them is enough to show that it does not grow.
    () =>
      inTurns(people / 10, async (number) => {
        for (let generation = 0; generation < REFRESHES; generation += 1)
          await holders[number]?.present(generation)
      }),
  ]
  const grown: number[] = []
  for (const [index, step] of steps.entries()) {
    const before = await size()
    await step()
    // What SQLite has in its log goes to the file when it is closed, and at the next checkpoint.
    await store.close()
    await store.open({ clock: guardedClock(), migrate: false })
    grown.push(((await size()) - before) / (index === 2 ? people / 10 : people))
  }
  await store.close()
  return grown
}

/** The work for each number, a few at once. */
async function inTurns(count: number, work: (number: number) => Promise<void>): Promise<void> {
  let next = 0
  const take = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, take))
}
