import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { renameSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { root } from '../../scripts/setup/places.mjs'
import { build } from '../cli/built-server.ts'
import { type PrivatePostgres, startPostgres } from '../servers/postgres.ts'
import { run } from '../store/postgres-place.ts'
import { DRILLS } from './drills/page.ts'
import { ask, askAbout, askRefresh, askSignIn, type Held, held, signOut, signUp } from './drills/person.ts'
import { copyNextRelease, copyRelease, NEXT_SCHEMA } from './drills/release.ts'
import { openTerminal, type Ran, type Server, type Terminal, typed } from './drills/terminal.ts'

const SECRET_KEY = randomBytes(32).toString('base64url')
const PATIENCE_MILLISECONDS = 300_000

before(() => build())

function succeeded({ status, out, err }: Ran): string {
  assert.equal(status, 0, `${out}${err}`)
  return out
}

/** Asks again until it is so; what happens elsewhere tells nobody when it has. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const late = performance.now() + PATIENCE_MILLISECONDS
  while (!(await isSo())) {
    assert.ok(performance.now() < late, what)
    await wait(100)
  }
}

/** Where it is, as operators tell their tools. */
function addressOf({ url }: Pick<PrivatePostgres, 'url'>): Record<string, string> {
  const { hostname, port, username, password, pathname } = new URL(url)
  return {
    DATABASE_URL: url,
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: password,
    PGDATABASE: pathname.slice(1),
  }
}

/** What must be true once a backup was put back that is older than what these people did last. */
async function judgeRestored({ url }: Server, before: readonly Held[]): Promise<void> {
  for (const tokens of before) {
    assert.equal(await ask(url, tokens), 401, 'tokens of before are void')
    assert.equal((await askRefresh(url, tokens)).status, 400)
  }
  const anna = await held(await askSignIn(url, 'anna'))
  assert.equal(await ask(url, anna), 200, 'whom the backup knows signs in')
  assert.equal((await askSignIn(url, 'bert')).status, 400, 'whom it does not know is told so')
  await signOut(url, anna)
  assert.equal(await ask(url, anna), 401, 'and what ends now has ended')
  assert.equal((await askRefresh(url, anna)).status, 400)
}

test('a backup of SQLite is made while the server runs, and put back', async (t) => {
  const terminal = openTerminal(t, { SECRET_KEY })
  succeeded(await terminal.type('upgrade'))
  const first = await terminal.serve()
  const anna = await signUp(first.url, 'anna')
  const signedOut = await held(await askSignIn(first.url, 'anna'))
  succeeded(await terminal.type('back-up-sqlite'))
  assert.equal(statSync(join(terminal.folder, 'countersign.backup.db')).mode & 0o077, 0)
  const bert = await signUp(first.url, 'bert')
  await signOut(first.url, signedOut)
  await first.stop()

  const said = succeeded(await terminal.type('put-back-sqlite'))
  assert.match(said, /anna@example\.com/)
  assert.doesNotMatch(said, /bert/)
  await judgeRestored(await terminal.serve(), [anna, signedOut, bert])
})

test('a backup of PostgreSQL is put back in its place, and where there is nothing left of the server', async (t) => {
  const [here, elsewhere] = await Promise.all([startPostgres(), startPostgres()])
  t.after(() => Promise.all([here.stop(), elsewhere.stop()]))
  const terminal = openTerminal(t, { SECRET_KEY })
  const at = (server: PrivatePostgres) => addressOf(server)
  succeeded(await terminal.type('upgrade', at(here)))
  const first = await terminal.serve(at(here))
  const anna = await signUp(first.url, 'anna')
  const signedOut = await held(await askSignIn(first.url, 'anna'))
  await signOut(first.url, await held(await askSignIn(first.url, 'anna')))
  succeeded(await terminal.type('back-up-postgres', at(here)))
  const bert = await signUp(first.url, 'bert')
  await signOut(first.url, signedOut)
  await first.stop()

  // What a release has made that was upgraded to since.
  await run(here.url, 'CREATE TABLE countersign.later (owner uuid REFERENCES countersign.users)')
  for (const server of [here, elsewhere]) {
    succeeded(await terminal.type('put-back-postgres', at(server)))
    const restored = await terminal.serve(at(server))
    await judgeRestored(restored, [anna, signedOut, bert])
    await restored.stop()
  }
})

test('a signing key that somebody else may have: what it signed is refused, and nobody is signed out', async (t) => {
  const terminal = openTerminal(t, { SECRET_KEY })
  succeeded(await terminal.type('upgrade'))
  const { url } = await terminal.serve()
  const anna = await signUp(url, 'anna')
  succeeded(await terminal.type('key-compromise'))
  await until('the server learns of it', async () => (await ask(url, anna)) === 401)
  const next = await held(await askRefresh(url, anna))
  assert.equal(await ask(url, next), 200)
})

test('SECRET_KEY is changed: nobody is signed out, and the old one is needed until nothing names it', async (t) => {
  const terminal = openTerminal(t, { SECRET_KEY })
  succeeded(await terminal.type('upgrade'))
  const first = await terminal.serve()
  let anna = await signUp(first.url, 'anna')
  let bert = await signUp(first.url, 'bert')
  await first.stop()

  const NEW_SECRET_KEY = succeeded(await terminal.type('new-secret')).trim()
  const both = { SECRET_KEY: `${NEW_SECRET_KEY},${SECRET_KEY}` }
  const second = await terminal.serve(both)
  const { url } = second
  anna = await held(await askRefresh(url, anna))
  const early = await terminal.type('old-secret-unused', { NEW_SECRET_KEY })
  assert.notEqual(early.status, 0)
  assert.match(early.err, /SECRET_KEY/)
  await until('nothing names the old one', async () => {
    anna = await held(await askRefresh(url, anna))
    bert = await held(await askRefresh(url, bert))
    return (await terminal.type('old-secret-unused', { NEW_SECRET_KEY })).status === 0
  })
  await second.stop()

  const third = await terminal.serve({ SECRET_KEY: NEW_SECRET_KEY })
  for (const person of [anna, bert]) {
    assert.equal(await ask(third.url, person), 200)
    assert.equal((await askRefresh(third.url, person)).status, 200)
  }
})

/** People who refresh and ask without a break, at whichever of these servers takes the connection. */
async function startLoad(live: readonly string[], names: readonly string[]) {
  let done = false
  const wrong: string[] = []
  let count = 0
  const anyServer = async <T>(work: (url: string) => Promise<T>): Promise<T> => {
    for (let turn = 0; ; turn += 1) {
      try {
        return await work(live[turn % live.length] ?? '')
      } catch (error) {
        // As a load balancer does with one that takes no connection.
        if (!(error instanceof TypeError) || turn > 200) throw error
        await wait(20)
      }
    }
  }
  /** Who is told to try again tries again; why they were told so is judged by `refusedFor`. */
  const answered = async (work: (url: string) => Promise<Response>): Promise<Response> => {
    for (;;) {
      const answer = await anyServer(work)
      if (answer.status !== 503) return answer
      await answer.arrayBuffer()
      await wait(100)
    }
  }
  const one = async (name: string): Promise<void> => {
    let tokens = await signUp(live[0] ?? '', name)
    while (!done) {
      const answer = await answered((url) => askRefresh(url, tokens))
      if (answer.status !== 200)
        return void wrong.push(`${name} refresh ${answer.status} ${await answer.text()}`)
      tokens = await held(answer)
      const { status } = await answered((url) => askAbout(url, tokens))
      if (status !== 200) wrong.push(`${name} ask ${status}`)
      count += 2
    }
  }
  const all = names.map(one)
  return {
    answered: () => count,
    async end(): Promise<readonly string[]> {
      done = true
      await Promise.all(all)
      return wrong
    },
  }
}

/** Of those that were told to try again. A database that is late on a busy machine is all that there may be. */
function refusedFor(servers: readonly Server[]): readonly string[] {
  const codes = servers.flatMap(({ said }) =>
    [...said().matchAll(/"code":"([A-Z_]+)","status":503/g)].map(([, code = '']) => code),
  )
  return [...new Set(codes)].filter((code) => code !== 'STORE_UNAVAILABLE')
}

async function moreThan(load: { answered(): number }, count: number): Promise<void> {
  const from = load.answered()
  await until('the load goes on', async () => load.answered() >= from + count)
}

async function startRefused(terminal: Terminal, env: Record<string, string>): Promise<void> {
  const refused = await terminal.serveInVain(env)
  assert.equal(refused.status, 1)
  assert.match(refused.err, /STORE_SCHEMA_NEW: .*start the newer release, or restore the backup/)
}

test('PostgreSQL: two nodes under load are upgraded one by one over a step of the schema, and nobody notices', async (t) => {
  const database = await startPostgres()
  t.after(() => database.stop())
  const env = addressOf(database)
  const terminal = openTerminal(t, { SECRET_KEY, ...env })
  const next = copyNextRelease(join(terminal.folder, 'next'))
  succeeded(await terminal.type('upgrade'))
  const old = [await terminal.serve(), await terminal.serve()]
  const live = old.map(({ url }) => url)
  const load = await startLoad(live, ['anna', 'bert', 'carla'])
  await moreThan(load, 20)

  terminal.use(next)
  const planned = succeeded(await terminal.type('look-at-upgrade'))
  assert.match(planned, new RegExp(`to ${NEXT_SCHEMA}:\\n +${NEXT_SCHEMA} +a column of tomorrow`))
  succeeded(await terminal.type('upgrade'))
  await moreThan(load, 20)
  const successors: Server[] = []
  for (const [place, server] of old.entries()) {
    const successor = await terminal.serve()
    successors.push(successor)
    live[place] = successor.url
    assert.equal(await server.stop(), 0)
    await moreThan(load, 20)
  }
  assert.deepEqual(await load.end(), [])
  assert.deepEqual(refusedFor([...old, ...successors]), [])
  terminal.use(root)
  await startRefused(terminal, {})
})

test('SQLite: workers are replaced by those of the next release by a signal, and nobody notices', async (t) => {
  const terminal = openTerminal(t, { SECRET_KEY })
  const { folder } = terminal
  const [former, next] = [copyRelease(join(folder, 'former')), copyNextRelease(join(folder, 'next'))]
  const current = join(folder, 'current')
  symlinkSync(former, current)
  terminal.use(current)
  succeeded(await terminal.type('upgrade'))
  const server = await terminal.serve({}, ['--workers', '2'])
  const load = await startLoad([server.url], ['anna', 'bert'])
  await moreThan(load, 20)

  terminal.use(next)
  succeeded(await terminal.type('upgrade'))
  await moreThan(load, 20)
  symlinkSync(next, join(folder, 'incoming'))
  renameSync(join(folder, 'incoming'), current)
  server.child.kill('SIGHUP')
  await until('the workers were replaced', async () => server.said().includes('the workers were replaced'))
  assert.doesNotMatch(server.said(), /does not serve|has ended/)
  await moreThan(load, 20)
  assert.deepEqual(await load.end(), [])
  assert.deepEqual(refusedFor([server]), [])
  terminal.use(former)
  await startRefused(terminal, {})
})

test('a disk that is full stops changes and nothing else, and room is all that is needed', async (t) => {
  const terminal = openTerminal(t, { SECRET_KEY })
  succeeded(await terminal.type('upgrade'))
  const { url, child } = await terminal.serve()
  const anna = await signUp(url, 'anna')
  const limitFiles = (bytes: string) =>
    execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:`])
  limitFiles('1')
  assert.equal((await askRefresh(url, anna)).status, 503)
  assert.equal((await askSignIn(url, 'anna')).status, 503)
  assert.equal(await ask(url, anna), 200, 'reading goes on')
  succeeded(await terminal.type('room-on-disk'))
  limitFiles('unlimited')
  const next = await held(await askRefresh(url, anna))
  assert.equal(await ask(url, next), 200, 'and she was not signed out')
  assert.equal((await askSignIn(url, 'anna')).status, 200)
})

test('every command of the page was typed here', () => {
  assert.deepEqual([...typed].sort(), [...DRILLS.keys()].sort())
})
