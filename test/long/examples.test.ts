import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { codeBlocks } from '../docs/code-blocks.ts'
import { execute, type Packed, packAndInstall, root } from '../package/packed.ts'
import { launchChromium } from '../servers/chromium.ts'
import { findFreePort } from '../servers/free-port.ts'

const PASSWORD = 'correct horse battery'

let packed: Packed
before(async () => {
  packed = await packAndInstall()
})
after(() => packed?.remove())

/** An example as its reader has it: a folder of its own, in which the packed tarball was installed. */
async function install(t: TestContext, name: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `countersign-${name}-`))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const hidden = /(^|[\\/])(node_modules|data)([\\/]|$)/
  cpSync(join(root, 'examples', name), folder, { recursive: true, filter: (path) => !hidden.test(path) })
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--silent']
  await execute(folder, 'npm', 'install', packed.tarball, ...options)
  return folder
}

interface Started {
  readonly url: string
  readonly env: Record<string, string>
}

async function start(
  t: TestContext,
  folder: string,
  program: string,
  { env, url }: Started,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  t.after(async () => {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  for (;;) {
    if (await fetch(url).catch(() => undefined)) return child
    assert.equal(child.exitCode, null, `${program} has ended`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function place(extra: (url: string) => Record<string, string> = () => ({})): Promise<Started> {
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const { PATH = '', HOME = '' } = process.env
  return { url, env: { PATH, HOME, PORT: String(port), ...extra(url) } }
}

/** `npx countersign`, as the reader would call it. */
async function countersign(folder: string, env: Record<string, string>, args: readonly string[], input = '') {
  const program = join(folder, 'node_modules/countersign/dist/cli/main.js')
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, env })
  child.stdin.end(input)
  const [out, err, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { out, err, status: status as number }
}

const call = (method: string, address: string, token?: string, json?: unknown) =>
  fetch(address, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })

async function signIn(url: string, username: string): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'password', username, password: PASSWORD })
  const answer = await fetch(`${url}/token`, { method: 'POST', body })
  assert.equal(answer.status, 200)
  return ((await answer.json()) as { access_token: string }).access_token
}

async function signUp(url: string, username: string): Promise<string> {
  const account = { email: `${username}@example.com`, username, password: PASSWORD }
  assert.equal((await call('POST', `${url}/register`, undefined, account)).status, 201)
  return signIn(url, username)
}

for (const name of ['todo-fastify', 'todo-hono', 'todo-express']) {
  test(`${name}: sign up, sign in, your own todos, a page for admins, and every route keeps its word`, async (t) => {
    const folder = await install(t, name)
    const started = await place()
    const { url, env } = started
    await start(t, folder, 'app.ts', started)
    assert.equal((await call('GET', url)).status, 200)
    const stranger = await call('POST', `${url}/todos`, undefined, { title: '' })
    assert.equal(stranger.status, 401, 'refused before the body was looked at')
    assert.match(stranger.headers.get('www-authenticate') ?? '', /^Bearer/)

    const ann = await signUp(url, 'ann')
    const bob = await signUp(url, 'bob')
    assert.equal(
      (await call('POST', `${url}/todos`, ann, { title: '' })).status,
      name === 'todo-fastify' ? 400 : 422,
    )
    const added = await call('POST', `${url}/todos`, ann, { title: 'Buy milk' })
    assert.equal(added.status, 201)
    const todo = (await added.json()) as { id: string; title: string }
    assert.deepEqual(await (await call('GET', `${url}/todos`, ann)).json(), [todo])
    assert.deepEqual(await (await call('GET', `${url}/todos`, bob)).json(), [])
    assert.equal((await call('DELETE', `${url}/todos/${todo.id}`, bob)).status, 404, "not somebody else's")
    assert.equal((await call('DELETE', `${url}/todos/${todo.id}`, ann)).status, 204)

    assert.equal((await call('GET', `${url}/manage/users`, ann)).status, 403)
    const create = ['users', 'create', '--email', 'root@example.com', '--username', 'root', '--role', 'admin']
    const made = await countersign(folder, env, create, `${PASSWORD}\n`)
    assert.equal(made.status, 0, made.err)
    const seen = await call('GET', `${url}/manage/users`, await signIn(url, 'root'))
    assert.equal(seen.status, 200)
    assert.equal(((await seen.json()) as { users: unknown[] }).users.length, 3)

    const probe = ['routes', 'app.ts', '--probe', url, '--rate', '5000']
    const probed = await countersign(folder, env, probe)
    assert.equal(probed.status, 0, probed.out + probed.err)
    assert.match(
      probed.out,
      /^GET +\/todos +needs scope todos:read +strangers and forgeries refused, good tokens let in$/m,
    )
    assert.match(probed.out, /\nNothing wrong was found\.\n$/)

    if (name === 'todo-fastify') assert.equal(plain(probed.out), plain(documented('probe')), 'docs/routes.md')

    assert.equal((await countersign(folder, env, ['routes', 'app.ts', '--write'])).status, 0)
    const checked = await countersign(folder, env, ['routes', 'app.ts', '--check'])
    assert.equal(checked.status, 0, checked.out)
  })
}

