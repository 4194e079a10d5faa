import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError, createAuth } from '../../src/index.ts'
import { findFreePort } from '../servers/free-port.ts'
import { build, runProgram, startServer } from './built-server.ts'

before(build)

const KEY = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-start-'))
  chmodSync(folder, 0o755)
  folders.push(folder)
  return folder
}

/** Takes a port until the test ends. */
async function takePort(t: TestContext): Promise<number> {
  const port = await findFreePort()
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return port
}

function assertPlain(err: string): void {
  assert.doesNotMatch(err, /\n\s+at |node:internal|Error:|undefined/, err)
}

test('a port that is taken is one line that says what to do; status 1', async (t) => {
  const port = await takePort(t)
  const { status, err, out } = await runProgram(['serve'], {
    cwd: freshFolder(),
    env: { PORT: String(port) },
  })
  assert.equal(status, 1)
  assert.match(
    err,
    new RegExp(`^Port ${port} of 127\\.0\\.0\\.1 is taken by another program\\. .*PORT=\\d+ npm start\\n$`),
  )
  assert.equal(out, '')
})

test('a folder that cannot be written and a port that is taken are told together; status 1', async (t) => {
  const port = await takePort(t)
  const folder = freshFolder()
  const asNobody = process.getuid?.() === 0
  if (!asNobody) chmodSync(folder, 0o555)
  const options = { cwd: folder, env: { PORT: String(port) }, asNobody }
  const { status, err } = await runProgram(['serve'], options)
  chmodSync(folder, 0o755)
  assert.equal(status, 1)
  assert.match(err, /EACCES: let this user write to \.\/data/)
  assert.match(err, new RegExp(`Port ${port} .* is taken`))
  assertPlain(err)

  writeFileSync(join(folder, 'data'), 'a file where the folder should be')
  const second = await runProgram(['serve'], { cwd: folder, env: { SECRET_KEY: KEY, PORT: String(port) } })
  assert.equal(second.status, 1)
  assert.match(second.err, /STORE_UNAVAILABLE: [\s\S]*(ENOTDIR|EEXIST)[\s\S]*Port \d+ .* is taken/)
  assertPlain(second.err)
})

test('every problem of every source of the configuration is listed at once; status 1, nothing is made', async () => {
  const folder = freshFolder()
  writeFileSync(join(folder, '.env'), 'PORT=99999\nISSUERR=x\n')
  writeFileSync(
    join(folder, 'countersign.config.ts'),
    "export default { isuer: 'x', roles: { user: { scopes: ['no:such'] } } }\n",
  )
  const env = { SECRET_KEY: 'changeme', ACCESS_TOKEN_EXPIRE_MINUTES: '600', DATABASE_URL: 'mysql://x' }
  const { status, err, out } = await runProgram(['serve'], { cwd: folder, env })
  assert.equal(status, 1)
  assert.equal(out, '')
  assert.match(err, /^The configuration has 7 problems:/)
  for (const name of [
    'port',
    'ISSUERR',
    'isuer',
    'roles',
    'secretKey',
    'accessTokenExpireMinutes',
    'databaseUrl',
  ]) {
    assert.match(err, new RegExp(`^  ${name} .*\\(.+\\)$`, 'm'))
  }
  assertPlain(err)
  assert.doesNotMatch(err, /changeme/)
  assert.throws(() => statSync(join(folder, 'data')))
})

test('a wrong configuration and a port that is taken are told together; status 1', async (t) => {
  const port = await takePort(t)
  const env = { SECRET_KEY: 'changeme', PORT: String(port) }
  const { status, err } = await runProgram(['serve'], { cwd: freshFolder(), env })
  assert.equal(status, 1)
  assert.match(err, /^The configuration has a problem:\n {2}secretKey /)
  assert.match(err, new RegExp(`\nPort ${port} of 127\\.0\\.0\\.1 is taken`))
  assertPlain(err)
})

test('a database where the kernel lets nobody make a folder is refused, and at once; status 1', async (t) => {
  if (!existsSync('/proc/self')) return t.skip('this system has no /proc')
  const env = { DATABASE_URL: 'sqlite:/proc/no/such/auth.db', PORT: String(await findFreePort()) }
  const { status, err } = await runProgram(['serve'], { cwd: freshFolder(), env })
  assert.equal(status, 1)
  assert.match(err, /^STORE_UNAVAILABLE: [\s\S]*ENOENT[^\n]*'\/proc\/no'\n$/)
  assertPlain(err)
})

