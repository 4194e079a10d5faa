import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { builtProgram } from '../../scripts/setup/places.mjs'
import { bareEnvironment } from './bare-environment.ts'
import { build, type RunOptions, runProgram, startProgram } from './built-server.ts'

const PASSWORD = 'correct horse battery'

let folder: string
before(() => {
  build()
  folder = mkdtempSync(join(tmpdir(), 'countersign-cli-'))
})
after(() => rmSync(folder, { recursive: true }))

const start = (args: readonly string[], env: Record<string, string> = {}): ChildProcess =>
  startProgram(args, { cwd: folder, env })
const run = (args: readonly string[], options: Partial<RunOptions> = {}) =>
  runProgram(args, { cwd: folder, ...options })

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

test('a reader that stops early ends a listing, and no stack trace comes of it', async () => {
  const child = start(['routes'])
  assert.ok(child.stdout && child.stderr)
  child.stdout.destroy()
  const [err, [status]] = await Promise.all([text(child.stderr), once(child, 'close')])
  assert.equal(err, '')
  assert.equal(status, 0)
})

test('output that cannot be written is one clear line, and the status is 1', async (t) => {
  if (!existsSync('/dev/full')) return t.skip('there is no device here that is always full')
  const full = openSync('/dev/full', 'w')
  const child = spawn(process.execPath, [builtProgram, 'version'], {
    cwd: folder,
    env: bareEnvironment(),
    stdio: ['ignore', full, 'pipe'],
  })
  closeSync(full)
  const [err, [status]] = await Promise.all([text(child.stderr as Readable), once(child, 'close')])
  assert.match(err, /^The output cannot be written: ENOSPC.*\n$/)
  assert.equal(status, 1)
})

test('version and secret', async () => {
  const version = await run(['version'])
  assert.match(version.out, /^\d+\.\d+\.\d+\n$/)
  assert.deepEqual(await run(['--version']), version)
  const first = await run(['secret'])
  assert.match(first.out, /^[\w-]{43}\n$/)
  assert.notEqual((await run(['secret'])).out, first.out)
})

test('every problem of a configuration is listed at once, without a stack trace, and the status is 1', async () => {
  const env = { PORT: '99999', ISSUER: 'http://auth.example.com', SECRET_KEY: 'changeme' }
  const { status, err, out } = await run(['serve'], { env })
  assert.equal(status, 1)
  assert.equal(out, '')
  for (const name of ['port', 'issuer', 'secretKey']) assert.match(err, new RegExp(`^  ${name} `, 'm'))
  assert.doesNotMatch(err, /\n\s+at |changeme/)
  assert.equal(existsSync(join(folder, 'data')), false, 'nothing was made')
})

test('accounts: made with a password from standard input, never from an option', async () => {
  const create = ['users', 'create', '--email', 'root@example.com', '--username', 'root', '--role', 'admin']
  const refused = await run([...create, '--password', PASSWORD])
  assert.equal(refused.status, 2)
  const made = await run([...create, '--json'], { input: `${PASSWORD}\n` })
  assert.equal(made.status, 0, made.err)
  assert.deepEqual(JSON.parse(made.out).roles, ['user', 'admin'])
  const taken = await run(create, { input: PASSWORD })
  assert.equal(taken.status, 1)
  assert.match(taken.err, /email: Is taken/)
  const weak = await run(['users', 'create', '--email', 'b@example.com'], { input: 'short' })
  assert.equal(weak.status, 1)
  const unknown = await run(['users', 'create', '--email', 'b@example.com', '--role', 'emperor'], {
    input: PASSWORD,
  })
  assert.match(unknown.err, /roles: Must be one of/)

  const staff = ['users', 'create', '--email', 'staff@example.com', '--role', 'admin', '--json']
  const config = join(folder, 'countersign.config.ts')
  writeFileSync(config, `export default { roles: { member: { scopes: [] } }, defaultRoles: ['member'] }\n`)
  const second = await run(staff, { input: PASSWORD })
  rmSync(config)
  assert.deepEqual(JSON.parse(second.out).roles, ['member', 'admin'], 'besides those of every account')
  assert.equal((await run(['users', 'delete', 'staff@example.com'])).status, 1, 'nobody agreed')
  const removed = await run(['users', 'delete', 'staff@example.com', '--yes', '--json'])
  assert.deepEqual(JSON.parse(removed.out), { id: JSON.parse(second.out).id, removed: true })

  const list = JSON.parse((await run(['users', 'list', '--json'])).out)
  assert.deepEqual(
    list.items.map((user: { username: string }) => user.username),
    ['root'],
  )
  assert.doesNotMatch(JSON.stringify(list), /argon2|hash/)
  assert.equal((await run(['users', 'show', 'nobody'])).status, 1)
  assert.equal((await run(['users', 'fly'])).status, 2)
  assert.equal(JSON.parse((await run(['users', 'disable', 'root', '--json'])).out).state, 'disabled')
  assert.equal(JSON.parse((await run(['users', 'enable', 'root@example.com', '--json'])).out).state, 'active')
  assert.deepEqual(JSON.parse((await run(['users', 'set-role', 'root', 'user', '--json'])).out).roles, [
    'user',
  ])
  assert.equal((await run(['users', 'set-password', 'root'], { input: 'another long sentence' })).status, 0)
  const reset = await run(['users', 'reset-factor', 'root', '--json'])
  assert.equal(JSON.parse(reset.out).factors, 'there were none', reset.err)
  assert.match((await run(['sessions', 'list', 'root'])).out, /Not signed in anywhere/)
  assert.equal((await run(['sessions', 'end', 'root', 'no-such-id'])).status, 1)
  assert.deepEqual(JSON.parse((await run(['sessions', 'end-all', 'root', '--json'])).out), { ended: 0 })
})

