import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { type PrivatePostgres, startPostgresReplica } from '../../../servers/postgres.ts'
import { run } from '../../../store/postgres-place.ts'
import { startTcpProxy, type TcpProxy } from '../../partitions/tcp-proxy.ts'
import { type ClusterPlace, POSTGRES_SETTINGS } from '../cluster-place.ts'
import { type Fault, OFTEN, PAST_THE_BOUND_MILLISECONDS } from '../fault.ts'

/** How long the replica gets nothing before the primary dies: these commits are lost. */
const LOST_MILLISECONDS = 1500
const PATIENCE_MILLISECONDS = 60_000
/** Each makes the server begin a piece of its log; more than it has laid by. */
const LOG_PIECES = 64

const stop: Fault<ClusterPlace> = {
  name: 'postgres-stop',
  counts: OFTEN,
  lastsMilliseconds: PAST_THE_BOUND_MILLISECONDS,
  begin: ({ postgres }) => postgres.kill(),
  end: ({ postgres }) => postgres.start(),
}

/** Connections stay open and nothing answers. */
const halt: Fault<ClusterPlace> = {
  name: 'postgres-pause',
  counts: OFTEN,
  lastsMilliseconds: PAST_THE_BOUND_MILLISECONDS,
  begin: async ({ postgres }) => postgres.pause(),
  end: async ({ postgres }) => postgres.resume(),
}

const restart: Fault<ClusterPlace> = {
  name: 'postgres-restart',
  counts: { quick: 1, full: 2, long: 100 },
  lastsMilliseconds: 0,
  begin: ({ postgres }) => postgres.restart(),
  end: async () => undefined,
}

interface Standby {
  readonly server: PrivatePostgres
  readonly wire: TcpProxy
}
const standbys = new WeakMap<ClusterPlace, Standby>()

/** An asynchronous replica takes over that never got the last commits, though all of them were confirmed. */
const failOver: Fault<ClusterPlace> = {
  name: 'postgres-fail-over',
  counts: { quick: 1, full: 2, long: 50 },
  lastsMilliseconds: 500,
  losesCommits: true,
  async prepare(place) {
    const wire = await startTcpProxy(place.postgres.port)
    const options = { settings: POSTGRES_SETTINGS, ...place.disk }
    standbys.set(place, { wire, server: await startPostgresReplica(place.postgres, wire.port, options) })
  },
  async begin(place) {
    const { wire } = standbyOf(place)
    await untilCaughtUp(place.postgres)
    wire.hold()
    await pause(LOST_MILLISECONDS)
    await place.postgres.kill()
    place.databaseWire.cut()
    await wire.stop()
  },
  async end(place) {
    const { server } = standbyOf(place)
    await run(server.url, 'SELECT pg_promote(true, 60)')
    const former = place.postgres
    place.postgres = server
    place.databaseWire.leadTo(server.port)
    place.databaseWire.mend()
    await former.stop()
  },
}

function standbyOf(place: ClusterPlace): Standby {
  const standby = standbys.get(place)
  if (standby === undefined) throw new Error('there is no replica')
  return standby
}

/** Everything that was confirmed until now is at the replica. */
async function untilCaughtUp({ url }: PrivatePostgres): Promise<void> {
  const late = performance.now() + PATIENCE_MILLISECONDS
  const [now] = await run(url, 'SELECT pg_current_wal_lsn()::text AS place')
  const asked = `SELECT count(*) AS replicas FROM pg_stat_replication WHERE replay_lsn >= '${now?.place}'`
  for (;;) {
    const [row] = await run(url, asked)
    if (Number(row?.replicas) > 0) return
    if (performance.now() > late) throw new Error('the replica does not follow')
    await pause(20)
  }
}

/** As a server is that was demoted, or whose operator has seen the disk run full. */
const readOnly: Fault<ClusterPlace> = {
  name: 'postgres-read-only',
  counts: OFTEN,
  lastsMilliseconds: 3000,
  begin: ({ postgres }) => setReadOnly(postgres, 'on'),
  end: ({ postgres }) => setReadOnly(postgres, 'off'),
}

async function setReadOnly({ url }: PrivatePostgres, value: 'on' | 'off'): Promise<void> {
  await run(url, `ALTER SYSTEM SET default_transaction_read_only = ${value}`)
  await run(url, 'SELECT pg_reload_conf()')
}

/** Not a byte more: the server refuses, or falls over its own log, which it cannot write. */
const diskFull: Fault<ClusterPlace> = {
  name: 'postgres-disk-full',
  counts: OFTEN,
  lastsMilliseconds: PAST_THE_BOUND_MILLISECONDS,
  missing: ({ postgres }) => (postgres.disk === undefined ? 'no right to mount a small disk' : undefined),
  async begin({ postgres }, _, ledger) {
    postgres.disk?.fill()
    for (let piece = 0; piece < LOG_PIECES; piece += 1) {
      const isRefused = await run(postgres.url, 'SELECT pg_switch_wal()').then(
        () => false,
        () => true,
      )
      if (!isRefused) continue
      ledger.note('refusals of the full server')
      return
    }
  },
  async end({ postgres }, _, ledger) {
    postgres.disk?.free()
    if (postgres.pid() === undefined) ledger.note('falls of the full server')
    await untilItServes(postgres)
  },
}

/** It may be about to come back by itself, or to fall once more. */
async function untilItServes(postgres: PrivatePostgres): Promise<void> {
  const late = performance.now() + PATIENCE_MILLISECONDS
  for (;;) {
    await postgres.start()
    const serves = await run(postgres.url, 'SELECT 1').then(
      () => true,
      () => false,
    )
    if (serves) return
    if (performance.now() > late) throw new Error('the server does not come back')
    await pause(50)
  }
}

const slow: Fault<ClusterPlace> = {
  name: 'postgres-slow',
  counts: OFTEN,
  lastsMilliseconds: 4000,
  begin: async ({ databaseWire }) => databaseWire.slow(500),
  end: async ({ databaseWire }) => databaseWire.mend(),
}

const strangers = new WeakMap<ClusterPlace, pg.Client[]>()

/** Somebody else takes every connection the server has, and those of the nodes are ended. */
const storm: Fault<ClusterPlace> = {
  name: 'postgres-storm',
  counts: OFTEN,
  lastsMilliseconds: 3000,
  async begin(place, _, ledger) {
    const { postgres } = place
    const taken: pg.Client[] = []
    strangers.set(place, taken)
    await run(postgres.url, "CREATE ROLE stranger LOGIN PASSWORD 'stranger'").catch(() => undefined)
    const url = new URL(postgres.url)
    url.username = 'stranger'
    url.password = 'stranger'
    const [settings] = await run(postgres.url, 'SHOW max_connections')
    const connect = async () => {
      const client = new pg.Client({ connectionString: url.href })
      client.on('error', () => undefined)
      await client.connect().then(
        () => taken.push(client),
        () => undefined,
      )
    }
    await run(
      postgres.url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'countersign%'",
    )
    await Promise.all(Array.from({ length: Number(settings?.max_connections) }, connect))
    ledger.noteLargest('connections taken', taken.length)
  },
  async end(place) {
    await Promise.all((strangers.get(place) ?? []).map((client) => client.end()))
  },
}

export const postgresFaults = [stop, halt, restart, readOnly, diskFull, slow, storm, failOver]