const PRODUCTION = { ISSUER: 'https://auth.example.com', SECRET_KEY: KEY }

test('G-8: the start matrix: what is not safe does not start, and what is wrong is named', async () => {
  const folder = freshFolder()
  writeFileSync(join(folder, 'open-key'), KEY)
  chmodSync(join(folder, 'open-key'), 0o644)
  const openConfig = freshFolder()
  writeFileSync(join(openConfig, 'countersign.config.ts'), `export default { secretKey: '${KEY}' }\n`)
  const openEnv = freshFolder()
  writeFileSync(join(openEnv, '.env'), `SECRET_KEY=${KEY}\n`)
  chmodSync(join(openEnv, '.env'), 0o644)
  const openData = freshFolder()
  mkdirSync(join(openData, 'data'))
  writeFileSync(join(openData, 'data', 'secret-key'), KEY)
  chmodSync(join(openData, 'data', 'secret-key'), 0o604)

  const { SECRET_KEY: _, ...keyless } = PRODUCTION
  const matrix: readonly (readonly [cwd: string, env: Record<string, string>, told: RegExp])[] = [
    [folder, keyless, /secretKey is required in production/],
    [folder, { NODE_ENV: 'production' }, /secretKey is required in production/],
    [
      folder,
      { HOST: '0.0.0.0' },
      /issuer must use https[\s\S]*secretKey is required|secretKey is required[\s\S]*issuer/,
    ],
    [folder, { ...PRODUCTION, ISSUER: 'http://auth.example.com' }, /issuer must use https outside loopback/],
    [folder, { ...PRODUCTION, NODE_TLS_REJECT_UNAUTHORIZED: '0' }, /NODE_TLS_REJECT_UNAUTHORIZED is 0/],
    [folder, { SECRET_KEY_FILE: 'open-key' }, /secretKey can be read or changed by everybody/],
    [folder, { SECRET_KEY_FILE: 'no-such-file' }, /secretKey does not exist/],
    [folder, { SECRET_KEY: KEY, SECRET_KEY_FILE: 'open-key' }, /secretKey is given twice/],
    [folder, { SECRET_KEY: '' }, /secretKey is empty/],
    [folder, { SECRET_KEY: `${KEY},changeme` }, /secretKey/],
    [openConfig, {}, /secretKey stands in the file as text/],
    [openEnv, { ISSUER: 'https://auth.example.com' }, /\.env holds secrets, and everybody/],
    [openData, {}, /secretKey can be read or changed by everybody/],
  ]
  const port = String(await findFreePort())
  for (const [cwd, env, told] of matrix) {
    const { status, err } = await runProgram(['serve'], { cwd, env: { PORT: port, ...env } })
    assert.equal(status, 1, JSON.stringify(env))
    assert.match(err, told)
    assert.ok(!err.includes(KEY))
    assertPlain(err)
  }
})

const BAD_SECRETS = [
  ...['secret', 'changeme', 'password', 'x', 'your-256-bit-secret', 'a-string-secret-at-least-256-bits-long'],
  // Those of the tutorials of FastAPI, Flask and Spring, and of RFC 7515.
  '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  '192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf',
  '404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970',
  'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  ...[
    'a'.repeat(43),
    'aB'.repeat(22),
    'Xk3_pQ9zLm7'.repeat(4),
    '0'.repeat(64),
    KEY.slice(0, 42),
    KEY.slice(0, 21),
  ],
  'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
  'qwertyuiopasdfghjklzxcvbnmQWERTYUIOPASDFGHJKLZXCVBNM',
  'correct-horse-battery-staple-and-some-more-of-them-too',
  'MySuperSecretKeyThatIsVeryLongAndShouldBeSecure',
  Buffer.from('this is my very secret sentence, ok?').toString('base64url'),
  `"${KEY}"`,
]

