import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { build, runProgram } from './built-server.ts'

let folder: string
before(() => {
  build()
  folder = mkdtempSync(join(tmpdir(), 'countersign-lock-'))
})
after(() => rmSync(folder, { recursive: true }))

const run = (args: readonly string[], input = '') => runProgram(['routes', ...args], { cwd: folder, input })

const write = (name: string, content: string) => writeFileSync(join(folder, name), content)

/** A module whose application tells these routes, as the adapters' applications do. */
const moduleOf = (routes: string, how = 'export const app =') =>
  `${how} { [Symbol.for('countersign.inventory')]: async () => [${routes}] }\n`
const ME = "{ method: 'GET', path: '/me', access: 'signedIn' as const }"
const PAY = "{ method: 'POST', path: '/pay', access: { needs: { scopes: ['pay'] } } }"

test('the list is kept in a file, and what differs from it is told in words, with status 1', async () => {
  write('app.ts', moduleOf(`${PAY}, ${ME}`))
  const missing = await run(['app.ts', '--check'])
  assert.equal(missing.status, 2)
  assert.match(missing.err, /countersign\.routes\.json is not there yet: --write makes it/)

  const written = await run(['app.ts', '--write'])
  assert.equal(written.status, 0, written.err)
  const lock = readFileSync(join(folder, 'countersign.routes.json'), 'utf8')
  assert.equal(
    lock,
    '{\n  "routes": [\n    {"method":"GET","path":"/me","access":"signedIn"},\n' +
      '    {"method":"POST","path":"/pay","access":{"needs":{"scopes":["pay"]}}}\n  ]\n}\n',
  )
  assert.deepEqual(await run(['app.ts', '--check']), {
    out: '2 routes, as in countersign.routes.json\n',
    err: '',
    status: 0,
  })

  write(
    'app.ts',
    moduleOf(
      "{ method: 'POST', path: '/pay', access: 'signedIn' }, { method: 'GET', path: '/all', access: 'anyone' }",
    ),
  )
  const { out, status } = await run(['app.ts', '--check'])
  assert.equal(status, 1)
  assert.match(
    out,
    /^OPEN TO ANYONE {2}GET \/all is new: anyone\nweaker {10}POST \/pay was needs scope pay, is signed in\ngone {12}GET \/me is gone; it was signed in\n\n/,
  )
})

test('a list is read again as it was written, whatever its paths are', async () => {
  const paths = ['*', '/^\\\\/re$/', '{/:lang}/x', '/ (not-found handler)']
  write(
    'odd.ts',
    moduleOf(paths.map((path) => `{ method: 'GET', path: '${path}', access: 'anyone' }`).join()),
  )
  assert.equal((await run(['odd.ts', '--write', '--lock', 'odd.json'])).status, 0)
  assert.deepEqual(await run(['odd.ts', '--check', '--lock', 'odd.json']), {
    out: '4 routes, as in odd.json\n',
    err: '',
    status: 0,
  })
})

test('both have a form for programs', async () => {
  write('app.ts', moduleOf(ME))
  const json = async (...args: string[]) => {
    const { out, status } = await run(['app.ts', '--json', '--lock', 'for-programs.json', ...args])
    return { ...JSON.parse(out), status }
  }
  const told = { file: 'for-programs.json', routes: 1 }
  assert.deepEqual(await json('--write'), { ...told, status: 0 })
  assert.deepEqual(await json('--check'), { ...told, items: [], status: 0 })
  write('app.ts', moduleOf("{ method: 'GET', path: '/me', access: 'anyone' as const }"))
  const change = { change: 'opened', method: 'GET', path: '/me', access: 'anyone' }
  const items = [{ ...change, words: 'was signed in, is anyone' }]
  assert.deepEqual(await json('--check'), { ...told, items, status: 1 })
})

test('an application is found by its usual names, by the name given, and made by its function', async () => {
  for (const [how, args] of [
    ['export default', []],
    ['export const server =', []],
    ['export const createApp = async () => (', []],
    ['export const shop =', ['--export', 'shop']],
  ] as const) {
    const module = moduleOf(ME, how).replace(/\n$/, how.endsWith('(') ? ')\n' : '\n')
    write('named.ts', module)
    const { out, err, status } = await run(['named.ts', ...args])
    assert.equal(status, 0, err)
    assert.match(out, /^GET +\/me +signed in/m)
  }
})

test('an application is found as what a server of node:http listens with', async () => {
  const made = moduleOf(ME, 'const app = Object.assign(() => undefined,').replace(/\n$/, ')\n')
  write(
    'server.ts',
    `import { createServer } from 'node:http'\n${made}export const server = createServer(app).listen(1)\n`,
  )
  const { out, err, status } = await run(['server.ts'])
  assert.equal(status, 0, err)
  assert.match(out, /^GET +\/me +signed in/m)
})

test('an application that listens when it is loaded takes no port that is in use, prints into no list, and is ended', async () => {
  write(
    'listening.ts',
    `import { createServer } from 'node:http'
console.log('hello')
const server = createServer().listen(1, () => console.log('listening'))
await new Promise((resolve) => server.once('listening', resolve))
${moduleOf(ME)}`,
  )
  const { out, err, status } = await run(['listening.ts', '--json'])
  assert.equal(status, 0, err)
  assert.deepEqual(JSON.parse(out).items, [{ method: 'GET', path: '/me', access: 'signedIn', at: null }])
  assert.match(err, /hello\nlistening\n/)
})

test('a list that a running application printed is read from a file or standard input', async () => {
  const list = JSON.stringify([{ method: 'GET', path: '/me', access: 'signedIn' }])
  write('printed.json', list)
  for (const result of [await run(['printed.json']), await run(['-'], list)]) {
    assert.equal(result.status, 0, result.err)
    assert.match(result.out, /^GET +\/me +signed in/m)
  }
})

test('what is no guarded application is said to be none, with status 2', async () => {
  write('none.ts', 'export const something = 1\n')
  write('nothing.ts', 'const app = 1\nexport {}\n')
  write('throws.ts', "throw new TypeError('no database')\n")
  write('exits.ts', 'process.exit(3)\n')
  write('broken.json', '{"routes":[{"method":"GET","path":"/me","access":"sometimes"}]}')
  for (const [app, said] of [
    ['none.ts', /exports something, and none of that is a guarded application/],
    ['nothing.ts', /exports nothing: let it export the application/],
    ['throws.ts', /TypeError: no database/],
    ['exits.ts', /ended \(3\) before it told/],
    ['gone.ts', /is not there/],
    ['broken.json', /is no route/],
  ] as const) {
    const { err, out, status } = await run([app])
    assert.equal(status, 2, err)
    assert.match(err, said)
    assert.equal(out, '')
  }
})
