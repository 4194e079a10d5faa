import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startRedis } from '../test/servers/redis.ts'
import { BEARER, type Figures, loadFor, requestsOf, sendEach } from './load/get-load.ts'
import type { Bar } from './picture.ts'

/**
 * A checked route against the same route unguarded, both in one process, alone on one core: rounds in turn, medians of
 * their ratios. `BENCH_ROUNDS` and `BENCH_MILLISECONDS` make it longer.
 */
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)
const MILLISECONDS = Number(process.env.BENCH_MILLISECONDS ?? 1500)
const SERVER = fileURLToPath(new URL('./guard-server.ts', import.meta.url))
const FRAMEWORKS = ['fastify', 'hono', 'express'] as const
const SIGNATURES = ['HS256', 'RS256', 'ES256'] as const
const FASTAPI = fileURLToPath(new URL('./peers/fastapi_server.py', import.meta.url))
/** Debian's own, where its packages are. */
const PYTHON = '/usr/bin/python3'
const PEERS = { fastify: '@fastify/jwt', hono: 'hono/jwt', express: 'passport-jwt' } as const

interface Subject {
  readonly name: string
  readonly framework: string
  readonly kind: string
  readonly connections: number
  readonly goal?: number
}

const only = process.env.BENCH_ONLY
const ours = FRAMEWORKS.flatMap((framework): Subject[] => {
  const goal = framework === 'express' ? 0.97 : 0.9
  return [
    ...[32, 128].map((connections) => ({ name: 'Countersign', framework, kind: 'ours', connections, goal })),
    ...[32, 128].flatMap((connections) => [
      { name: 'Countersign, API key', framework, kind: 'api-key', connections, goal: 0.85 },
      { name: 'Countersign, session cookie', framework, kind: 'session', connections, goal: 0.85 },
    ]),
    ...SIGNATURES.map((algorithm) => ({
      name: `Countersign, ${algorithm} at first sight`,
      framework,
      kind: `first-${algorithm}`,
      connections: 32,
      ...(framework !== 'express' && { goal: { HS256: 0.45, RS256: 0.25, ES256: 0.13 }[algorithm] }),
    })),
    { name: 'a Map of tokens and no more: the limit', framework, kind: 'bare', connections: 32 },
    { name: PEERS[framework], framework, kind: 'peer', connections: 32 },
    { name: `${PEERS[framework]} and a Redis deny-list`, framework, kind: 'peer-redis', connections: 32 },
  ]
})
const hasFastApi =
  spawnSync(PYTHON, ['-c', 'import fastapi, jose, uvicorn, redis'], { stdio: 'ignore' }).status === 0
const fastApi: readonly Subject[] = [
  { name: 'python-jose', framework: 'fastapi', kind: 'peer', connections: 32 },
  { name: 'python-jose and a Redis deny-list', framework: 'fastapi', kind: 'peer-redis', connections: 32 },
]
const subjects = [...ours, ...(hasFastApi ? fastApi : [])].filter(
  ({ framework, kind }) => only === undefined || `${framework} ${kind}`.includes(only),
)

/** For the picture: requests a second that a token was checked for, at 32 connections. */
export const bars: Bar[] = []

const redis = await startRedis()
try {
  console.log(`Node ${process.versions.node}; ${ROUNDS} rounds of ${MILLISECONDS} ms each; medians\n`)
  console.log(
    '| framework | guard | connections | requests/s, unguarded | checked | ratio | CPU, µs | checked | ratio | goal |',
  )
  console.log('|---|---|---|---|---|---|---|---|---|---|')
  for (const subject of subjects) console.log(await row(subject))
  if (!hasFastApi) {
    console.log(
      '\nFastAPI is not here (Debian: python3-fastapi python3-jose python3-redis uvicorn python3-uvloop python3-httptools): not measured.',
    )
  }
} finally {
  await redis.stop()
}

async function row({ name, framework, kind, connections, goal }: Subject): Promise<string> {
  const { child, plain, checked, tokens, bad, header } = await start(framework, kind)
  try {
    const pid = child.pid ?? 0
    const letIn = await letInBy(checked, bad, header)
    const requests = requestsOf('/item', tokens, header)
    // Sent before, each of them: the third time a token comes it is remembered for certain.
    for (const port of [plain, checked, checked, checked]) await sendEach(port, requests)
    const rounds: (readonly [Figures, Figures])[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      rounds.push([
        await loadFor({ port: plain, pid, connections }, requests, MILLISECONDS),
        await loadFor({ port: checked, pid, connections }, requests, MILLISECONDS),
      ])
    }
    if (letIn.length === 0 && connections === 32 && !['api-key', 'session', 'bare'].includes(kind))
      bars.push({ framework, name, perSecond: median(rounds.map(([, guarded]) => guarded.perSecond)) })
    const cells = [
      framework,
      letIn.length === 0 ? name : `${name} (no guard: lets in ${letIn.join(', ')})`,
      connections,
      Math.round(median(rounds.map(([free]) => free.perSecond))),
      Math.round(median(rounds.map(([, guarded]) => guarded.perSecond))),
      median(rounds.map(([free, guarded]) => guarded.perSecond / free.perSecond)).toFixed(2),
      median(rounds.map(([free]) => free.cpuMicroseconds)).toFixed(1),
      median(rounds.map(([, guarded]) => guarded.cpuMicroseconds)).toFixed(1),
      median(rounds.map(([free, guarded]) => free.cpuMicroseconds / guarded.cpuMicroseconds)).toFixed(2),
      goal?.toFixed(2) ?? '',
    ]
    return `| ${cells.join(' | ')} |`
  } finally {
    child.kill()
    await once(child, 'close')
  }
}

/** What a guard lets in that it has to refuse: whoever checks less is not faster. */
async function letInBy(port: number, bad: Started['bad'], header = BEARER): Promise<string[]> {
  const letIn: string[] = []
  for (const [name, token] of Object.entries(bad)) {
    const [field = '', scheme = ''] = header.split(': ')
    const headers: Record<string, string> = token === '' ? {} : { [field]: scheme + token }
    const { status } = await fetch(`http://127.0.0.1:${port}/item`, { headers })
    if (status < 400) letIn.push(name)
  }
  return letIn
}

interface Started {
  readonly child: ChildProcess
  readonly plain: number
  readonly checked: number
  readonly tokens: readonly string[]
  /** By what is wrong with them. */
  readonly bad: Readonly<Record<string, string>>
  /** Where tokens stand; that of a bearer token unless said otherwise. */
  readonly header?: string
}

async function start(framework: string, kind: string): Promise<Started> {
  const profile = process.env.BENCH_CPU_PROFILE
  const options = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const program =
    framework === 'fastapi'
      ? [PYTHON, FASTAPI, ...(kind === 'peer-redis' ? [redis.url] : [])]
      : [process.execPath, ...options, SERVER, framework, kind, redis.url]
  const [command = '', ...args] = [...onOneCore(), ...program]
  const child = spawn(command, args, {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const name = `${framework} ${kind}`
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${name} ended by itself`)))
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
  ended.catch(() => undefined)
  return { child, ...JSON.parse(line) }
}

/** The server has the last core for itself, as far as this machine goes. */
function onOneCore(): readonly string[] {
  const { status } = spawnSync('taskset', ['-c', '1', 'true'], { stdio: 'ignore' })
  return status === 0 ? ['taskset', '-c', '1'] : []
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