/** The output that docs/routes.md shows. */
function documented(mark: string): string {
  const block = codeBlocks().find(({ file, words }) => file.endsWith('routes.md') && words[1] === mark)
  assert.ok(block)
  return block.code
}

/** Without what differs from one run to the next. */
function plain(output: string): string {
  return output
    .replace(/\d+ answers/, 'N answers')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HERE')
    .replace(/in \d+\.\d s/, 'in T')
}

test('verify-only: a token of one process is believed by the other, which has no database', async (t) => {
  const folder = await install(t, 'verify-only')
  const issuer = await place((url) => ({ ISSUER: url }))
  const orders = await place(() => ({ ISSUER: issuer.url }))
  await start(t, folder, 'issuer.ts', issuer)
  await start(t, folder, 'orders.ts', orders)
  const ann = await signUp(issuer.url, 'ann')
  assert.equal((await call('GET', `${orders.url}/orders`)).status, 401)
  const answer = await call('GET', `${orders.url}/orders`, ann)
  assert.equal(answer.status, 200)
  assert.equal(((await answer.json()) as { orders: unknown[] }).orders.length, 1)

  const probed = await countersign(folder, orders.env, [
    'routes',
    'orders.ts',
    '--probe',
    orders.url,
    '--rate',
    '5000',
  ])
  // Chosen in orders.ts, and said there: without the feed of revocations a token lives until it expires.
  assert.equal(probed.status, 1, probed.out + probed.err)
  assert.match(
    probed.out,
    /^BELIEVED: 1 route .*\n {2}GET \/orders .*\n {4}a token whose session was ended → 200\n/,
  )
  assert.match(probed.out, /\n1 finding\.\n$/)
})

test('spa: typed by the running API, built, and signed in on its own page in two tabs', async (t) => {
  const [api, spa] = [await install(t, 'todo-fastify'), await install(t, 'spa')]
  const behind = await place()
  await start(t, api, 'app.ts', behind)
  await signUp(behind.url, 'ann')
  const run = (program: string, ...args: string[]) =>
    execute(spa, process.execPath, join(spa, 'node_modules', program), ...args)
  await run('openapi-typescript/bin/cli.js', `${behind.url}/openapi.json`, '-o', 'src/api.d.ts')
  await run('typescript/bin/tsc', '-p', '.')
  await run('vite/bin/vite.js', 'build', '--logLevel', 'warn')
  const served = await place(() => ({ API: behind.url }))
  await start(t, spa, 'node_modules/vite/bin/vite.js', served)

  await withTabs(t, async ([page, other]) => {
    await page.goto(served.url)
    await signInOnPage(page)
    await page.getByText('Todos of ann').waitFor()
    await addTodo(page)
    await other.goto(served.url)
    await other.getByText('Buy milk').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await other.getByLabel('Password').waitFor()
  })
})

test('bff: signed in by cookie, todos from the API behind, and no token in the page', async (t) => {
  const folder = await install(t, 'bff')
  const [front, behind] = [await place(), await place()]
  const env = { ...front.env, ISSUER: front.url, API: behind.url }
  await start(t, folder, 'api.ts', { url: behind.url, env })
  await start(t, folder, 'app.ts', { url: front.url, env })
  await signUp(front.url, 'ann')
  assert.equal((await call('GET', `${front.url}/api/todos`)).status, 401)

  await withTabs(t, async ([page]) => {
    await page.goto(front.url)
    await signInOnPage(page)
    await addTodo(page)
    const kept = await page.evaluate<unknown[]>(
      'indexedDB.databases().then((all) => [...all, ...Object.keys(localStorage), ...Object.keys(sessionStorage)])',
    )
    assert.deepEqual(kept, [])
    assert.equal(await page.evaluate('document.cookie'), '')
    await page.reload()
    await page.getByText('Buy milk').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Password').waitFor()
  })
})

async function withTabs(t: TestContext, story: (tabs: [Page, Page]) => Promise<void>): Promise<void> {
  const browser = await launchChromium()
  t.after(() => browser.close())
  const context = await browser.newContext()
  context.setDefaultTimeout(120_000)
  await story([await context.newPage(), await context.newPage()])
}

async function signInOnPage(page: Page): Promise<void> {
  await page.getByLabel('Name').fill('ann')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function addTodo(page: Page): Promise<void> {
  await page.getByLabel('Title').fill('Buy milk')
  await page.getByRole('button', { name: 'Add' }).click()
  await page.getByText('Buy milk').waitFor()
}

test('an example names the versions that are tested here', () => {
  const versions: Record<string, string> = {}
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  Object.assign(versions, manifest.devDependencies, manifest.dependencies, { countersign: manifest.version })
  for (const name of ['todo-fastify', 'todo-hono', 'todo-express', 'verify-only', 'spa', 'bff']) {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'examples', name, 'package.json'), 'utf8'))
    for (const [dependency, version] of Object.entries(dependencies)) {
      assert.equal(version, versions[dependency], `${name}: ${dependency}`)
    }
  }
})
