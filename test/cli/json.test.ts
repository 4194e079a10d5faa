import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { inClone } from '../../scripts/setup/places.mjs'
import { createAuth } from '../../src/index.ts'
import { SECRET_KEY } from '../flows/issuer.ts'
import { build, runProgram } from './built-server.ts'

let folder: string
before(() => {
  build()
  folder = mkdtempSync(join(tmpdir(), 'countersign-json-'))
})
after(() => rmSync(folder, { recursive: true }))

const PASSWORD = 'correct horse battery\n'
const run = (command: string, input = '', cwd = folder) => runProgram(command.split(' '), { cwd, input })

test('every command has an answer for programs: one JSON value on standard output, status 0', async () => {
  const answers: readonly (readonly [command: string, members: readonly string[], input?: string])[] = [
    ['init --json', ['files', 'framework', 'mount']],
    ['migrate --dry-run --json', ['dry_run', 'from', 'to', 'steps', 'rows']],
    ['migrate --json', ['dry_run', 'from', 'to', 'steps', 'rows']],
    ['config --json', ['mode', 'items', 'warnings']],
    ['secret --json', ['secret']],
    ['version --json', ['version', 'node']],
    [
      'users create --email root@example.com --username root --role admin --json',
      ['id', 'roles', 'state'],
      PASSWORD,
    ],
    ['users list --json', ['items']],
    ['users show root --json', ['id', 'email', 'username', 'roles', 'state', 'created']],
    ['users factors root --json', ['items']],
    ['users connections root --json', ['items']],
    ['users invite --email eve@example.com --role admin --json', ['email', 'invited', 'link']],
    ['users disable root --json', ['id', 'state']],
    ['users enable root --json', ['id', 'state']],
    ['users set-role root user --json', ['id', 'roles']],
    ['users set-password root --json', ['id', 'password', 'sessions'], 'another long sentence\n'],
    ['users sessions root --json', ['items']],
    ['clients create --name Reports --id reports --scope admin:users --json', ['id', 'secret', 'scopes']],
    ['clients list --json', ['items']],
    ['clients show reports --json', ['id', 'name', 'state', 'grants', 'auth_method', 'secrets', 'created']],
    ['clients update reports --name Sales --disable --json', ['id', 'name', 'state']],
    ['clients rotate-secret reports --leaked --json', ['id', 'secret', 'secrets']],
    ['clients rotate-secret reports --former-hours 0 --json', ['id', 'secret', 'secrets']],
    ['export', ['scopes', 'roles', 'clients']],
    ['clients delete reports --json', ['id', 'removed']],
    ['migrate --dry-run --json', ['dry_run', 'from', 'to', 'steps', 'rows']],
  ]
  for (const [command, members, input] of answers) {
    const { status, out, err } = await run(command, input)
    assert.equal(status, 0, `${command}: ${err}`)
    const answer: Record<string, unknown> = JSON.parse(out)
    for (const member of members) assert.ok(member in answer, `${command}: ${member} in ${out}`)
    assert.doesNotMatch(out, /argon2|correct horse/)
  }
  const { rows, steps } = JSON.parse((await run('migrate --dry-run --json')).out)
  assert.deepEqual(steps, [])
  assert.equal(rows.cs_users, 1, 'rows are counted')
})

test('status 1: it was understood and could not be done; one plain message, nothing on standard output', async () => {
  for (const [command, input] of [
    ['users show nobody --json', ''],
    ['users set-role root emperor', ''],
    ['users delete root', ''],
    ['clients list --after nobody', ''],
    ['users disconnect root 0f8fad5b-d9cb-469f-a165-70867728950e', ''],
    ['users set-password root', 'short\n'],
    ['users create --email root@example.com', PASSWORD],
    ['users create --email other@example.com', ''],
  ] as const) {
    const { status, out, err } = await run(command, input)
    assert.equal(status, 1, command)
    assert.equal(out, '', command)
    assert.doesNotMatch(err, /\n\s+at |^Error:/, command)
    assert.ok(err.trim().length > 10, command)
  }
})

test('status 2: the command itself is wrong, and how to see what there is', async () => {
  for (const command of [
    'fly',
    'users',
    'users create',
    'users create --email a@example.com --password x',
    'users list --limit 0',
    'migrate --back',
  ]) {
    const { status, out, err } = await run(command)
    assert.equal(status, 2, command)
    assert.equal(out, '', command)
    assert.match(err, /error: |Usage: /, command)
  }
  assert.match((await run('users creat')).err, /\(countersign users --help says more\)/)
  for (const command of ['--help']) assert.equal((await run(command)).status, 0, command)
})