test(`A15: ${BAD_SECRETS.length} bad secrets stop the start, alone or embedded, in development as in production, and none is repeated`, async () => {
  const cwd = freshFolder()
  for (const secret of BAD_SECRETS) {
    const refuses = (error: unknown): boolean => {
      assert.ok(error instanceof ConfigError, secret)
      assert.match(error.message, /^ {2}secretKey /m)
      if (secret.length > 8) assert.ok(!error.message.includes(secret), secret)
      return true
    }
    for (const env of [{}, PRODUCTION]) {
      await assert.rejects(loadConfig({ cwd, env: { ...env, SECRET_KEY: secret } }), refuses)
    }
    assert.throws(() => createAuth({ secretKey: secret }), refuses)
  }
  const { status, err } = await runProgram(['serve'], { cwd, env: { SECRET_KEY: 'changeme' } })
  assert.equal(status, 1)
  assert.match(err, /secretKey/)
})

test('E16: a fresh start has no account; the first admin is made at the command line, by whoever types the password, and nothing repeats it', async (t) => {
  const cwd = freshFolder()
  const port = await findFreePort()
  const server = await startServer(port, { cwd })
  t.after(() => server.child.kill())
  assert.match(server.said(), new RegExp(`serves ${server.url}\n.*${server.url}/docs\n.*sqlite:\\./data/`))
  assert.match(server.said(), /secret +made for development in \.\/data\/secret-key/)
  assert.match(server.said(), /users create --email \S+ --role admin/)
  assert.doesNotMatch(server.said(), /listens/, 'where it says that it is')
  const post = (path: string, body: Record<string, string>) =>
    fetch(server.url + path, { method: 'POST', body: new URLSearchParams(body) })
  const form = { grant_type: 'password', username: 'root', password: 'correct horse battery' }
  for (const password of [form.password, 'admin', 'password', 'countersign']) {
    for (const username of ['root', 'admin', 'countersign']) {
      assert.equal((await post('/token', { ...form, username, password })).status, 400)
    }
  }
  assert.deepEqual(JSON.parse((await runProgram(['users', 'list', '--json'], { cwd })).out).items, [])

  const create = ['users', 'create', '--email', 'root@example.com', '--username', 'root', '--role', 'admin']
  const made = await runProgram(create, { cwd, input: `${form.password}\n` })
  assert.equal(made.status, 0, made.err)
  assert.ok(!`${made.out}${made.err}${server.said()}`.includes(form.password))
  const { access_token } = (await (await post('/token', form)).json()) as { access_token: string }
  const headers = { authorization: `Bearer ${access_token}` }
  assert.equal((await fetch(`${server.url}/admin/dashboard`, { headers })).status, 200)
  assert.equal(await server.stop(), 0)

  const again = await startServer(port, { cwd })
  t.after(() => again.child.kill())
  assert.doesNotMatch(again.said(), /made for development/, 'the key is made once')
  assert.equal(
    (await fetch(`${again.url}/admin/dashboard`, { headers })).status,
    200,
    'and the token lives on',
  )
  assert.equal(await again.stop('SIGINT'), 0)
})

test('a stop lets the request under way finish, takes no new one, and ends with status 0', async (t) => {
  const port = await findFreePort()
  const server = await startServer(port, { cwd: freshFolder(), env: { ISSUER: 'http://localhost' } })
  t.after(() => server.child.kill())
  const elsewhere = `listens +127\\.0\\.0\\.1:${port}: something has to lead there from localhost\n`
  assert.match(server.said(), new RegExp(elsewhere), 'a mistyped port of ISSUER shows at the start')
  const body = JSON.stringify({ email: 'alice@example.com', password: 'correct horse battery' })
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk
  })
  await once(socket, 'connect')
  const head = [
    'POST /register HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ]
  socket.write(`${[...head, 'Expect: 100-continue'].join('\r\n')}\r\n\r\n`)
  // Told to go on: the server has taken the request.
  await once(socket, 'data')
  const ended = server.stop()
  while (!server.said().includes('stopping')) await once(server.child.stdout ?? process.stdin, 'data')
  await assert.rejects(fetch(`${server.url}/healthz`))
  socket.write(body)
  await once(socket, 'close')
  assert.match(answer, /HTTP\/1\.1 201/)
  assert.equal(await ended, 0)
})
