import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openConnection } from './load/connection.ts'
import { cpuSeconds } from './load/cpu.ts'

/** What clients ask an authorization server, over HTTP, side by side with node-oidc-provider: the same loads in turn. */
const CONNECTIONS = 32
const WARM_UP_MILLISECONDS = 1500
const MEASURED_MILLISECONDS = 4000
const ROUNDS = 3

const OURS = fileURLToPath(new URL('./oauth-server.ts', import.meta.url))
const PEER = fileURLToPath(new URL('./peers/oidc-provider-oauth.ts', import.meta.url))
const LOADS = ['client_credentials', 'refresh', 'introspect'] as const
/** How many times the peer's rate ours should be. */
const GOALS = { client_credentials: 2, refresh: 3, introspect: 1.5 } as const

type Load = (typeof LOADS)[number]

interface Subject {
  readonly child: ChildProcess
  readonly port: number
  readonly paths: { readonly token: string; readonly introspect: string }
  readonly credentials: Readonly<Record<string, string>>
  readonly refreshTokens: string[]
  readonly accessToken: string
}

interface Figures {
  readonly perSecond: number
  readonly cpuMicroseconds: number
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
try {
  const figures = new Map<string, Figures[]>()
  // Servers of its own for each load: the peer's memory forgets the oldest of a thousand things.
  for (const load of LOADS) {
    const subjects = {
      ours: await start(OURS, [`sqlite:${join(folder, `${load}.db`)}`, String(CONNECTIONS)]),
      peer: await start(PEER, [String(CONNECTIONS)]),
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [name, subject] of Object.entries(subjects)) {
        const of = `${name} ${load}`
        figures.set(of, [...(figures.get(of) ?? []), await measure(subject, load)])
      }
    }
    for (const { child } of Object.values(subjects)) {
      child.kill()
      await once(child, 'close')
    }
  }
  report(figures)
} finally {
  rmSync(folder, { recursive: true })
}

async function start(script: string, args: readonly string[]): Promise<Subject> {
  const child = spawn(process.execPath, [...nodeOptions(), script, ...args], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', process.env.BENCH_VERBOSE ? 'inherit' : 'ignore'],
  })
  if (child.stdout === null) throw new Error('no output')
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${script} ended by itself`)))
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
  ended.catch(() => undefined)
  return { child, ...JSON.parse(line) }
}

/** `BENCH_CPU_PROFILE=folder`: where the time goes, for each server. */
function nodeOptions(): string[] {
  const profile = process.env.BENCH_CPU_PROFILE
  return profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
}

/** Every connection asks as fast as it is answered. */
async function measure(subject: Subject, load: Load): Promise<Figures> {
  const { child, port } = subject
  const pid = child.pid ?? 0
  let count = 0
  let running = true
  const clients = subject.refreshTokens.map(async (_, index) => {
    const connection = openConnection(port)
    while (running) {
      const { path, form } = requestOf(subject, load, index)
      const body = await connection.post(
        path,
        new URLSearchParams({ ...form, ...subject.credentials }).toString(),
      )
      if (load === 'refresh') subject.refreshTokens[index] = JSON.parse(body).refresh_token
      if (load === 'introspect' && !body.includes('"active":true')) throw new Error(body)
      count += 1
    }
    connection.close()
  })
  const working = Promise.all(clients)
  await Promise.race([wait(WARM_UP_MILLISECONDS), working])
  const [countBefore, cpuBefore, began] = [count, cpuSeconds(pid), performance.now()]
  await Promise.race([wait(MEASURED_MILLISECONDS), working])
  const [done, cpu, took] = [count - countBefore, cpuSeconds(pid) - cpuBefore, performance.now() - began]
  running = false
  await working
  return { perSecond: (done * 1000) / took, cpuMicroseconds: (cpu * 1e6) / done }
}

function requestOf({ paths, refreshTokens, accessToken }: Subject, load: Load, index: number) {
  switch (load) {
    case 'client_credentials':
      return { path: paths.token, form: { grant_type: 'client_credentials', scope: 'profile:read' } }
    case 'refresh':
      return {
        path: paths.token,
        form: { grant_type: 'refresh_token', refresh_token: refreshTokens[index] ?? '' },
      }
    case 'introspect':
      return { path: paths.introspect, form: { token: accessToken } }
  }
}

function report(figures: ReadonlyMap<string, readonly Figures[]>): void {
  const median = (of: string, figure: keyof Figures) => {
    const sorted = (figures.get(of) ?? []).map((one) => one[figure]).sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? 0
  }
  console.log(`Node ${process.versions.node}, ${CONNECTIONS} connections, median of ${ROUNDS} rounds`)
  console.log('Countersign on SQLite (synchronous=FULL), oidc-provider on its memory store\n')
  console.log(
    '| | Countersign, a second | CPU each, µs | oidc-provider, a second | CPU each, µs | rate | CPU | goal |',
  )
  console.log('|---|---|---|---|---|---|---|---|')
  for (const load of LOADS) {
    const [ours, peer] = [`ours ${load}`, `peer ${load}`]
    const cells = [
      load,
      Math.round(median(ours, 'perSecond')),
      Math.round(median(ours, 'cpuMicroseconds')),
      Math.round(median(peer, 'perSecond')),
      Math.round(median(peer, 'cpuMicroseconds')),
      `${(median(ours, 'perSecond') / median(peer, 'perSecond')).toFixed(1)} ×`,
      `${(median(peer, 'cpuMicroseconds') / median(ours, 'cpuMicroseconds')).toFixed(1)} ×`,
      `${GOALS[load]} ×`,
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
}