test('init writes a commented configuration and .env.example, and the lines for the framework found, which hand it over', async () => {
  for (const framework of ['hono', 'fastify', 'express', 'node']) {
    const project = mkdtempSync(join(folder, `${framework}-`))
    const dependencies = framework === 'node' ? {} : { [framework]: '*' }
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module', dependencies }))
    const { out, status } = await run('init --json', '', project)
    assert.equal(status, 0)
    const answer: { framework: string; mount: string[] } = JSON.parse(out)
    assert.equal(answer.framework, framework)
    assert.equal(answer.mount.length, 4)

    const config = readFileSync(join(project, 'countersign.config.ts'), 'utf8')
    const example = readFileSync(join(project, '.env.example'), 'utf8')
    assert.ok(config.split('\n').filter((line) => line.trim().startsWith('//')).length >= 5)
    for (const name of ['SECRET_KEY', 'DATABASE_URL', 'HOST', 'PORT', 'ISSUER'])
      assert.match(example, new RegExp(`^# ${name}=`, 'm'))
    assert.equal(existsSync(join(project, '.env')), false, 'no secret is made up')

    // What .env.example proposes can be used as it stands, but for the key.
    writeFileSync(join(project, '.env'), example.replaceAll(/^# (?=[A-Z_]+=.)/gm, ''))
    const shown = await run('config --json', '', project)
    assert.equal(shown.status, 0, shown.err)
    assert.match(shown.out, /\.env line/)
    mountIn(project, framework, answer.mount)
  }
})

test('init in a CommonJS package writes a configuration that the commands can load, and beside one that is there it writes none', async () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ['commonjs', [], 'countersign.config.mts'],
    ['module', [], 'countersign.config.ts'],
    ['module', ['countersign.config.js'], 'countersign.config.js'],
  ]
  for (const [type, present, expected] of cases) {
    const project = mkdtempSync(join(folder, 'init-'))
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type }))
    for (const name of present) writeFileSync(join(project, name), 'export default {}')
    const { files, mount } = JSON.parse((await run('init --json', '', project)).out)
    assert.deepEqual(files[0], { file: expected, written: present.length === 0 })
    assert.equal(mount[1], `import config from './${expected}'`)
    const shown = await run('config --json', '', project)
    assert.equal(shown.status, 0, shown.err)
  }
})

/** How an application of each framework is begun, and how it is asked. */
const PROGRAMS: Readonly<Record<string, { readonly begin: readonly string[]; readonly ask: string }>> = {
  hono: {
    begin: ["import { Hono } from 'hono'", 'const app = new Hono()'],
    ask: 'const ask = async (path) => (await app.request(path)).status',
  },
  express: {
    begin: ["import express from 'express'", 'const app = express()'],
    ask: "const server = app.listen(0, '127.0.0.1'); await new Promise((go) => server.on('listening', go))\nconst ask = async (path) => (await fetch('http://127.0.0.1:' + server.address().port + path, { headers: { connection: 'close' } })).status",
  },
  fastify: {
    begin: ["import Fastify from 'fastify'", 'const app = Fastify()'],
    ask: "const address = await app.listen({ port: 0, host: '127.0.0.1' }), server = app.server\nconst ask = async (path) => (await fetch(address + path, { headers: { connection: 'close' } })).status",
  },
}

/** Runs the lines in an application of the framework, in a project that has the package. */
function mountIn(
  project: string,
  framework: string,
  [imported = '', configured = '', made = '', ready = '']: readonly string[],
): void {
  const program = PROGRAMS[framework]
  if (program === undefined) return
  symlinkSync(inClone('node_modules'), join(project, 'node_modules'))
  const answer =
    framework === 'hono' ? "(c) => c.text('hello')" : "(request, reply) => void reply.send('hello')"
  const lines = [
    ...program.begin,
    imported
      .replace(/'countersign'/, JSON.stringify(inClone('dist', 'index.js')))
      .replace(/'countersign\/(\w+)'/, (_, door) => JSON.stringify(inClone('dist', `${door}.js`))),
    configured,
    made,
    `app.get('/hello', guard(auth.anyone), ${answer})`,
    `app.get('/mine', guard(auth.signedIn), ${answer})`,
    ready,
    program.ask,
    "console.log(await ask('/healthz'), await ask('/hello'), await ask('/mine'), await ask('/no'))",
    'await auth.close()',
    'process.exit(0)',
  ]
  writeFileSync(join(project, 'app.mjs'), lines.join('\n'))
  const said = execFileSync(process.execPath, ['app.mjs'], {
    cwd: project,
    encoding: 'utf8',
    timeout: 120_000,
  })
  assert.equal(said.trim().split('\n').at(-1), '200 200 401 404', framework)
}

test('a command beside an application that has its options in code leaves its webhooks to it', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'countersign-beside-'))
  // Nobody listens there: what is to be told waits.
  const url = 'http://127.0.0.1:9/accounts'
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const databaseUrl = `sqlite:${join(cwd, 'app.db')}`
  const auth = createAuth({
    databaseUrl,
    secretKey: SECRET_KEY,
    webhooks: [{ url, secret, events: ['user.created', 'user.disabled'] }],
  })
  t.after(async () => {
    await auth.close()
    rmSync(cwd, { recursive: true })
  })
  await auth.ready()
  const env = { DATABASE_URL: databaseUrl, SECRET_KEY }
  const { id } = await auth.users.create({ email: 'a@example.com', password: PASSWORD.trim() })
  const disabled = await runProgram(['users', 'disable', id], { cwd, env })
  assert.equal(disabled.status, 0, disabled.err)
  const listed = await runProgram(['webhooks', 'list', '--all', '--json'], { cwd, env })
  const { items } = JSON.parse(listed.out) as { items: { event: { name: string } }[] }
  assert.deepEqual(items.map(({ event }) => event.name).sort(), ['user.created', 'user.disabled'])
})
