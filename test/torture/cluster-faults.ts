import { clusterAt } from './cluster/ask.ts'
import { type ClusterPlace, startClusterPlace } from './cluster/cluster-place.ts'
import { type Crowd, gatherCrowd } from './cluster/crowd.ts'
import type { Fault } from './cluster/fault.ts'
import { runFault } from './cluster/fault-run.ts'
import { hiccups } from './cluster/faults/hiccups.ts'
import { nodeFaults } from './cluster/faults/nodes.ts'
import { postgresFaults } from './cluster/faults/postgres.ts'
import { redisFaults } from './cluster/faults/redis.ts'
import { sqliteFaults } from './cluster/faults/sqlite.ts'
import { stormFaults } from './cluster/faults/storms.ts'
import { createGrowth } from './cluster/growth.ts'
import { auditOneLive } from './cluster/one-live.ts'
import { createProbes } from './cluster/recovery.ts'
import { createReferee } from './cluster/referee.ts'
import { startSqlitePlace } from './cluster/sqlite-place.ts'
import type { People, WorkPlace } from './cluster/worker.ts'
import { lookInto } from './nodes/holdings.ts'
import type { NodeServer } from './nodes/node-server.ts'
import type { Attempt, Torture } from './torture.ts'

const CLIENTS = 64
/** On average between two requests of a client: some 300 requests a second of all. */
const PACE_MILLISECONDS = 200
const CALM_MILLISECONDS = 500
const LONG_CALM_MILLISECONDS = 6000
/** Looks at memory in the course of the cycles that are for that. */
const LOOKS = 20

/** After it, the database is another machine: last, so that what it leaves behind disturbs nothing else. */
const ofCluster: readonly Fault<ClusterPlace>[] = [
  ...nodeFaults,
  ...redisFaults,
  ...stormFaults,
  hiccups,
  ...postgresFaults,
]
const names = [...ofCluster, ...sqliteFaults].map(({ name }) => name)

export const faults: Torture = {
  name: 'faults',
  title:
    'G-14, B2, B8: three nodes under 64 clients and every fault of nodes, PostgreSQL, Redis, disks and clocks: nothing confirmed is lost',
  unit: 'rounds',
  counts: { quick: 1, full: 1, long: 1 },
  // And after them always the audit of what is left: `one-live`.
  parts: names,
  async run(attempt) {
    const isWanted = ({ name }: { readonly name: string }): boolean =>
      attempt.only.length === 0 || attempt.only.includes(name)
    for (let round = 0; round < attempt.count; round += 1) {
      await runAll(attempt, ofCluster.filter(isWanted), startClusterPlace)
      await runAll(attempt, sqliteFaults.filter(isWanted), startSqlitePlace)
    }
  },
}

interface Place {
  readonly nodes: readonly NodeServer[]
  readonly people: People
  stop(): Promise<void>
}

/** Every fault on one place, one after the other, under the same clients. */
async function runAll<P extends Place>(
  attempt: Attempt,
  list: readonly Fault<P>[],
  start: () => Promise<P>,
): Promise<void> {
  if (list.length === 0) return
  attempt.progress(0, 'starts')
  const place = await start()
  const { isTimed, isLong } = attempt
  const referee = createReferee({ isTimed })
  const cluster = clusterAt(place.nodes.map(({ url }) => url))
  const workPlace: WorkPlace = { cluster, people: place.people, referee, below: attempt.below }
  let crowd: Crowd | undefined
  let ran = 0
  try {
    crowd = await gatherCrowd(workPlace, CLIENTS, PACE_MILLISECONDS)
    const probes = createProbes(workPlace, CLIENTS)
    for (const fault of list) {
      const times = fault.counts[isLong ? 'long' : 'full']
      const why = fault.missing?.(place)
      if (why !== undefined) {
        attempt.note(`${fault.name} left out: ${why}`)
        continue
      }
      ran += 1
      await attempt.part(fault.name, times, async (ledger) => {
        const growth = createGrowth()
        const looksEvery = Math.max(1, Math.floor(times / LOOKS))
        await runFault(fault, place, times, ledger, {
          referee,
          probes,
          calmMilliseconds: isLong ? LONG_CALM_MILLISECONDS : CALM_MILLISECONDS,
          async onCycle(cycle) {
            attempt.progress(cycle, `${fault.name}, of ${times}`)
            if (fault.name === hiccups.name && cycle % looksEvery === 0)
              growth.add(await Promise.all(place.nodes.map(lookInto)))
          },
        })
        growth.judge(ledger)
        for (const error of crowd?.takeFallen() ?? []) ledger.violation(`a client has fallen: ${error}`)
      })
    }
    // Where none of the faults could be had, nobody has worked.
    if (ran === 0) return
    await attempt.part('one-live', 1, async (ledger) => {
      referee.begin(ledger)
      await crowd?.stop()
      for (const error of crowd?.takeFallen() ?? []) ledger.violation(`a client has fallen: ${error}`)
      const sessions = (crowd?.workers ?? []).flatMap(({ session }) =>
        session?.isEnding === false ? [session] : [],
      )
      await auditOneLive(cluster, sessions, ledger)
    })
  } finally {
    await crowd?.stop()
    await place.stop()
  }
}
