import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PrivatePostgres, startPostgres } from '../../servers/postgres.ts'
import { type PrivateRedis, startRedis } from '../../servers/redis.ts'
import { canMount } from '../../servers/small-disk.ts'
import type { NodeServer } from '../nodes/node-server.ts'
import { startTcpProxy, type TcpProxy } from '../partitions/tcp-proxy.ts'
import { settlePeople, startShop } from './place.ts'
import type { People } from './worker.ts'

const NODES = 3
const DISK_MEGABYTES = 512

/**
 * Of every PostgreSQL of the cluster. Commits are written when they are answered; to a disk that outlives the machine
 * is not needed.
 */
export const POSTGRES_SETTINGS = {
  synchronous_commit: 'on',
  max_wal_size: '32MB',
  min_wal_size: '2MB',
} as const

/** Three nodes that reach one PostgreSQL and one Redis over wires. */
export interface ClusterPlace {
  readonly nodes: readonly NodeServer[]
  readonly people: People
  readonly databaseWire: TcpProxy
  readonly redisWire: TcpProxy
  /** Of the servers that the wires lead to now. */
  postgres: PrivatePostgres
  redis: PrivateRedis
  /** What the databases of the cluster are started with. */
  readonly disk: { readonly diskMegabytes?: number }
  stop(): Promise<void>
}

export async function startClusterPlace(): Promise<ClusterPlace> {
  const disk = mayMount() ? { diskMegabytes: DISK_MEGABYTES } : {}
  const [postgres, redis] = await Promise.all([
    startPostgres({ settings: POSTGRES_SETTINGS, ...disk }),
    startRedis(),
  ])
  const [databaseWire, redisWire] = await Promise.all([
    startTcpProxy(postgres.port),
    startTcpProxy(redis.port),
  ])
  const secretKey = randomBytes(32).toString('base64url')
  const people = await settlePeople(postgres.url, secretKey)
  const start = () => startShop(over(databaseWire, postgres.url), secretKey, over(redisWire, redis.url))
  const nodes = await Promise.all(Array.from({ length: NODES }, start))
  const place: ClusterPlace = {
    nodes,
    people,
    databaseWire,
    redisWire,
    postgres,
    redis,
    disk,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
      await Promise.all([databaseWire.stop(), redisWire.stop(), place.postgres.stop(), place.redis.stop()])
    },
  }
  return place
}

function over(wire: TcpProxy, url: string): string {
  const address = new URL(url)
  address.port = String(wire.port)
  return address.href
}

export function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-mount-'))
  try {
    return canMount(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