test('what is not there is named, with where to look, before anything is asked', async () => {
  const named = [
    ['apply gone.json', /^gone\.json cannot be read \(ENOENT\)\.\n$/],
    ['keys retire no-such-key', /^no key of that kid; `countersign keys list` shows all\n$/],
    ['keys revoke no-such-key', /^no key of that kid; `countersign keys list` shows all\n$/],
    ['events --cause PASSWORD_WRONK', /^--cause: a code such as PASSWORD_WRONG; docs\/refusals\.md/],
  ] as const
  await Promise.all(
    named.map(async ([line, told]) => {
      const { status, err } = await run(line.split(' '))
      assert.match(err, told)
      assert.equal(status, 1, line)
    }),
  )
  const tooMuch = await run('api-keys create root --name x --scope admin:events'.split(' '))
  assert.match(
    tooMuch.err,
    /^SCOPE_MISSING: .*\n {2}scopes: admin:events\n$/,
    'root has lost that role above',
  )
})

test('config shows which keys a start in development uses, and makes none', async () => {
  const keyOf = async (cwd: string) => {
    const { items } = JSON.parse((await run(['config', '--json'], { cwd })).out)
    return items.find(({ setting }: { readonly setting: string }) => setting === 'secretKey')
  }
  const made = await keyOf(folder)
  assert.equal(made.from, 'file data/secret-key')
  assert.match(made.value.join(), /^set, 43 characters, fingerprint [0-9a-f]{8}$/)
  const empty = mkdtempSync(join(tmpdir(), 'countersign-cli-empty-'))
  assert.deepEqual((await keyOf(empty)).value, [])
  assert.deepEqual(readdirSync(empty), [])
  rmSync(empty, { recursive: true })
})

test('events: who did what, when; filtered by account, name and time', async () => {
  const { items } = JSON.parse((await run(['events', '--user', 'root', '--since', '1h', '--json'])).out)
  const names = items.map((event: { name: string }) => event.name)
  assert.equal(names.at(-1), 'user.created')
  for (const name of ['user.disabled', 'user.password_changed', 'session.all_ended'])
    assert.ok(names.includes(name))
  assert.deepEqual(
    new Set(items.map((event: { actor: { kind: string } }) => event.actor.kind)),
    new Set(['operator']),
  )
  const table = await run(['events', '--name', 'user.disabled'])
  assert.match(table.out, /^at +name +by .*\n\S+Z {2}user\.disabled {2}operator/)
  const reports = ['clients', 'create', '--name', 'Reports', '--id', 'reports']
  assert.match(
    (await run([...reports, '--redirect-uri', 'https://x.example/'])).err,
    /--grant authorization_code/,
  )
  assert.match((await run(['events', '--name', 'client.created'])).out, / client .*\n.* reports /)
  assert.match((await run(['events', '--since', '2999-01-01'])).out, /No such events/)
  for (const wrong of [
    ['--name', 'user.flew'],
    ['--since', 'noon'],
    ['--user', 'nobody'],
  ]) {
    assert.equal((await run(['events', ...wrong])).status, 1, wrong.join(' '))
  }
  assert.equal((await run(['events', '--limit', '0'])).status, 2)
})

test('events --follow shows what happens, as one line of JSON each, and ends at a signal', async () => {
  for (const _ of [1, 2]) assert.equal((await run(['sessions', 'end-all', 'root'])).status, 0)
  const following = start(['events', '--follow', '--limit', '1', '--json', '--name', 'session.all_ended'])
  assert.ok(following.stdout)
  const lines: AsyncIterator<string> = createInterface({ input: following.stdout })[Symbol.asyncIterator]()
  const first = JSON.parse((await lines.next()).value)
  assert.equal(first.name, 'session.all_ended')
  assert.equal((await run(['sessions', 'end-all', 'root'])).status, 0)
  const second = JSON.parse((await lines.next()).value)
  assert.equal(second.name, 'session.all_ended')
  assert.ok(second.at > first.at, 'what the limit left out does not come after what is newer')
  following.kill('SIGINT')
  const [status] = await once(following, 'close')
  assert.equal(status, 0)
})

