import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { codeBlocks } from '../docs/code-blocks.ts'
import { execute, root } from '../package/packed.ts'
import {
  addTodo,
  call,
  countersign,
  install,
  PASSWORD,
  place,
  probe,
  signIn,
  signInOnPage,
  signUp,
  start,
  withTabs,
} from './example.ts'

/** Which program it is, and what it answers to a body that will not do. */
const TODOS = {
  'todo-fastify': { program: 'app.ts', wrong: 400 },
  'todo-hono': { program: 'app.ts', wrong: 422 },
  'todo-express': { program: 'app.ts', wrong: 422 },
  nest: { program: 'dist/src/main.js', wrong: 400 },
} as const

for (const [name, { program, wrong }] of Object.entries(TODOS)) {
  test(`${name}: sign up, sign in, your own todos, a page for admins, and every route keeps its word`, async (t) => {
    const folder = await install(t, name)
    if (name === 'nest') await execute(folder, process.execPath, 'node_modules/typescript/bin/tsc')
    const started = await place()
    const { url, env } = started
    await start(t, folder, program, started)
    assert.equal((await call('GET', url)).status, 200)
    const stranger = await call('POST', `${url}/todos`, undefined, { title: '' })
    assert.equal(stranger.status, 401, 'refused before the body was looked at')
    assert.match(stranger.headers.get('www-authenticate') ?? '', /^Bearer/)

    const ann = await signUp(url, 'ann')
    const bob = await signUp(url, 'bob')
    assert.equal((await call('POST', `${url}/todos`, ann, { title: '' })).status, wrong)
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

    const probed = await probe(folder, started, program)
    assert.equal(probed.status, 0, probed.out + probed.err)
    assert.equal(plain(probed.out), plain(documented('probe')), 'docs/routes.md')

    assert.equal((await countersign(folder, env, ['routes', program, '--write'])).status, 0)
    const checked = await countersign(folder, env, ['routes', program, '--check'])
    assert.equal(checked.status, 0, checked.out)
  })
}

test('nest: a method of a controller without a word stops the start, with its path', async (t) => {
  const folder = await install(t, 'nest')
  const file = join(folder, 'src/manage.controller.ts')
  const open = readFileSync(file, 'utf8').replace('@Access(isAdmin)', '')
  writeFileSync(file, open.replace("import { Access } from './access.ts'", ''))
  await execute(folder, process.execPath, 'node_modules/typescript/bin/tsc')
  await assert.rejects(
    execute(folder, process.execPath, 'dist/src/main.js'),
    /a route has no access word:\n {2}GET \/manage\/users/,
  )
})

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

test('verify-only: a token of one process is believed by the other, which has no database, until it is revoked', async (t) => {
  const folder = await install(t, 'verify-only')
  const issuer = await place((url) => ({ ISSUER: url }))
  const orders = await place(() => ({ ISSUER: issuer.url }))
  await start(t, folder, 'issuer.ts', issuer)
  const args = 'clients create --name Orders --id orders --scope revocations:read --json'.split(' ')
  const { secret } = JSON.parse((await countersign(folder, issuer.env, args)).out)
  Object.assign(orders.env, { CLIENT_SECRET: secret })
  await start(t, folder, 'orders.ts', orders)
  const ann = await signUp(issuer.url, 'ann')
  assert.equal((await call('GET', `${orders.url}/orders`)).status, 401)
  const answer = await call('GET', `${orders.url}/orders`, ann)
  assert.equal(answer.status, 200)
  assert.equal(((await answer.json()) as { orders: unknown[] }).orders.length, 1)

  // Also a token whose session has ended, asked until it is refused or too long has passed.
  const probed = await probe(folder, orders, 'orders.ts')
  assert.equal(probed.status, 0, probed.out + probed.err)
  assert.match(probed.out, /\nNothing wrong was found\.\n$/)
})

const POST = 'POST'
const sameOrigin = { 'sec-fetch-site': 'same-origin' }

