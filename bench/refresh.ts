import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../test/servers/postgres.ts'
import { postgresStatementRate, sqliteStatementRate } from './bare-refresh.ts'
import {
  askAllTheTime,
  CONNECTIONS,
  type Figures,
  type Issuer,
  median,
  refreshing,
  startIssuer,
} from './load/issuer.ts'
import { ROUNDS, round as shortened } from './load/times.ts'
import { pgbenchRate, pgbenchVersion } from './pgbench.ts'

/**
 * Refresh over HTTP, and beside it the statement of the refresh alone, one per transaction, on the same database: by our
 * own driver, and by pgbench, which is what PostgreSQL itself has to show what it can do.
 */
// So that a slow machine, too, measures code that has been compiled; but not for ever.
const WARM_UP = shortened({ requests: 10_000, atMostMilliseconds: 10_000 })
const WARM = { requests: 0, atMostMilliseconds: 0 }
const MEASURED_MILLISECONDS = shortened({ milliseconds: 4000 }).milliseconds

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
const issuers: Issuer[] = []
const database = await startPostgres({ durable: true })
try {
  const sqlite = await startIssuer('countersign', folder, `sqlite:${join(folder, 'auth.db')}`)
  const postgres = await startIssuer('countersign', folder, database.url)
  const peer = await startIssuer('oidc-provider', folder)
  issuers.push(sqlite, postgres, peer)
  const contenders: Readonly<Record<string, (round: number) => Promise<Figures>>> = {
    sqlite: (round) => measure(sqlite, round),
    bareSqlite: (round) => sqliteStatementRate(join(folder, `bare-${round}.db`), MEASURED_MILLISECONDS),
    postgres: (round) => measure(postgres, round),
    barePostgres: () => postgresStatementRate(database.url, MEASURED_MILLISECONDS),
    ...(pgbenchVersion() !== undefined && {
      pgbench: () => pgbenchRate(database.url, folder, MEASURED_MILLISECONDS),
    }),
    peer: (round) => measure(peer, round),
  }
  const rounds: Record<string, Figures[]> = {}
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, contend] of Object.entries(contenders)) {
      rounds[name] = [...(rounds[name] ?? []), await contend(round)]
    }
  }
  report(rounds)
} finally {
  for (const issuer of issuers) await issuer.stop()
  await database.stop()
  rmSync(folder, { recursive: true })
}

function measure(issuer: Issuer, round: number): Promise<Figures> {
  const warmUp = round === 0 ? WARM_UP : WARM
  return askAllTheTime(issuer, { ...refreshing(issuer), warmUp, milliseconds: MEASURED_MILLISECONDS })
}

function report(rounds: Record<string, Figures[]>): void {
  const rows = [
    ['sqlite', 'Countersign, SQLite (synchronous=FULL)', 'bareSqlite'],
    ['postgres', 'Countersign, PostgreSQL (durable)', 'barePostgres'],
    ['peer', 'oidc-provider, memory store', undefined],
    ['bareSqlite', 'the statement alone, one per commit, SQLite', undefined],
    ['barePostgres', 'the statement alone, one per commit, PostgreSQL', undefined],
    ['pgbench', `the same by ${pgbenchVersion()}, prepared, 2 threads`, undefined],
  ] as const
  const peer = median(rounds.peer, 'perSecond')
  console.log(`Node ${process.versions.node}, ${CONNECTIONS} connections, median of ${ROUNDS} rounds\n`)
  console.log('| | refreshes a second | CPU each, µs | of the peer | of the statement alone | of pgbench |')
  console.log('|---|---|---|---|---|---|')
  const pgbench = rounds.pgbench && median(rounds.pgbench, 'perSecond')
  for (const [name, title, bare] of rows) {
    if (rounds[name] === undefined) continue
    const rate = median(rounds[name], 'perSecond')
    const share = (of: number): string => `${Math.round((rate / of) * 100)} %`
    const cells = [
      title,
      Math.round(rate),
      Math.round(median(rounds[name], 'cpuMicroseconds')) || '',
      bare === undefined ? '' : `${(rate / peer).toFixed(1)} ×`,
      bare === undefined ? '' : share(median(rounds[bare], 'perSecond')),
      bare === 'barePostgres' && pgbench !== undefined ? share(pgbench) : '',
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
  if (pgbench === undefined) console.log('\npgbench is not here (Debian: postgresql): not measured.')
}
