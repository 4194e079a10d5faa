import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { countOf } from '../counts.ts'
import { findFreePort } from '../servers/free-port.ts'
import { type Place, startPlace } from '../store/postgres-place.ts'
import { build, type RunningServer, runProgram, startProgram, startServer } from './built-server.ts'

const PASSWORD = 'correct horse battery'
/** While there is a file of that name in its folder, a program has no room, or no memory, to start another process. */
const NO_ROOM = `--import=data:text/javascript,${encodeURIComponent(`
  import { existsSync } from 'node:fs'
  const { execPath } = process
  Object.defineProperty(process, 'execPath', {
    get() {
      if (existsSync('no-memory')) throw new Error('spawn ENOMEM')
      return existsSync('no-room') ? '/nowhere/node' : execPath
    },
  })
`)}`
const WORKERS = 2

let place: Place
before(async () => {
  build()
  place = await startPlace()
})
after(() => place?.stop())

function freshFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-workers-'))
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** A server of two workers, ended with the test, and its folder. */
async function serveByTwo(t: TestContext, env: Record<string, string> = {}) {
  const cwd = freshFolder(t)
  const args = ['--workers', String(WORKERS)]
  const server = await startServer(await findFreePort(), {
    cwd,
    args,
    // On a machine full of other tests nobody looks at the revocations in time.
    env: { MAX_STALENESS_SECONDS: '300', RATE_LIMITS: 'off', NODE_OPTIONS: NO_ROOM, ...env },
  })
  t.after(async () => {
    if (server.child.exitCode === null) await server.stop()
  })
  return { ...server, cwd }
}

/** Waits until the program has said it. */
async function saidBy(
  { child, said }: Pick<RunningServer, 'child' | 'said'>,
  isSaid: (text: string) => boolean,
): Promise<void> {
  while (!isSaid(said())) {
    assert.deepEqual([child.exitCode, child.signalCode], [null, null], said())
    const heard = new AbortController()
    const { signal } = heard
    await Promise.race([once(child.stdout ?? child, 'data', { signal }), once(child, 'close', { signal })])
    heard.abort()
  }
}

const served = (text: string): { worker: number; pid: number }[] =>
  text
    .split('\n')
    .filter((line) => line.includes('"a worker serves"'))
    .map((line) => JSON.parse(line))
/** Of those that serve last, each in its place. */
const pidsNow = (text: string): number[] => [
  ...new Map(served(text).map(({ worker, pid }) => [worker, pid])).values(),
]

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** By a connection of its own, which goes to whichever worker is next. */
async function ask(server: RunningServer, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { connection: 'close', ...(init.headers as Record<string, string> | undefined) }
  return fetch(server.url + path, { ...init, headers })
}

async function refusedSoFar(server: RunningServer): Promise<number> {
  const text = await (await ask(server, '/metrics')).text()
  return Number(/countersign_refusals_total\{code="NOT_FOUND"[^}]*\} (\d+)/.exec(text)?.[1] ?? 0)
}

async function signUp(server: RunningServer, name: string): Promise<string> {
  const json = { email: `${name}@example.com`, username: name, password: PASSWORD }
  const registered = await ask(server, '/register', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(json),
  })
  assert.equal(registered.status, 201, await registered.text())
  const body = new URLSearchParams({ grant_type: 'password', username: name, password: PASSWORD })
  const answer = await ask(server, '/token', { method: 'POST', body })
  return ((await answer.json()) as { refresh_token: string }).refresh_token
}

const databases = [
  { name: 'sqlite', env: async () => ({}) },
  { name: 'postgres', env: async () => ({ DATABASE_URL: await place.newUrl() }) },
] as const

