import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startPostgres } from '../test/servers/postgres.ts'
import { startRedis } from '../test/servers/redis.ts'

/** From the answer to a sign-out at one process to the first refusal at each of three, itself included. */
const PROCESSES = 3
const SESSIONS = 60
const SPACING_MILLISECONDS = 97
const SERVER = fileURLToPath(new URL('./delay-server.ts', import.meta.url))
const BOUNDS = { notify: 100, redis: 100, none: 2200 } as const
const TITLES = { notify: 'PostgreSQL NOTIFY', redis: 'Redis', none: 'asking alone' } as const

const secretKey = randomBytes(32).toString('base64url')
const [database, redis] = await Promise.all([startPostgres(), startRedis()])
const children: ChildProcess[] = []
try {
  console.log(`Node ${process.versions.node}, ${PROCESSES} processes, ${SESSIONS} sign-outs: milliseconds\n`)
  console.log('| pushes | where | median | p99 | most | bound |')
  console.log('|---|---|---|---|---|---|')
  for (const push of ['notify', 'redis', 'none'] as const) {
    const { same, others } = await measure(push)
    console.log(row(TITLES[push], 'the same process', same, 0))
    console.log(row(TITLES[push], 'the others', others, BOUNDS[push]))
  }
} finally {
  for (const child of children) child.kill()
  await Promise.all([database.stop(), redis.stop()])
}

async function start(push: string, sessions: number): Promise<{ port: number; tokens: string[] }> {
  const args = [SERVER, push, database.url, redis.url, String(sessions)]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, BENCH_SECRET_KEY: secretKey },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  if (child.stdout === null) throw new Error('no output')
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return JSON.parse(line)
}

async function measure(push: string): Promise<{ same: number[]; others: number[] }> {
  const { port, tokens } = await start(push, SESSIONS)
  const ports = [port]
  for (let number = 1; number < PROCESSES; number += 1) ports.push((await start(push, 0)).port)
  for (const token of tokens) {
    for (const at of ports) if ((await statusAt(at, token)) !== 200) throw new Error('a token is not taken')
  }
  const rounds = tokens.map(async (token, number) => {
    await wait(number * SPACING_MILLISECONDS)
    await call(port, 'POST', '/logout', token)
    const began = performance.now()
    // The very next request: whether it is refused, not how long that takes.
    const same = (await statusAt(port, token)) === 401 ? 0 : await refusedAfter(port, token, began)
    const others = await Promise.all(ports.slice(1).map((at) => refusedAfter(at, token, began)))
    return { same, others }
  })
  const figures = await Promise.all(rounds)
  for (const child of children.splice(0)) child.kill()
  return { same: figures.map(({ same }) => same), others: figures.flatMap(({ others }) => others) }
}

/** Until the request was sent that was refused. */
async function refusedAfter(port: number, token: string, began: number): Promise<number> {
  for (;;) {
    const sent = performance.now()
    if ((await statusAt(port, token)) === 401) return sent - began
    await wait(2)
  }
}

function statusAt(port: number, token: string): Promise<number> {
  return call(port, 'GET', '/users/me', token)
}

async function call(port: number, method: string, path: string, token: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
  })
  await response.arrayBuffer()
  return response.status
}

function row(push: string, where: string, figures: number[], bound: number): string {
  const sorted = figures.toSorted((a, b) => a - b).map(Math.round)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  return `| ${[push, where, at(0.5), at(0.99), sorted.at(-1), bound].join(' | ')} |`
}