test('G-8: the key made for development is its owner’s alone, and config shows no secret', async () => {
  const path = join(folder, 'data/secret-key')
  assert.equal(statSync(path).mode & 0o077, 0)
  const key = 'Rk7o3vXn0c2mZpJt9sQyWlEa5bUdGhKi8fLxTqNjVwM'
  const { out } = await run(['config', '--json'], { env: { SECRET_KEY: key } })
  assert.match(out, /environment SECRET_KEY/)
  assert.equal(out.includes(key), false)
})

test('init writes a configuration that loads, and never writes over one', async () => {
  const first = JSON.parse((await run(['init', '--json'])).out)
  assert.deepEqual(
    first.files.map((file: { written: boolean }) => file.written),
    [true, true],
  )
  writeFileSync(join(folder, '.env.example'), 'mine')
  const second = JSON.parse((await run(['init', '--json'])).out)
  assert.deepEqual(
    second.files.map((file: { written: boolean }) => file.written),
    [false, false],
  )
  assert.equal(readFileSync(join(folder, '.env.example'), 'utf8'), 'mine')
  assert.equal((await run(['config'])).status, 0)
})

test('serve: says where it is, stops on SIGTERM with 0, and a taken port is one clear line', async () => {
  const port = await freePort()
  const child = start(['serve'], { PORT: String(port) })
  assert.ok(child.stdout)
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  while (!out.includes('users create')) await once(child.stdout, 'data')
  assert.match(out, new RegExp(`http://127.0.0.1:${port}/docs`))
  assert.match(out, /sqlite:/)
  assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)

  const second = await run(['serve'], { env: { PORT: String(port) } })
  assert.equal(second.status, 1)
  assert.match(second.err, new RegExp(`Port ${port}`))
  assert.equal(second.err.trim().split('\n').length, 1)

  child.kill('SIGTERM')
  const [status] = await once(child, 'close')
  assert.equal(status, 0)
})

test('serve: SIGHUP, which replaces workers where there are several, lets one server finish and ends it with 0, also by a terminal that is closed', async () => {
  const closed = `process.on('SIGHUP', () => process.stdout.emit('error', Object.assign(new Error(), { code: 'EIO' })))`
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(closed)}`
  const child = start(['serve'], { PORT: String(await freePort()), NODE_OPTIONS })
  assert.ok(child.stdout)
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  while (!out.includes('users create')) await once(child.stdout, 'data')
  child.kill('SIGHUP')
  assert.deepEqual(await once(child, 'close'), [0, null])
  assert.match(out, /stopping/)
})

test('serve: a start that fails ends also where a connection to Redis was made before', async () => {
  const env = {
    NODE_ENV: 'production',
    ISSUER: 'https://auth.example.com',
    SECRET_KEY: 'Rk7o3vXn0c2mZpJt9sQyWlEa5bUdGhKi8fLxTqNjVwM',
    DATABASE_URL: 'sqlite:./none.db',
    REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
    PORT: String(await freePort()),
  }
  const { status, err } = await run(['serve'], { env })
  assert.equal(status, 1)
  assert.match(err, /^STORE_SCHEMA_OLD/)
})

test('migrate --dry-run in an empty folder says what it would do, and leaves the folder empty', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'countersign-dry-'))
  try {
    const { status, out, err } = await run(['migrate', '--dry-run', '--json'], { cwd: empty })
    assert.equal(status, 0, err)
    const report = JSON.parse(out)
    assert.ok(report.steps.length > 0 && report.from === 0)
    assert.deepEqual(readdirSync(empty), [])
  } finally {
    rmSync(empty, { recursive: true })
  }
})

test('migrate needs no SECRET_KEY in production, where whoever may change tables need not read secrets; to void a backup does', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-keyless-'))
  try {
    const env = { NODE_ENV: 'production', ISSUER: 'https://auth.example.com' }
    const migrated = await run(['migrate', '--json'], { cwd: folder, env })
    assert.equal(migrated.status, 0, migrated.err)
    assert.ok(JSON.parse(migrated.out).steps.length > 0)
    for (const args of [['migrate', '--restored'], ['users', 'list'], ['serve']]) {
      const { status, err } = await run(args, { cwd: folder, env })
      assert.equal(status, 1)
      assert.match(err, /secretKey is required in production/)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('migrate --dry-run counts rows and changes nothing', async () => {
  const report = JSON.parse((await run(['migrate', '--dry-run', '--json'])).out)
  assert.equal(report.dry_run, true)
  assert.equal(report.rows.cs_users, 1)
})
