import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { createAuth } from '../../src/index.ts'
import type { KeyReport } from '../../src/keys/key-management.ts'
import { startPostgres } from '../servers/postgres.ts'
import { patient } from '../store/postgres-place.ts'
import { LIFE_SECONDS, optionsOf } from './rotation-options.ts'

export interface RotationPlan {
  readonly rotations: number
  readonly requestsPerSecond: number
  /** Tokens live a minute; one is presented until it is this old. */
  readonly oldestTokenSeconds: number
  /** How long a verifier elsewhere goes on with the key set it has. */
  readonly cacheMilliseconds: number
}

export interface RotationReport {
  readonly rotations: number
  readonly restarts: number
  readonly seconds: number
  readonly checked: number
  readonly requestsPerSecond: number
  readonly refreshed: number
  /** By a verifier elsewhere, which only ever asks for the key set when its copy has ended. */
  readonly verifiedElsewhere: number
  /** How many keys signed a token that was presented. */
  readonly keysSeen: number
  readonly oldestAcceptedSeconds: number
  /** What was refused though it was valid, and why. */
  readonly refused: readonly string[]
}

const NODE = fileURLToPath(new URL('./rotation-node.ts', import.meta.url))
const TICK_MILLISECONDS = 20
const ANSWER_MILLISECONDS = 20_000

interface Node {
  readonly port: number
  /** Requests that have no answer yet. */
  underWay: number
  stop(): Promise<void>
}

interface Held {
  readonly text: string
  readonly since: number
}

/**
 * Two processes on PostgreSQL under load, keys rotating one after the other, both processes restarted half-way: what
 * is refused although it is valid?
 */
