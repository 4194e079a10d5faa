import { guardedClock } from '../src/base/clock.ts'
import { postgres } from '../src/postgres.ts'
import { sqlite } from '../src/store/sqlite/index.ts'
import type { Store } from '../src/store/store.ts'
import { type Holder, signIn } from '../src/testing/store-contract/people.ts'

/** The refresh statement alone: no HTTP, no token read, none signed. */
export interface StatementRate {
  readonly perSecond: number
  readonly cpuMicroseconds: number
}

const SESSIONS = 32

/** One after the other, so that each is a transaction of its own and waits for the disk alone. */
export async function sqliteStatementRate(path: string, milliseconds: number): Promise<StatementRate> {
  const store = sqlite(path)
  await store.open({ clock: guardedClock(), migrate: true })
  const [holder] = await signInAll(store, 1)
  const rate = await rateOf(holder === undefined ? [] : [holder], milliseconds)
  await store.close()
  return rate
}

/** As many at once as there are connections; each is a transaction of its own. */
export async function postgresStatementRate(url: string, milliseconds: number): Promise<StatementRate> {
  const store = postgres(url)
  await store.open({ clock: guardedClock(), migrate: true })
  const rate = await rateOf(await signInAll(store, SESSIONS), milliseconds)
  await store.close()
  return rate
}

async function signInAll(store: Store, count: number): Promise<Holder[]> {
  const holders: Holder[] = []
  for (let number = 0; number < count; number += 1) holders.push(await signIn(store))
  return holders
}

async function rateOf(holders: readonly Holder[], milliseconds: number): Promise<StatementRate> {
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