test('express-session-move: who is signed in stays so, and whoever signs in anew has one session, which ends', async (t) => {
  const folder = await install(t, 'express-session-move')
  const started = await place()
  const { url } = started
  await start(t, folder, 'app.ts', started)
  const send = (method: string, path: string, headers: Record<string, string> = {}, json?: unknown) =>
    fetch(url + path, {
      method,
      headers: { ...headers, ...(json !== undefined && { 'content-type': 'application/json' }) },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    })
  const statusOf = async (...asked: Parameters<typeof send>) => (await send(...asked)).status
  const cookieOf = (answer: Response, name: string) => {
    const found = answer.headers.getSetCookie().find((cookie) => cookie.startsWith(`${name}=`))
    return found?.split(';')[0] ?? assert.fail(`no cookie ${name}`)
  }
  const email = 'ann@example.com'
  const signInAsBefore = async () => {
    const answer = await send(POST, '/old/sign-in', {}, { email, password: PASSWORD })
    assert.equal(answer.status, 204)
    return cookieOf(answer, 'connect.sid')
  }
  assert.equal(await statusOf(POST, '/old/sign-in', {}, { email, password: 'wrong' }), 401)

  const old = await signInAsBefore()
  const milk = { title: 'Buy milk' }
  assert.equal(await statusOf(POST, '/todos', { cookie: old, ...sameOrigin }, milk), 201)
  assert.equal(await statusOf('GET', '/todos', { cookie: old }), 200)
  for (const wrong of [{}, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
    assert.equal(await statusOf(POST, '/todos', { cookie: old, ...wrong }, milk), 401, 'of another site')
  }
  for (const cookie of [
    old.slice(0, -1),
    old.replace('s%3A', 's%3Ax'),
    'connect.sid=%',
    'connect.sid=s%3A.',
  ]) {
    assert.equal(await statusOf('GET', '/todos', { cookie }), 401, cookie)
  }
  assert.equal(await statusOf('GET', '/users/me', { cookie: old }), 401, 'not for the account')

  const signedIn = await send(POST, '/session', {}, { username: email, password: PASSWORD })
  assert.equal(signedIn.status, 200)
  const both = `${old}; ${cookieOf(signedIn, 'countersign')}`
  const [todo] = (await (await send('GET', '/todos', { cookie: both })).json()) as [{ title: string }]
  assert.equal(todo.title, milk.title, 'the same person')
  assert.equal(await statusOf('GET', '/todos', { cookie: old }), 401, 'the old session has ended')
  const { csrf_token: csrf } = (await signedIn.json()) as { csrf_token: string }
  const leave = { cookie: both, 'x-csrf-token': csrf, ...sameOrigin }
  assert.equal(await statusOf('DELETE', '/session', leave), 204)
  assert.equal(await statusOf('GET', '/todos', { cookie: both }), 401)

  const other = await signInAsBefore()
  assert.equal(await statusOf('GET', '/todos', { cookie: other }), 200)
  const token = await signIn(url, email)
  const bearer = { authorization: `Bearer ${token}` }
  assert.equal(await statusOf('GET', '/todos', { cookie: other, ...bearer }), 200, 'a token goes before')
  assert.equal(await statusOf('DELETE', '/users/me/sessions', bearer), 200)
  assert.equal(await statusOf('GET', '/todos', { cookie: other }), 401, 'signed out everywhere')

  const probed = await probe(folder, started, 'app.ts')
  assert.equal(probed.status, 0, probed.out + probed.err)
  assert.match(probed.out, /^GET +\/todos .*strangers and forgeries refused, good tokens let in$/m)
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
  const ann = await signUp(front.url, 'ann')
  assert.equal((await call('GET', `${front.url}/api/todos`)).status, 401)
  for (const body of [{ title: '' }, null]) {
    assert.equal((await call('POST', `${front.url}/api/todos`, ann, body)).status, 422)
  }

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

test('next: led to the sign-in and back, todos on a page of its own, no token in it, and the API keeps its word', async (t) => {
  const folder = await install(t, 'next')
  const started = await place((url) => ({
    ISSUER: url,
    SECRET_KEY: randomBytes(32).toString('base64url'),
    TRUSTED_PROXIES: '1',
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
  }))
  const { url, env } = started
  const next = 'node_modules/next/dist/bin/next'
  // No secret, no database and no mode of ours: what is built is the same for every place.
  await execute(folder, process.execPath, next, 'build')
  assert.equal((await countersign(folder, env, ['migrate'])).status, 0)
  await start(t, folder, next, started, 'start', '--port', env.PORT ?? '', '--hostname', '127.0.0.1')
  await signUp(url, 'ann')
  assert.equal((await call('GET', `${url}/api/todos`)).status, 401)
  const page = await fetch(`${url}/todos`, { redirect: 'manual' })
  assert.equal(page.status, 307)
  assert.equal(page.headers.get('location'), '/login?return_to=%2Ftodos')
  for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/jwks.json', '/readyz']) {
    assert.equal((await call('GET', url + path)).status, 200, path)
  }

  await withTabs(t, async ([tab]) => {
    await tab.goto(`${url}/todos`)
    await tab.locator('[name=username]').fill('ann')
    await tab.locator('[name=password]').fill(PASSWORD)
    await tab.locator('[name=password]').press('Enter')
    await tab.getByRole('heading', { name: 'Your todos' }).waitFor()
    await addTodo(tab)
    assert.equal(await tab.evaluate('document.cookie'), '')
    await tab.reload()
    await tab.getByText('Buy milk').waitFor()
    await tab.getByRole('button', { name: 'Sign out' }).click()
    await tab.getByRole('link', { name: 'Yours' }).click()
    await tab.locator('[name=password]').waitFor()
  })

  const { out } = await probe(folder, started, 'countersign.routes.json')
  const found = [...out.matchAll(/^ {4}in \d+ spellings?: (.*)$/gm)].map(([, spellings]) => spellings)
  // In production passwords by Basic go over https alone, and this is http: 403, for whatever password it was.
  const basic = 'Basic that is no base64, Basic without a colon, Basic of a stranger'
  assert.deepEqual(found, [basic, basic, basic], out)
})

test('websocket-chat: two people talk, a used ticket opens nothing, and a sign-out elsewhere ends the socket', async (t) => {
  const folder = await install(t, 'websocket-chat')
  const started = await place()
  const { url } = started
  await start(t, folder, 'app.ts', started)
  await signUp(url, 'ann')
  const bob = await signUp(url, 'bob')

  const bought = await call('POST', `${url}/ws-ticket`, bob)
  const { ticket } = (await bought.json()) as { ticket: string }
  const knock = async (query: string): Promise<string> => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws${query}`)
    const opened = once(socket, 'open').then(() => 'open')
    const refused = once(socket, 'close').then(([event]) => String((event as { code: number }).code))
    const outcome = await Promise.race([opened, refused])
    socket.close()
    await refused
    return outcome
  }
  assert.equal(await knock(''), '1006')
  assert.equal(await knock(`?ticket=${ticket}`), 'open')
  assert.equal(await knock(`?ticket=${ticket}`), '1006')

  await withTabs(t, async ([ann, bert]) => {
    for (const [page, name] of [
      [ann, 'ann'],
      [bert, 'bob'],
    ] as const) {
      await page.goto(url)
      await signInOnPage(page, name)
      await page.getByText(`${name}: is here`).first().waitFor()
    }
    await ann.getByText('bob: is here').first().waitFor()
    await ann.getByLabel('Text').fill('Hello, bob')
    await ann.getByRole('button', { name: 'Say' }).click()
    await bert.getByText('ann: Hello, bob').waitFor()

    assert.equal((await call('DELETE', `${url}/users/me/sessions`, bob)).status, 200)
    await ann.getByText('bob: has left').waitFor()
  })

  const probed = await probe(folder, started, 'app.ts')
  assert.equal(probed.status, 0, probed.out + probed.err)
})

test('an example names the versions that are tested here', () => {
  const versions: Record<string, string> = {}
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  Object.assign(versions, manifest.devDependencies, manifest.dependencies, { countersign: manifest.version })
  const examples = readdirSync(join(root, 'examples')).filter((name) =>
    existsSync(join(root, 'examples', name, 'package.json')),
  )
  assert.ok(examples.length >= 10)
  for (const name of examples) {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'examples', name, 'package.json'), 'utf8'))
    for (const [dependency, version] of Object.entries(dependencies)) {
      // What the package itself is not tested with is tested here alone.
      if (versions[dependency] === undefined) assert.match(String(version), /^\d+\.\d+\.\d+$/)
      else assert.equal(version, versions[dependency], `${name}: ${dependency}`)
    }
  }
})
