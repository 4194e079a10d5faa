import { guardedClock } from '../src/base/clock.ts'
import { postgres } from '../src/postgres.ts'
import { openPool } from '../src/store/postgres/own-pool.ts'
import { poolConnection } from '../src/store/postgres/pool.ts'
import { refreshSession } from '../src/store/postgres/refresh.ts'
import { sqlite } from '../src/store/sqlite/index.ts'
import type { Store } from '../src/store/store.ts'
import { callOf, type Holder, signIn } from '../src/testing/store-contract/people.ts'

/** The refresh statement alone: no HTTP, no token read, none signed. */
export interface StatementRate {
  readonly perSecond: number
  readonly cpuMicroseconds: number
}

const SESSIONS = 32
const POOL = {
  connections: 10,
  mostWaiting: SESSIONS,
  limitMilliseconds: 10_000,
  longLimitMilliseconds: 10_000,
  prepared: true,
}

/** One after the other, so that each is a transaction of its own and waits for the disk alone. */
export async function sqliteStatementRate(path: string, milliseconds: number): Promise<StatementRate> {
  const store = sqlite(path)
  await store.open({ clock: guardedClock(), migrate: true })
  const [holder] = await signInAll(store, 1)
  const rate = await rateOf(holder === undefined ? [] : [holder], milliseconds)
  await store.close()
  return rate
}

/** As many at once as there are connections, none of which shares a statement with another: each is a transaction of its own. */
export async function postgresStatementRate(url: string, milliseconds: number): Promise<StatementRate> {
  const store = postgres(url)
  await store.open({ clock: guardedClock(), migrate: true })
  const holders = await signInAll(store, SESSIONS)
  const pool = await openPool(url, POOL)
  const connection = poolConnection(pool, POOL)
  const alone = holders.map(({ session }) => ({
    present: (generation: number) => refreshSession(connection, callOf(session, generation)),
  }))
  const rate = await rateOf(alone, milliseconds)
  await pool.end()
  await store.close()
  return rate
}

async function signInAll(store: Store, count: number): Promise<Holder[]> {
  const holders: Holder[] = []
  for (let number = 0; number < count; number += 1) holders.push(await signIn(store))
  return holders
}

async function rateOf(
  holders: readonly Pick<Holder, 'present'>[],
  milliseconds: number,
): Promise<StatementRate> {
  const cpu = process.cpuUsage()
  const began = performance.now()
  let count = 0
  await Promise.all(
    holders.map(async ({ present }) => {
      for (let generation = 0; performance.now() - began < milliseconds; generation += 1) {
        const { verdict } = await present(generation)
        if (verdict !== 'rotate') throw new Error(`a refresh came to ${verdict}`)
        count += 1
      }
    }),
  )
  const { user, system } = process.cpuUsage(cpu)
  return {
    perSecond: (count * 1000) / (performance.now() - began),
    cpuMicroseconds: (user + system) / count,
  }
}