for (const { name, env } of databases.slice(0, countOf({ quick: 1, full: 2, long: 2 }))) {
  test(`${WORKERS} workers on ${name} are one server: they share, roll over under load, fall, and end`, async (t) => {
    const server = await serveByTwo(t, await env())
    const refreshed = async (token: string): Promise<string> => {
      const body = new URLSearchParams({ refresh_token: token })
      const answer = await ask(server, '/refresh', { method: 'POST', body })
      assert.equal(answer.status, 200)
      return ((await answer.json()) as { refresh_token: string }).refresh_token
    }
    let ann = await signUp(server, 'ann')

    await t.test('they know the same accounts and sessions, and count together', async () => {
      assert.equal(new Set(pidsNow(server.said())).size, WORKERS)
      for (let turn = 0; turn < 4; turn += 1) ann = await refreshed(ann)
      for (let wrong = 0; wrong < 6; wrong += 1) assert.equal((await ask(server, '/nothing')).status, 404)
      for (let asked = 0; asked < 3; asked += 1) assert.equal(await refusedSoFar(server), 6)
    })

    await t.test('SIGHUP replaces them one by one under load, and nobody is refused', async () => {
      const before = pidsNow(server.said())
      const load = await startLoad(server)
      server.child.kill('SIGHUP')
      await saidBy(server, (text) => text.includes('the workers were replaced'))
      const { answered, failures } = await load.end()
      assert.deepEqual(failures, [])
      assert.ok(answered > 10, String(answered))
      assert.ok(pidsNow(server.said()).every((pid) => !before.includes(pid)))
      assert.equal(await refusedSoFar(server), 6, 'what they had counted is not lost')
    })

    await t.test(
      'SIGHUP with a configuration that does not load leaves them as they are, and says so',
      async () => {
        const before = pidsNow(server.said())
        const config = join(server.cwd, 'countersign.config.mjs')
        writeFileSync(config, 'export default { isuer: 1 }\n')
        server.child.kill('SIGHUP')
        await saidBy(server, (text) => text.includes('the others stay as they are'))
        rmSync(config)
        assert.deepEqual(pidsNow(server.said()), before)
        assert.equal((await ask(server, '/readyz')).status, 200)
        assert.equal(server.said().split('the workers were replaced').length, 2, 'that of before')
      },
    )

    await t.test('one that is killed is replaced; the other goes on, and no count goes down', async () => {
      const before = pidsNow(server.said())
      const [victim = 0, other = 0] = before
      process.kill(victim, 'SIGKILL')
      await saidBy(server, (text) => !pidsNow(text).includes(victim))
      assert.ok(pidsNow(server.said()).includes(other))
      for (let asked = 0; asked < 10; asked += 1) {
        assert.equal((await ask(server, '/.well-known/jwks.json')).status, 200)
      }
      assert.equal(await refusedSoFar(server), 6)
      ann = await refreshed(ann)
    })

    await t.test(
      'SIGHUP while a successor of one that fell is on its way leaves one in each place',
      async () => {
        const times = (text: string, words: string) => text.split(words).length - 1
        const [asked, replaced] = ['the workers are to be replaced', 'the workers were replaced']
        const before = server.said()
        const holds = createServer().listen(0, '127.0.0.1')
        await once(holds, 'listening')
        const { port } = holds.address() as AddressInfo
        const config = join(server.cwd, 'countersign.config.mjs')
        writeFileSync(config, `await fetch('http://127.0.0.1:${port}')\nexport default {}\n`)
        const [first = 0] = pidsNow(before)
        process.kill(first, 'SIGKILL')
        const [, successor] = await once(holds, 'request')
        server.child.kill('SIGHUP')
        await saidBy(server, (text) => times(text, asked) > times(before, asked))
        holds.on('request', (_, response) => response.end())
        successor.end()
        await saidBy(server, (text) => times(text, replaced) > times(before, replaced))
        rmSync(config)
        holds.close()
        holds.closeAllConnections()
        const alive = served(server.said()).filter(({ pid }) => isAlive(pid))
        assert.deepEqual(alive.map(({ pid }) => pid).sort(), pidsNow(server.said()).sort())
      },
    )

    await t.test('where there is no room for another process the others go on, until there is', async () => {
      const [, victim = 0] = pidsNow(server.said())
      const [memory, room] = [join(server.cwd, 'no-memory'), join(server.cwd, 'no-room')]
      writeFileSync(memory, '')
      writeFileSync(room, '')
      process.kill(victim, 'SIGKILL')
      await saidBy(server, (text) => text.includes('ENOMEM'))
      rmSync(memory)
      await saidBy(server, (text) => text.includes('ENOENT'))
      assert.equal((await ask(server, '/readyz')).status, 200)
      const numbers = await (await ask(server, '/metrics')).text()
      assert.match(numbers, /^countersign_processes 1$/m)
      assert.match(numbers, /^countersign_processes_wanted 2$/m, 'an alert compares the two')
      rmSync(room)
      await saidBy(server, (text) => !pidsNow(text).includes(victim))
    })

    await t.test('they end as one', async () => {
      const pids = pidsNow(server.said())
      assert.equal(await server.stop(), 0)
      for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
    })
  })
}

