import { guardedClock } from '../../src/base/clock.ts'
import type { PostgresStore } from '../../src/postgres.ts'
import type { RefreshCall, RefreshOutcome } from '../../src/store/sessions.ts'
import { patient } from './postgres-place.ts'

/** What a process of its own is told: first the database, then one race after the other. */
export type Order =
  | { readonly url: string }
  | { readonly round: number; readonly call: RefreshCall; readonly times: number }
export type Report = { readonly round: number; readonly outcomes: readonly RefreshOutcome[] }

let ready: Promise<PostgresStore> | undefined

process.on('message', async (order: Order) => {
  if ('url' in order) {
    const store = patient({ url: order.url })
    ready = store.open({ clock: guardedClock(), migrate: false }).then(() => store)
    await ready
    process.send?.({ round: -1, outcomes: [] } satisfies Report)
    return
  }
  const store = await ready
  if (store === undefined) throw new Error('raced before the database was named')
  const outcomes = await Promise.all(
    Array.from({ length: order.times }, () => store.sessions.refresh(order.call)),
  )
  process.send?.({ round: order.round, outcomes } satisfies Report)
})
process.on('disconnect', () => process.exit(0))
