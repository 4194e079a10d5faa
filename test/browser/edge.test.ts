import assert from 'node:assert/strict'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { WebSocketServer } from 'ws'
import { systemRandom } from '../../src/base/random.ts'
import { type Auth, createAuth } from '../../src/index.ts'
import { guard, nodeListener } from '../../src/node.ts'
import { makeSelfSigned } from '../../src/server/tls/self-signed.ts'
import { launchChromium } from '../servers/chromium.ts'

const PASSWORD = 'correct horse battery'
const COOKIE = '__Host-countersign'
const WAIT_MILLISECONDS = 120_000

const tls = (() => {
  const hosts = ['localhost', '127.0.0.1']
  const { key, certificate } = makeSelfSigned({ hosts, now: new Date(), lifeDays: 2, random: systemRandom })
  return { key, cert: certificate }
})()

let browser: Browser
let auth: Auth
/** The issuer, with routes of an application beside it. */
let own: string
/** On the list, of another origin and of the same site, so that cookies go along. */
let friend: string
/** The same, but for the list: as another application on a sub-domain would be. */
let neighbour: string
/** Of another site altogether. */
let stranger: string
/** How often something was changed. */
let changes = 0
/** What came as `Cookie` with each request that would change something. */
const cookies: string[] = []
const closing: (() => Promise<void>)[] = []