export async function rotateUnderLoad(plan: RotationPlan): Promise<RotationReport> {
  const server = await startPostgres()
  const secretKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
  const { cacheMilliseconds } = plan
  const options = optionsOf(secretKey, cacheMilliseconds)
  const startOne = () => startNode(server.url, secretKey, cacheMilliseconds)
  const auth = createAuth({ ...options, store: patient({ url: server.url }) })
  await auth.ready()
  const nodes = await Promise.all([startOne(), startOne()])
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const refused: string[] = []
  const counts = { checked: 0, refreshed: 0, elsewhere: 0, oldest: 0 }
  const kids = new Set<string>()
  const held: Held[] = []
  const began = performance.now()
  let running = true
  let turn = 0

  const anyNode = (): Node => {
    turn += 1
    const node = nodes[turn % nodes.length]
    if (node === undefined) throw new Error('no node is in service')
    return node
  }
  const send = (method: string, path: string, headers: Record<string, string>, body = '') =>
    ask(anyNode(), (port) => call(agent, port, { method, path, headers }, body))

  const check = async ({ text, since }: Held): Promise<void> => {
    const { status, answer } = await send('GET', '/checked', { authorization: `Bearer ${text}` })
    const age = (performance.now() - since) / 1000
    counts.checked += 1
    kids.add(kidOf(text))
    // One that ended on the way was not valid.
    if (status !== 204 && age < LIFE_SECONDS)
      refused.push(`check, ${age.toFixed(1)} s old: ${status} ${answer}`)
    else counts.oldest = Math.max(counts.oldest, age)
  }

  const people = await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const email = `person${index}@example.com`
      const { id } = await auth.users.create({
        email,
        username: `person${index}`,
        password: 'correct horse battery',
      })
      return auth.sessions.start({ userId: id, amr: ['pwd'] })
    }),
  )
  const refreshing = people.map(async (first) => {
    let token = first.refresh_token ?? ''
    held.push({ text: first.access_token, since: performance.now() })
    while (running) {
      await wait(250)
      const since = performance.now()
      const body = JSON.stringify({ refresh_token: token })
      const { status, answer } = await send('POST', '/refresh', { 'content-type': 'application/json' }, body)
      if (status !== 200) {
        refused.push(`refresh: ${status} ${answer}`)
        continue
      }
      counts.refreshed += 1
      const tokens = JSON.parse(answer)
      token = tokens.refresh_token
      held.push({ text: tokens.access_token, since })
    }
  })
  const checking = (async () => {
    const perTick = (plan.requestsPerSecond * TICK_MILLISECONDS) / 1000
    const underWay = new Set<Promise<void>>()
    let due = performance.now()
    while (running) {
      const oldest = performance.now() - plan.oldestTokenSeconds * 1000
      while ((held[0]?.since ?? Number.POSITIVE_INFINITY) < oldest) held.shift()
      for (let count = 0; count < perTick && underWay.size < 500; count++) {
        // Old and new alike: most of the first are by keys that retired, each of the last may be by a new key.
        const token = count % 2 === 0 ? held.at(-1) : held[Math.floor(Math.random() * held.length)]
        if (token === undefined) continue
        const checked = check(token).finally(() => underWay.delete(checked))
        underWay.add(checked)
      }
      due += TICK_MILLISECONDS
      await wait(Math.max(0, due - performance.now()))
    }
    await Promise.all(underWay)
  })()
  const elsewhere = (async () => {
    const { issuer } = options
    while (running) {
      const { answer } = await send('GET', '/.well-known/jwks.json', {})
      const keys = createLocalJWKSet(JSON.parse(answer) as JSONWebKeySet)
      const ends = performance.now() + cacheMilliseconds
      while (running && performance.now() < ends) {
        const newest = held.at(-1)
        if (newest === undefined) break
        await jwtVerify(newest.text, keys, { issuer: String(issuer) }).then(
          () => {
            counts.elsewhere += 1
          },
          (error: Error) => refused.push(`elsewhere: ${error.message} ${kidOf(newest.text)}`),
        )
        await wait(20)
      }
    }
  })()

  const reached = async (says: (report: KeyReport) => boolean, limitSeconds = 60): Promise<void> => {
    const limit = performance.now() + limitSeconds * 1000
    while (!says(await auth.keys.list())) {
      if (performance.now() > limit) throw new Error(`not reached: ${JSON.stringify(await auth.keys.list())}`)
      await wait(50)
    }
  }
  let restarts = 0
  try {
    for (let rotation = 1; rotation <= plan.rotations; rotation++) {
      const { kid } = await auth.keys.rotate()
      await reached(({ keys }) => keys.some((key) => key.kid === kid && key.phase === 'active'))
      if (rotation !== Math.ceil(plan.rotations / 2)) continue
      for (const index of nodes.keys()) {
        // As a load balancer does: out of service first, then stopped; the new one goes into service when it is ready.
        const [old] = nodes.splice(index, 1)
        while ((old?.underWay ?? 0) > 0) await wait(10)
        await old?.stop()
        nodes.splice(index, 0, await startOne())
        restarts += 1
      }
    }
    // The last key has its tokens presented as well.
    await wait(1000)
  } finally {
    running = false
    await Promise.all([...refreshing, checking, elsewhere])
    agent.destroy()
    await Promise.all(nodes.map((node) => node.stop()))
    await auth.close()
    await server.stop()
  }
  const seconds = (performance.now() - began) / 1000
  return {
    rotations: plan.rotations,
    restarts,
    seconds: Math.round(seconds),
    checked: counts.checked,
    requestsPerSecond: Math.round(counts.checked / seconds),
    refreshed: counts.refreshed,
    verifiedElsewhere: counts.elsewhere,
    keysSeen: kids.size,
    oldestAcceptedSeconds: Math.round(counts.oldest),
    refused,
  }
}

async function startNode(url: string, secretKey: string, cacheMilliseconds: number): Promise<Node> {
  const child = spawn(process.execPath, [NODE, url, secretKey, String(cacheMilliseconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { port: await portOf(child), underWay: 0, stop: () => stop(child) }
}

async function ask<Value>(node: Node, work: (port: number) => Promise<Value>): Promise<Value> {
  node.underWay += 1
  try {
    return await work(node.port)
  } finally {
    node.underWay -= 1
  }
}

async function portOf(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new TypeError('without its output there is no port')
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^port (\d+)$/.exec(line)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error('a process ended before it served')
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const closed = once(child, 'exit')
  child.kill('SIGTERM')
  await closed
}

function call(
  agent: Agent,
  port: number,
  {
    method,
    path,
    headers,
  }: { readonly method: string; readonly path: string; readonly headers: Record<string, string> },
  body: string,
): Promise<{ readonly status: number; readonly answer: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ agent, port, host: '127.0.0.1', method, path, headers }, (response) => {
      let answer = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        answer += chunk
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, answer }))
    })
    sent.setTimeout(ANSWER_MILLISECONDS, () => sent.destroy(new Error(`no answer to ${method} ${path}`)))
    sent.on('error', reject)
    sent.end(body)
  })
}

function kidOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
}
