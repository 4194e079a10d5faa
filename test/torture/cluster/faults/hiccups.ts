import { Redis } from 'ioredis'
import { run } from '../../../store/postgres-place.ts'
import type { ClusterPlace } from '../cluster-place.ts'
import type { Fault } from '../fault.ts'

const HICCUPS: readonly ((place: ClusterPlace) => Promise<unknown>)[] = [
  async ({ databaseWire }) => databaseWire.cut(),
  async ({ redisWire }) => redisWire.cut(),
  ({ postgres }) =>
    run(
      postgres.url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'countersign%'",
    ),
  async ({ redis }) => {
    const client = new Redis(redis.url)
    await client.call('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'YES')
    client.disconnect()
  },
]

/** Connections break, one kind after the other, a hundred times: each leaves the processes as they were. */
export const hiccups: Fault<ClusterPlace> = {
  name: 'hiccups',
  counts: { quick: 1, full: 100, long: 1000 },
  lastsMilliseconds: 50,
  isBrief: true,
  begin: async (place, cycle) => void (await HICCUPS[cycle % HICCUPS.length]?.(place)),
  async end({ databaseWire, redisWire }) {
    databaseWire.mend()
    redisWire.mend()
  },
}