before(async () => {
  const html: RequestListener = (_request, response) =>
    void response.end('<!doctype html><title>App</title><link rel=icon href=data:,>')
  const app = createServer(tls)
  const [port, friends, neighbours] = await Promise.all([
    listen(app),
    listen(createServer(tls, html)),
    listen(createServer(tls, html)),
  ])
  own = `https://localhost:${port}`
  friend = `https://localhost:${friends}`
  neighbour = `https://localhost:${neighbours}`
  stranger = `https://127.0.0.1:${neighbours}`
  auth = createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    issuer: own,
    corsOrigins: [friend],
    maxStalenessSeconds: 300,
  }) as unknown as Auth
  await auth.ready()
  const listener = nodeListener(auth, {
    cors: auth.cors,
    headers: auth.headers.api,
    routes: {
      'GET /app': guard(auth.anyone, (request, response) => {
        response.setHeader('content-security-policy', "default-src 'self'")
        html(request, response as never)
      }),
      'GET /orders': guard(auth.signedIn, (_request, response, { principal }) => {
        response.end(`orders of ${principal.id}`)
      }),
      'POST /orders': guard(auth.signedIn, (_request, response) => {
        changes++
        response.end('changed')
      }),
    },
  })
  app.on('request', (request, response) => {
    if (request.url === '/orders' && request.method === 'POST') cookies.push(request.headers.cookie ?? '')
    listener(request, response)
  })
  const sockets = new WebSocketServer({ noServer: true })
  app.on('upgrade', async (request: IncomingMessage, connection, head) => {
    const accepted = await auth.sockets.accept(request)
    if (!accepted.ok) {
      connection.end(`HTTP/1.1 ${accepted.response.status} Refused\r\nConnection: close\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, connection, head, (socket) => {
      accepted.hold(socket)
      socket.send(`Hello ${accepted.principal.id}`)
    })
  })
  browser = await launchChromium()
})
after(async () => {
  await browser?.close()
  await Promise.all(closing.map((close) => close()))
  await auth?.close()
})

function listen(server: Server): Promise<number> {
  closing.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

/** A browser in which one person has signed in at the application. */
async function signedIn(
  name: string,
  story: (visitor: {
    readonly context: BrowserContext
    readonly userId: string
    readonly token: string
    open(origin: string): Promise<Page>
  }) => Promise<void>,
): Promise<void> {
  const user = await auth.users.create({
    email: `${name}@example.com`,
    username: name,
    password: PASSWORD,
  })
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  const open = async (origin: string): Promise<Page> => {
    const page = await context.newPage()
    page.setDefaultTimeout(WAIT_MILLISECONDS)
    page.setDefaultNavigationTimeout(WAIT_MILLISECONDS)
    await page.goto(origin === own ? `${own}/app` : origin)
    return page
  }
  try {
    const page = await open(own)
    const token = await signIn(page, name)
    await story({ context, userId: user.id, token, open })
  } finally {
    await context.close()
  }
}

/** Runs a function, which stands here as text, in the page. */
const run = <Value>(page: Page, script: string, ...values: readonly unknown[]): Promise<Value> =>
  page.evaluate<Value>(`(${script})(${values.map((value) => JSON.stringify(value)).join(', ')})`)

const signIn = (page: Page, username: string): Promise<string> =>
  run<string>(
    page,
    `(fields) => fetch('/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fields),
    }).then((answer) => answer.json()).then(({ csrf_token }) => csrf_token)`,
    { username, password: PASSWORD },
  )

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly mode?: string
  readonly credentials?: string
  readonly body?: string
}

/** What a script of the page gets to see: status and text, or that it sees nothing. */
const ask = (page: Page, path: string, options: Asked = {}): Promise<string> =>
  run<string>(
    page,
    `(url, options) => fetch(url, options)
      .then(async (answer) => answer.status + ' ' + (await answer.text()), () => 'unreadable')`,
    own + path,
    options,
  )

/** Opens a socket: its first message, or the code that it was closed with. */
const openSocket = (page: Page, ticket: string): Promise<string> =>
  run<string>(
    page,
    `(url) => new Promise((resolve) => {
      const socket = globalThis.socket = new WebSocket(url)
      globalThis.whenClosed = new Promise((done) => { socket.onclose = ({ code }) => done(code) })
      whenClosed.then((code) => resolve('closed ' + code))
      socket.onmessage = ({ data }) => resolve(data)
    })`,
    `${own.replace('https', 'wss')}/ws?ticket=${ticket}`,
  )

const buyTicket = (page: Page, token: string): Promise<string> =>
  run<string>(
    page,
    `(token) => fetch('/ws-ticket', { method: 'POST', headers: { 'x-csrf-token': token } })
      .then((answer) => answer.json()).then(({ ticket }) => ticket)`,
    token,
  )

test('F-2, F-1: the browser keeps the cookie from scripts, other hosts and plain http; a sign-in makes a new one', async () => {
  await signedIn('anna', async ({ context, open }) => {
    const page = await open(own)
    const [cookie] = (await context.cookies(own)).filter(({ name }) => name === COOKIE)
    assert.ok(cookie)
    const { httpOnly, secure, sameSite, path, domain } = cookie
    assert.deepEqual({ httpOnly, secure, path }, { httpOnly: true, secure: true, path: '/' })
    assert.ok(['Lax', 'Strict'].includes(sameSite))
    assert.equal(domain, 'localhost', 'this host alone, without a dot')
    assert.equal(await page.evaluate('document.cookie'), '')
    assert.match(await ask(page, '/orders'), /^200 /)

    await signIn(page, 'anna')
    const [second] = (await context.cookies(own)).filter(({ name }) => name === COOKIE)
    assert.notEqual(second?.value, cookie.value)
    const headers = { cookie: `${COOKIE}=${cookie.value}` }
    const old = await auth.check(new Request(`${own}/orders`, { headers }), auth.signedIn)
    assert.equal(old.ok, false, 'the old one is dead')
    // A page that could run script on this host cannot plant one either.
    await page.evaluate(`document.cookie = '${COOKIE}=planted; path=/; secure'`)
    const [third] = (await context.cookies(own)).filter(({ name }) => name === COOKIE)
    assert.equal(third?.value, second?.value)
  })
})

test('F-4: forms and scripts of other pages change nothing, though the browser adds the cookie', async () => {
  await signedIn('bea', async ({ token, open }) => {
    const before = changes
    for (const origin of [stranger, neighbour]) {
      for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
        const page = await open(origin)
        const answered = page.waitForResponse(`${own}/orders`)
        await page.evaluate(`{
          const form = document.createElement('form')
          Object.assign(form, { method: 'POST', action: '${own}/orders', enctype: '${type}' })
          const field = document.createElement('input')
          Object.assign(field, { name: '{"title":"', value: 'x"}' })
          form.append(field)
          document.body.append(form)
          form.submit()
        }`)
        const answer = await answered
        assert.equal(cookies.at(-1)?.includes(COOKIE), origin === neighbour, 'whether the cookie came along')
        assert.ok([401, 403].includes(answer.status()), `${origin} ${type}: ${answer.status()}`)
        await page.waitForURL(`${own}/orders`, { waitUntil: 'commit' })
      }
      const page = await open(origin)
      for (const more of [
        { mode: 'no-cors', headers: { 'content-type': 'text/plain' } },
        { headers: { 'content-type': 'application/json', 'x-csrf-token': token } },
        { mode: 'no-cors' },
      ]) {
        await ask(page, '/orders', { method: 'POST', credentials: 'include', body: '{"title":"x"}', ...more })
      }
    }
    assert.equal(changes, before)

    const json = { 'content-type': 'application/json' }
    const change = { method: 'POST', body: '{"title":"x"}', credentials: 'include' }
    const page = await open(own)
    assert.match(await ask(page, '/orders', { ...change, headers: json }), /^403 /, 'without the token')
    const headers = { ...json, 'x-csrf-token': token }
    assert.equal(await ask(page, '/orders', { ...change, headers }), '200 changed')
    assert.equal(await ask(await open(friend), '/orders', { ...change, headers }), '200 changed')
    assert.equal(changes, before + 2)
  })
})

test('C13: a page of the list reads answers and refusals, with and without the cookie; all others read nothing', async () => {
  await signedIn('cora', async ({ userId, open }) => {
    const { access_token } = await auth.tokens.issue({ userId })
    const bearer = { headers: { authorization: `Bearer ${access_token}` } }
    const cookie = { credentials: 'include' }
    const page = await open(friend)
    assert.equal(await ask(page, '/orders', bearer), `200 orders of ${userId}`, 'after a preflight')
    assert.equal(await ask(page, '/orders', cookie), `200 orders of ${userId}`)
    assert.match(await ask(page, '/orders', { credentials: 'omit' }), /^401 .*token_missing/)
    assert.match(await ask(page, '/nowhere'), /^404 /)
    for (const origin of [neighbour, stranger]) {
      const other = await open(origin)
      for (const options of [bearer, cookie, {}]) {
        assert.equal(await ask(other, '/orders', options), 'unreadable', origin)
      }
      assert.equal(await ask(other, '/nowhere'), 'unreadable')
    }
  })
})

test('F-6: a ticket opens a socket once, from the page it was bought by, and 1008 tells of the end', async () => {
  await signedIn('dana', async ({ userId, token, open }) => {
    const page = await open(own)
    const ticket = await buyTicket(page, token)
    assert.match(ticket, /^cs_ticket_/)
    for (const origin of [friend, stranger]) {
      assert.equal(await openSocket(await open(origin), ticket), 'closed 1006', 'another page')
    }
    assert.equal(await openSocket(page, ''), 'closed 1006')
    const second = await open(own)
    assert.equal(await openSocket(page, ticket), `Hello ${userId}`)
    assert.equal(await openSocket(second, ticket), 'closed 1006', 'used before')
    const closed = page.evaluate<number>('whenClosed')
    await auth.sessions.endAll(userId)
    assert.equal(await closed, 1008)
    assert.equal(await buyTicket(page, token), undefined, 'the request for a ticket says what is wrong')
  })
})
