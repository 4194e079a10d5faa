import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../test/servers/postgres.ts'
import { startRedis } from '../test/servers/redis.ts'
import { run } from '../test/store/postgres-place.ts'
import {
  askAllTheTime,
  CONNECTIONS,
  type Figures,
  type Issuer,
  type Load,
  median,
  refreshing,
} from './load/issuer.ts'
import { startServed } from './load/served.ts'
import { ROUNDS, round } from './load/times.ts'

/**
 * `countersign serve` as it is run: on SQLite, on PostgreSQL, on PostgreSQL with Redis, by one process and by two. The load
 * and the database have their part of the same processors, so on two of them a second worker shows little.
 */
const WARM_UP = round({ requests: 3000, atMostMilliseconds: 1500 })
const { milliseconds } = round({ milliseconds: 1500 })

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
const database = await startPostgres({ durable: true })
const redis = await startRedis()
const loads = { refresh: refreshing, 'client credentials': clientCredentials, introspection }
try {
  console.log(
    `Node ${process.versions.node}, ${CONNECTIONS} connections, median of ${ROUNDS} rounds;\nload, database and Redis run on the same ${availableParallelism()} cores\n`,
  )
  console.log(
    `| | workers | ${Object.keys(loads)
      .map((load) => `${load}, a second | CPU each, µs`)
      .join(' | ')} |`,
  )
  console.log(`|---|---|${'---|---|'.repeat(Object.keys(loads).length)}`)
  for (const store of ['SQLite', 'PostgreSQL', 'PostgreSQL and Redis']) {
    for (const workers of [1, 2]) {
      const name = `${store.replace(/\W/g, '_')}_${workers}`.toLowerCase()
      await report(`Countersign, ${store}`, workers, () => start(store, name, workers))
    }
  }
} finally {
  await Promise.all([database.stop(), redis.stop()])
  rmSync(folder, { recursive: true })
}

async function start(store: string, name: string, workers: number): Promise<Issuer> {
  if (store === 'SQLite')
    return startServed({ folder, workers, databaseUrl: `sqlite:${join(folder, `${name}.db`)}` })
  await run(database.url, `CREATE DATABASE ${name}`)
  const redisUrl = store.endsWith('Redis') ? redis.url : undefined
  return startServed({ folder, workers, databaseUrl: database.urlOf(name), redisUrl })
}

async function report(title: string, workers: number, open: () => Promise<Issuer>): Promise<void> {
  const cells: (string | number)[] = [title, workers]
  const issuer = await open()
  try {
    for (const load of Object.values(loads)) {
      const figures: Figures[] = []
      for (let count = 0; count < ROUNDS; count += 1) {
        const warmUp = count === 0 ? WARM_UP : { requests: 0, atMostMilliseconds: 0 }
        figures.push(await askAllTheTime(issuer, { ...load(issuer), warmUp, milliseconds }))
      }
      cells.push(Math.round(median(figures, 'perSecond')), Math.round(median(figures, 'cpuMicroseconds')))
    }
  } finally {
    await issuer.stop()
  }
  console.log(`| ${cells.join(' | ')} |`)
}

function clientCredentials({ paths, credentials }: Issuer): Load {
  const form = { grant_type: 'client_credentials', scope: 'profile:read', ...credentials }
  return { request: () => ({ path: paths.token, form }) }
}

function introspection({ paths, credentials, accessToken }: Issuer): Load {
  return {
    request: () => ({ path: paths.introspect, form: { token: accessToken, ...credentials } }),
    taken(_, body) {
      if (!body.includes('"active":true')) throw new Error(body)
    },
  }
}