/** Requests without a break, on new connections and on kept ones, and two chains of refreshes. */
async function startLoad(server: RunningServer) {
  let done = false
  let answered = 0
  const failures: string[] = []
  const loop = async (work: () => Promise<Response>) => {
    while (!done) {
      try {
        const answer = await work()
        await answer.arrayBuffer()
        if (answer.status === 200) answered += 1
        else failures.push(String(answer.status))
      } catch (error) {
        failures.push(String((error as Error).cause ?? error))
      }
    }
  }
  const chain = (first: string) => {
    let token = first
    return loop(async () => {
      const body = new URLSearchParams({ refresh_token: token })
      const answer = await ask(server, '/refresh', { method: 'POST', body })
      const { refresh_token } = (await answer.clone().json()) as { refresh_token?: string }
      token = refresh_token ?? token
      return answer
    })
  }
  const tokens = [await signUp(server, 'bob'), await signUp(server, 'cid')]
  const loops = [
    ...tokens.map(chain),
    loop(() => ask(server, '/.well-known/jwks.json')),
    loop(() => fetch(`${server.url}/.well-known/jwks.json`)),
    loop(() => fetch(`${server.url}/healthz`)),
  ]
  return {
    async end() {
      done = true
      await Promise.all(loops)
      return { answered, failures }
    },
  }
}

test('SIGHUP while the first workers are on their way ends nobody: they are replaced as soon as they serve', async (t) => {
  const cwd = freshFolder(t)
  const holds = createServer().listen(0, '127.0.0.1')
  await once(holds, 'listening')
  t.after(() => {
    holds.close()
    holds.closeAllConnections()
  })
  const { port } = holds.address() as AddressInfo
  writeFileSync(
    join(cwd, 'countersign.config.mjs'),
    `await fetch('http://127.0.0.1:${port}')\nexport default {}\n`,
  )
  const asked = once(holds, 'request')
  const env = { PORT: String(await findFreePort()), MAX_STALENESS_SECONDS: '300' }
  const child = startProgram(['serve', '--workers', String(WORKERS)], { cwd, env })
  t.after(() => child.kill())
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  }
  const [, answer] = await asked
  child.kill('SIGHUP')
  holds.on('request', (_, response) => response.end())
  answer.end()
  await saidBy({ child, said: () => text }, () => text.includes('the workers were replaced'))
  assert.equal(served(text).length, 2 * WORKERS)
  child.kill()
  assert.deepEqual(await once(child, 'close'), [0, null])
})

test('what keeps the first worker from serving is said once, and ends the program; status 1', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const options = { cwd: freshFolder(t), env: { PORT: String(port) } }
  const { status, err, out } = await runProgram(['serve', '--workers', '2'], options)
  assert.equal(status, 1)
  assert.match(err, new RegExp(`^Port ${port} of 127\\.0\\.0\\.1 is taken by another program\\.`))
  assert.equal(err.trim().split('\n').length, 1, err)
  assert.doesNotMatch(out, /serves/)
})
