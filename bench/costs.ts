import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PrivatePostgres, startPostgres } from '../test/servers/postgres.ts'
import { run } from '../test/store/postgres-place.ts'
import { countStatements, OPERATIONS, type Operation } from './costs/statements.ts'
import { measureStorage } from './costs/storage.ts'
import { treeCpuSeconds } from './load/cpu.ts'
import { type Asking, askAllTheTime, type Issuer, startIssuer } from './load/issuer.ts'
import { round } from './load/times.ts'

/** What each operation costs where: the figures that a plan is worked out from (docs/scaling.md). */
const WARM_UP = round({ requests: 3000, atMostMilliseconds: 1500 })
const { milliseconds } = round({ milliseconds: 2000 })

type Load = Pick<Asking, 'request' | 'taken'>

/** Of one operation. */
interface Cost {
  readonly serverMicroseconds: number
  /** Of all of PostgreSQL's processes. */
  readonly databaseMicroseconds?: number
  /** Handed to the disk by the server on SQLite; on PostgreSQL, of its write-ahead log. */
  readonly writtenBytes: number
}

const LOADS: Partial<Record<Operation, (issuer: Issuer) => Load>> = {
  refresh: ({ paths, publicClient, publicRefreshTokens: tokens }) => ({
    request: (index) => ({
      path: paths.token,
      form: { grant_type: 'refresh_token', client_id: publicClient, refresh_token: tokens[index] ?? '' },
    }),
    taken(index, body) {
      tokens[index] = JSON.parse(body).refresh_token
    },
  }),
  'client credentials': ({ paths, credentials }) => ({
    request: () => ({ path: paths.token, form: { grant_type: 'client_credentials', ...credentials } }),
  }),
  'question of a verifier': ({ reader = '' }) => {
    let cursor = ''
    return {
      request: () => ({ path: `/revocations?nonce=n${cursor}`, authorization: reader }),
      taken(_, body) {
        cursor = `&cursor=${encodeURIComponent(JSON.parse(body).cursor)}`
      },
    }
  },
  introspection: ({ paths, credentials, accessToken }) => ({
    request: () => ({ path: paths.introspect, form: { token: accessToken, ...credentials } }),
  }),
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
const database = await startPostgres({ durable: true })
try {
  const statements = await countStatements(database)
  const sqlite = await measureOn(`sqlite:${join(folder, 'auth.db')}`)
  const postgres = await measureOn(database.url, database)
  console.log(
    `Node ${process.versions.node}; processor time of all threads; over HTTP, but for the checked request,\nsign-in and sign-out, which are asked in the process\n`,
  )
  console.log(
    '| operation | statements: SQLite | PostgreSQL | server on SQLite, µs | on PostgreSQL, µs | PostgreSQL itself, µs | written on SQLite, B | log of PostgreSQL, B |',
  )
  console.log('|---|---|---|---|---|---|---|---|')
  for (const operation of OPERATIONS) {
    const [light, heavy] = [sqlite[operation], postgres[operation]]
    const cells = [
      operation,
      statements.sqlite.counts[operation],
      statements.postgres.counts[operation],
      light?.serverMicroseconds ?? statements.sqlite.microseconds[operation],
      heavy?.serverMicroseconds ?? statements.postgres.microseconds[operation],
      heavy?.databaseMicroseconds,
      light?.writtenBytes,
      heavy?.writtenBytes,
    ]
    console.log(
      `| ${cells.map((cell) => (typeof cell === 'number' ? Math.round(cell) : (cell ?? ''))).join(' | ')} |`,
    )
  }
  await reportStorage()
} finally {
  await database.stop()
  rmSync(folder, { recursive: true })
}

async function measureOn(url: string, server?: PrivatePostgres): Promise<Partial<Record<Operation, Cost>>> {
  const issuer = await startIssuer('countersign', folder, url)
  const costs: Partial<Record<Operation, Cost>> = {}
  try {
    for (const [operation, load] of Object.entries(LOADS) as [Operation, (issuer: Issuer) => Load][]) {
      await askAllTheTime(issuer, { ...load(issuer), warmUp: WARM_UP, milliseconds: 1 })
      costs[operation] = await costOf(issuer, load(issuer), server)
    }
  } finally {
    await issuer.stop()
  }
  return costs
}

async function costOf(issuer: Issuer, load: Load, server: PrivatePostgres | undefined): Promise<Cost> {
  let count = 0
  const counting: Load = {
    ...load,
    taken(index, body) {
      count += 1
      load.taken?.(index, body)
    },
  }
  const written = () => (server === undefined ? writtenBytes(issuer.child.pid ?? 0) : logPosition(server.url))
  const pid = server?.pid()
  const databaseSeconds = () => (pid === undefined ? 0 : treeCpuSeconds(pid))
  const [bytesBefore, secondsBefore] = [await written(), databaseSeconds()]
  const warmUp = { requests: 0, atMostMilliseconds: 0 }
  const { cpuMicroseconds } = await askAllTheTime(issuer, { ...counting, warmUp, milliseconds })
  return {
    serverMicroseconds: cpuMicroseconds,
    ...(server !== undefined && {
      databaseMicroseconds: ((databaseSeconds() - secondsBefore) * 1e6) / count,
    }),
    writtenBytes: ((await written()) - bytesBefore) / count,
  }
}

/** What the process has handed to the disk. */
function writtenBytes(pid: number): number {
  return Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? 0)
}

async function logPosition(url: string): Promise<number> {
  const [row] = await run(url, "SELECT (pg_current_wal_lsn() - '0/0')::float8 AS bytes")
  return Number(row?.bytes)
}

async function reportStorage(): Promise<void> {
  const { people } = round({ people: 4000 })
  const storage = await measureStorage(people, folder, database)
  console.log(`\n| bytes in the database, of ${people} | SQLite | PostgreSQL |\n|---|---|---|`)
  for (const [what, { sqlite, postgres }] of Object.entries(storage)) {
    console.log(`| ${what} | ${Math.round(sqlite)} | ${Math.round(postgres)} |`)
  }
}
