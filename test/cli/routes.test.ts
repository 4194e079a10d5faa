import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { findFreePort } from '../servers/free-port.ts'
import { build, type RunningServer, runProgram, startProgram, startServer } from './built-server.ts'

// Open in development, and then the probe says so.
const METRICS = 'closed'

let folder: string
let port: number
let url: string
let server: RunningServer

before(async () => {
  build()
  folder = mkdtempSync(join(tmpdir(), 'countersign-routes-'))
  port = await findFreePort()
  server = await startServer(port, { cwd: folder, env: { METRICS } })
  url = server.url
})
after(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

const run = (...args: string[]) => runWith({ PORT: String(port) }, ...args)
const runWith = (settings: Readonly<Record<string, string>>, ...args: string[]) =>
  runProgram(args, { cwd: folder, env: { METRICS, ...settings } })

test('the routes of the issuer are listed, with what each asks for', async () => {
  const { out, status } = await run('routes')
  assert.equal(status, 0)
  assert.match(out, /^GET +\/users\/me +needs a rule of its own/m)
  assert.match(out, /^GET +\/admin\/dashboard +needs scope admin:dashboard/m)
  const { items } = JSON.parse((await run('routes', '--json')).out)
  const dashboard = items.find(({ path }: { path: string }) => path === '/admin/dashboard')
  assert.deepEqual(dashboard.access, { needs: { scopes: ['admin:dashboard'] } })
})

test('G-1, A2, A8, A10, F-10: the running server answers as its own document says, to every idea there is', async () => {
  const { out, err, status } = await run(
    'routes',
    '--openapi',
    `${url}/openapi.json`,
    '--issuer',
    '--rate',
    '5000',
    '--json',
  )
  const report = JSON.parse(out)
  assert.deepEqual(report.findings, [])
  assert.equal(status, 0, err)
  assert.equal(report.complete, true)
  assert.deepEqual(report.untried, [], 'with the key of the issuer everything can be tried')
  const guarded = report.routes.filter(({ access }: { access: unknown }) => access !== 'anyone')
  assert.ok(guarded.length >= 7)
  for (const route of guarded) {
    if (route.path === '/session') {
      // It takes a cookie, and no token: strangers, however they write the request, are what can be tried.
      assert.ok(route.answers > 10, route.path)
      assert.equal(route.lets_in, null, route.path)
      continue
    }
    assert.ok(route.answers > 100, route.path)
    if (route.method === 'GET') assert.equal(route.lets_in, true, route.path)
    else assert.equal(route.lets_in, null, `${route.path}: a good token was sent to what changes things`)
  }
  assert.doesNotMatch(out, /eyJ/, 'no token is told')

  const { items } = JSON.parse((await run('users', 'list', '--json')).out)
  assert.deepEqual(items, [], 'the account of the probe is gone')
})

test('where nothing here names the issuer, the API does: tokens are of the one that it takes them from', async () => {
  const list = join(folder, 'some.json')
  const access = { needs: { scopes: ['admin:dashboard'] } }
  writeFileSync(list, JSON.stringify({ routes: [{ method: 'GET', path: '/admin/dashboard', access }] }))
  const { out } = await runWith({}, 'routes', list, '--probe', url, '--rate', '5000', '--json')
  const report = JSON.parse(out)
  assert.match(report.tokens, new RegExp(`^the issuer ${url}, `))
  assert.deepEqual(report.findings, [])
  assert.equal(report.routes[0].lets_in, true)
})

test('the same by the route table, and for people', async () => {
  const { out, status } = await run('routes', '--probe', url, '--no-issuer', '--rate', '5000')
  assert.equal(status, 0, out)
  assert.match(out, /^GET +\/users\/me +needs a rule of its own +strangers and forgeries refused$/m)
  assert.match(out, /^GET +\/docs +anyone +open, as declared$/m)
  assert.match(out, /^ {2}only the issuer can sign it\n {4}expired, no-expiry, /m)
  assert.match(out, /\nNothing wrong was found\.\n$/)
})

test('a document that promises a guard where there is none: the open route is named first, and the status is 1', async () => {
  const document = join(folder, 'promise.yaml')
  writeFileSync(
    document,
    `openapi: 3.0.3
info: { title: A promise }
servers: [{ url: https://production.example }]
x-guarded: &guarded { get: { security: [{ jwt: [] }] } }
paths: { /users/me: *guarded, /healthz: *guarded }
components: { securitySchemes: { jwt: { type: http, scheme: bearer } } }
`,
  )
  const { out, status } = await run('routes', '--openapi', document, '--probe', url, '--rate', '5000')
  assert.equal(status, 1)
  assert.match(out, /^OPEN: 1 route lets strangers in\n {2}GET \/healthz {3}declared: signed in\n/)
  assert.match(out, new RegExp(`try it: curl -i --path-as-is '${url}/healthz'`))
})

test('what cannot be tried has status 2 and says why, in one line', async () => {
  const closed = `http://127.0.0.1:${await findFreePort()}`
  const document = join(folder, 'document.json')
  writeFileSync(document, '{"openapi":"3.1.0","paths":{}}')
  for (const [args, said] of [
    [['--openapi', join(folder, 'document.json')], /--probe URL/],
    [['--openapi', `${closed}/openapi.json`], /does not answer/],
    [['--openapi', `${url}/nowhere`], /answered 404/],
    [['--openapi', `${url}/docs`, '--probe', url], /no JSON object/],
    [['--probe', 'localhost'], /--probe: an address/],
    [['--probe', url, '--rate', '0'], /--rate: a number/],
    [['--probe', url, '--issuer', '--token-file', document], /either --issuer or --token-file/],
    [['--probe', url, '--token-file', '-'], /to hold one token/],
    [['--probe', closed, '--no-issuer'], /does not answer/],
    [['--openapi', join(folder, 'gone.json'), '--probe', url], /gone\.json cannot be read \(ENOENT\)/],
    [['--openapi', `${url}/`, '--probe', url], /leads on to \/account \(303\): name that address/],
  ] as const) {
    const { err, out, status } = await run('routes', ...args)
    assert.equal(status, 2, `${args.join(' ')}\n${err}`)
    assert.match(err, said)
    assert.equal(out, '')
    assert.doesNotMatch(err, /\n\s+at /)
  }
})

test('who interrupts a probe while it opens the issuer is not left with its account', async () => {
  let child: ChildProcess | undefined
  const api = createServer((request, response) => {
    if (request.url === '/.well-known/oauth-protected-resource') child?.kill('SIGINT')
    response.writeHead(401).end()
  })
  await once(api.listen(0, '127.0.0.1'), 'listening')
  const { port: apiPort } = api.address() as AddressInfo
  child = startProgram(['routes', '--probe', `http://127.0.0.1:${apiPort}`], {
    cwd: folder,
    env: { METRICS },
  })
  const [status] = await once(child, 'close')
  api.close().closeAllConnections()
  assert.equal(status, 2)
  const database = new DatabaseSync(join(folder, 'data/countersign.db'), { readOnly: true })
  assert.deepEqual(database.prepare('SELECT email FROM cs_users').all(), [])
  database.close()
})

test('a probe whose issuer cannot be opened ends also where a connection to Redis was made before', async () => {
  const settings = {
    DATABASE_URL: `sqlite:${join(folder, 'nowhere', 'auth.db')}`,
    REDIS_URL: `redis://127.0.0.1:${await findFreePort()}`,
  }
  writeFileSync(join(folder, 'nowhere'), 'no folder')
  const { err, status } = await runWith(settings, 'routes', '--probe', url)
  assert.equal(status, 2)
  assert.match(err, /^STORE_UNAVAILABLE/)
})
