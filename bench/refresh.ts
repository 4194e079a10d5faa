import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startPostgres } from '../test/servers/postgres.ts'
import { postgresStatementRate, sqliteStatementRate } from './bare-refresh.ts'
import { openConnection } from './load/connection.ts'
import { cpuSeconds } from './load/cpu.ts'

/** Refresh over HTTP, and beside it the statement of the refresh alone, one per transaction, on the same database. */
const CONNECTIONS = 32
/** So that a slow machine, too, measures code that has been compiled; but not for ever. */
const WARM_UP_REFRESHES = 10_000
const LONGEST_WARM_UP_MILLISECONDS = 20_000
const MEASURED_MILLISECONDS = 6000
const ROUNDS = 3

const OURS = fileURLToPath(new URL('./refresh-server.ts', import.meta.url))
const PEER = fileURLToPath(new URL('./peers/oidc-provider.ts', import.meta.url))

interface Figures {
  readonly perSecond: number
  readonly cpuMicroseconds: number
}

interface Subject {
  readonly child: ChildProcess
  readonly port: number
  readonly path: string
  readonly tokens: string[]
  isWarm: boolean
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
const children: ChildProcess[] = []
const database = await startPostgres({ durable: true })
try {
  const file = join(folder, 'auth.db')
  const subjects = {
    sqlite: await start(OURS, [`sqlite:${file}`, String(CONNECTIONS)], '/refresh'),
    postgres: await start(OURS, [database.url, String(CONNECTIONS)], '/refresh'),
    peer: await start(PEER, [String(CONNECTIONS)], '/token'),
  }
  const rounds = { sqlite: [], postgres: [], peer: [], bareSqlite: [], barePostgres: [] } as Record<
    string,
    Figures[]
  >
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.sqlite?.push(await measure(subjects.sqlite))
    rounds.bareSqlite?.push(
      await sqliteStatementRate(join(folder, `bare-${round}.db`), MEASURED_MILLISECONDS),
    )
    rounds.postgres?.push(await measure(subjects.postgres))
    rounds.barePostgres?.push(await postgresStatementRate(database.url, MEASURED_MILLISECONDS))
    rounds.peer?.push(await measure(subjects.peer))
  }
  report(rounds)
} finally {
  for (const child of children) child.kill()
  await database.stop()
  rmSync(folder, { recursive: true })
}

async function start(script: string, args: readonly string[], path: string): Promise<Subject> {
  const child = spawn(process.execPath, [...nodeOptions(), script, ...args], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', process.env.BENCH_VERBOSE ? 'inherit' : 'ignore'],
  })
  children.push(child)
  if (child.stdout === null) throw new Error('no output')
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${script} ended by itself`)))
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
  ended.catch(() => undefined)
  const { port, tokens } = JSON.parse(line) as { port: number; tokens: string[] }
  return { child, port, path, tokens, isWarm: false }
}

/** `BENCH_CPU_PROFILE=folder`: where the time goes, for each server. */
function nodeOptions(): string[] {
  const profile = process.env.BENCH_CPU_PROFILE
  return profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
}

/** Every connection refreshes its own session, as fast as it is answered. */
async function measure(subject: Subject): Promise<Figures> {
  const { child, port, path, tokens } = subject
  const pid = child.pid ?? 0
  let count = 0
  let running = true
  const clients = tokens.map(async (_, index) => {
    const connection = openConnection(port)
    while (running) {
      const form = `grant_type=refresh_token&client_id=${path === '/token' ? 'bench' : ''}&refresh_token=${tokens[index]}`
      tokens[index] = JSON.parse(await connection.post(path, form)).refresh_token
      count += 1
    }
    connection.close()
  })
  const load = Promise.all(clients)
  const warmUpBegan = performance.now()
  while (count < (subject.isWarm ? 0 : WARM_UP_REFRESHES)) {
    if (performance.now() - warmUpBegan > LONGEST_WARM_UP_MILLISECONDS) break
    await Promise.race([wait(100), load])
  }
  subject.isWarm = true
  const [countBefore, cpuBefore, began] = [count, cpuSeconds(pid), performance.now()]
  await Promise.race([wait(MEASURED_MILLISECONDS), load])
  const [done, cpu, took] = [count - countBefore, cpuSeconds(pid) - cpuBefore, performance.now() - began]
  running = false
  await load
  return { perSecond: (done * 1000) / took, cpuMicroseconds: (cpu * 1e6) / done }
}

function report(rounds: Record<string, Figures[]>): void {
  const median = (name: string, figure: keyof Figures) => {
    const sorted = (rounds[name] ?? []).map((figures) => figures[figure]).sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? 0
  }
  const rows = [
    ['sqlite', 'Countersign, SQLite (synchronous=FULL)', 'bareSqlite'],
    ['postgres', 'Countersign, PostgreSQL (durable)', 'barePostgres'],
    ['peer', 'oidc-provider, memory store', undefined],
    ['bareSqlite', 'the statement alone, one per commit, SQLite', undefined],
    ['barePostgres', 'the statement alone, one per commit, PostgreSQL', undefined],
  ] as const
  const peer = median('peer', 'perSecond')
  console.log(`Node ${process.versions.node}, ${CONNECTIONS} connections, median of ${ROUNDS} rounds\n`)
  console.log('| | refreshes a second | CPU each, µs | of the peer | of the statement alone |')
  console.log('|---|---|---|---|---|')
  for (const [name, title, bare] of rows) {
    const rate = median(name, 'perSecond')
    const cells = [
      title,
      Math.round(rate),
      Math.round(median(name, 'cpuMicroseconds')) || '',
      bare === undefined ? '' : `${(rate / peer).toFixed(1)} ×`,
      bare === undefined ? '' : `${Math.round((rate / median(bare, 'perSecond')) * 100)} %`,
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
}
