import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { after, before, beforeEach, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { SignedOut } from '../../src/client.ts'
import type { Outcome } from '../client/page.ts'
import {
  type Between,
  bundlePage,
  closeServer,
  listen,
  openSite,
  PASSWORD,
  type Site,
} from '../client/site.ts'
import { launchChromium } from '../servers/chromium.ts'

const WAIT_MILLISECONDS = 120_000

let browser: Browser
let site: Site
let context: BrowserContext
before(async () => {
  browser = await launchChromium()
  site = await openSite()
  await site.auth.users.create({ email: 'ann@example.com', username: 'ann', password: PASSWORD })
})
after(async () => {
  await browser?.close()
  await site?.close()
})

const straight: Between = (_request, _response, go) => go()
beforeEach(async (t) => {
  site.between = straight
  context = await browser.newContext()
  ;(t as { after(work: () => Promise<void>): void }).after(() => context.close())
})

async function openPage(search: Record<string, string> = {}, from: Site = site): Promise<Page> {
  const page = await context.newPage()
  page.setDefaultTimeout(WAIT_MILLISECONDS)
  await page.goto(from.page(search))
  return page
}

const ask = (page: Page, path = '/users/me') => page.evaluate<Outcome>(`ask(${JSON.stringify(path)})`)
const signIn = (page: Page) => page.evaluate<Outcome>(`signIn('ann', '${PASSWORD}')`)
const status = (page: Page) => page.evaluate<string>('client.ready().then(({ status }) => status)')
const farewells = (page: Page) => page.evaluate<SignedOut[]>('farewells')
const isSignedOut = (page: Page) => page.waitForFunction(`client.session.status === 'signed-out'`)

/** Makes the page think that the access token has ended. */
const sleep = (page: Page) =>
  page.evaluate('{ const now = Date.now.bind(Date); Date.now = () => now() + 20 * 60_000 }')

async function signedInPage(search: Record<string, string> = {}): Promise<Page> {
  const page = await openPage(search)
  assert.deepEqual(await signIn(page), { status: 200 })
  return page
}

/** Answers refreshes otherwise. */
function atRefresh(
  answer: (request: IncomingMessage, response: ServerResponse, go: () => void) => void,
): void {
  site.between = (request, response, go) =>
    request.url === '/refresh' && request.method === 'POST' ? answer(request, response, go) : go()
}

test('signed in is who was, after a reload and in every new tab; sign-out is seen by all', async () => {
  const page = await signedInPage()
  assert.deepEqual(await ask(page), { status: 200 })
  await page.reload()
  assert.equal(await status(page), 'signed-in')
  const other = await openPage()
  assert.deepEqual(await ask(other), { status: 200 })
  await page.evaluate('client.signOut()')
  await isSignedOut(other)
  for (const tab of [page, other]) {
    const said = await farewells(tab)
    assert.deepEqual(
      said.map(({ why, returnTo }) => ({ why, returnTo })),
      [{ why: 'sign-out', returnTo: tab.url() }],
    )
  }
  assert.deepEqual(await ask(other), { status: 401 })
})

test('memory is gone with the page, and lies nowhere', async () => {
  const page = await signedInPage({ storage: 'memory' })
  assert.equal(
    await page.evaluate(
      'indexedDB.databases().then((all) => all.length + localStorage.length + sessionStorage.length)',
    ),
    0,
  )
  await page.reload()
  assert.equal(await status(page), 'signed-out')
})

test('tab: survives a reload, is not in other tabs, and a tab opened by it stays in step with it', async () => {
  const page = await signedInPage({ storage: 'tab' })
  await page.reload()
  assert.equal(await status(page), 'signed-in')
  assert.equal(await status(await openPage({ storage: 'tab' })), 'signed-out')

  // A browser copies sessionStorage into a tab that is opened by another, as it does for "Duplicate".
  const [copy] = await Promise.all([context.waitForEvent('page'), page.evaluate('void open(location.href)')])
  await copy.waitForLoadState()
  assert.equal(await status(copy), 'signed-in')
  const stored = (tab: Page) => tab.evaluate<string>('Object.values(sessionStorage).join()')
  const first = await stored(copy)
  await sleep(page)
  assert.deepEqual(await ask(page), { status: 200 })
  await copy.waitForFunction(
    (before) => globalThis.sessionStorage.getItem(Object.keys(globalThis.sessionStorage)[0] ?? '') !== before,
    first,
  )
  assert.equal(await stored(copy), await stored(page))
  // One that was loading meanwhile asks for what it missed.
  await copy.evaluate(
    'addEventListener("pagehide", () => sessionStorage.setItem(Object.keys(sessionStorage)[0], ' +
      `${JSON.stringify(first)}))`,
  )
  await copy.reload()
  await copy.waitForFunction(
    (before) => globalThis.sessionStorage.getItem(Object.keys(globalThis.sessionStorage)[0] ?? '') !== before,
    first,
  )
  assert.equal(await stored(copy), await stored(page))
  assert.deepEqual(await ask(copy), { status: 200 })
})

test('a token is given to no other origin, redirected or not, and a redirect that loses it is explained', async () => {
  const seen: (string | undefined)[] = []
  const stranger = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response
      .writeHead(request.method === 'OPTIONS' ? 204 : 401, {
        'access-control-allow-origin': '*',
        'access-control-allow-headers': 'authorization, idempotency-key',
      })
      .end()
  })
  const elsewhere = await listen(stranger)
  try {
    const page = await signedInPage()
    assert.deepEqual(await ask(page, `${elsewhere}/x`), { status: 401 })
    site.between = (request, response, go) => {
      if (request.url !== '/healthz' || request.method === 'OPTIONS') return go()
      const { origin = '' } = request.headers
      response.writeHead(302, { location: `${elsewhere}/moved`, 'access-control-allow-origin': origin }).end()
    }
    const moved = await ask(page, '/healthz')
    assert.equal(moved.code ?? moved.error, 'HDR_DROPPED_ON_REDIRECT')

    await sleep(page)
    atRefresh((request, response) =>
      response
        .writeHead(307, {
          location: `${elsewhere}/refresh`,
          'access-control-allow-origin': String(request.headers.origin),
        })
        .end(),
    )
    const before = seen.length
    assert.equal((await ask(page)).code, 'HDR_DROPPED_ON_REDIRECT')
    assert.equal(seen.length, before, 'a redirected refresh is not followed')
    assert.deepEqual(new Set(seen), new Set([undefined]))
    assert.equal(await status(page), 'signed-in')
  } finally {
    await closeServer(stranger)
  }
})

const withCors = (request: IncomingMessage, headers: Record<string, string> = {}) => ({
  'access-control-allow-origin': String(request.headers.origin),
  ...headers,
})
for (const [what, code, answer] of [
  [
    'a page of HTML',
    'DOCS_TOKEN_RESPONSE_SHAPE',
    (request: IncomingMessage, response: ServerResponse) =>
      response.writeHead(200, withCors(request, { 'content-type': 'text/html' })).end('<!doctype html>'),
  ],
  [
    'an answer that breaks off',
    'REFRESH_LOST_RESPONSE',
    (request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, withCors(request, { 'content-length': '1000' })).write('{"access_token":"ey')
      setImmediate(() => response.destroy())
    },
  ],
  [
    'a server error with a reference',
    'UNDECIDED',
    (request: IncomingMessage, response: ServerResponse) =>
      response
        .writeHead(500, withCors(request, { 'content-type': 'application/json' }))
        .end('{"error":"server_error","error_description":"Broken.","reference":"r1"}'),
  ],
  [
    'an answer without CORS headers',
    'REFRESH_LOST_RESPONSE',
    (_request: IncomingMessage, response: ServerResponse) => response.writeHead(200).end('{}'),
  ],
] as const) {
  test(`bad input: ${what} is said, and nothing is lost`, async () => {
    const page = await signedInPage()
    await sleep(page)
    atRefresh(answer)
    const outcome = await ask(page)
    assert.equal(outcome.code, code, outcome.error)
    if (code === 'UNDECIDED') assert.equal(outcome.reference, 'r1')
    assert.deepEqual(await farewells(page), [])
    site.between = straight
    const other = await openPage()
    await sleep(other)
    assert.deepEqual(await ask(other), { status: 200 })
  })
}

test('bad input: an issuer that does not know the page’s origin is told apart from a lost answer', async () => {
  const closed = await openSite({ cors: false })
  try {
    const page = await openPage({}, closed)
    const outcome = await signIn(page)
    assert.equal(outcome.code, 'CORS_HEADER_NOT_ALLOWED', outcome.error)
    assert.match(outcome.error ?? '', /CORS_ORIGINS/)
  } finally {
    await closed.close()
  }
})

test('bad input: a slow answer is dropped at the deadline and asked for again by the same key', async () => {
  const page = await signedInPage()
  await sleep(page)
  const keys: unknown[] = []
  atRefresh((request, _response, go) => {
    keys.push(request.headers['idempotency-key'])
    // The first is never answered; that the page waits for it is cut short by its clock, not by ours.
    if (keys.length > 1) go()
  })
  await page.evaluate(`{
    const timeout = setTimeout
    globalThis.setTimeout = (work, time, ...more) => {
      if (time !== 8000) return timeout(work, time, ...more)
      globalThis.setTimeout = timeout
      return timeout(work, 50, ...more)
    }
  }`)
  assert.deepEqual(await ask(page), { status: 200 })
  assert.ok(keys.length >= 2)
  assert.equal(new Set(keys).size, 1)
})

for (const [what, spoil] of [
  [
    'forbidden',
    `IDBDatabase.prototype.transaction = () => { throw new DOMException('no', 'SecurityError') }`,
  ],
  [
    'full',
    `IDBObjectStore.prototype.put = function () { this.transaction.abort(); throw new DOMException('full', 'QuotaExceededError') }`,
  ],
] as const) {
  test(`bad input: storage that gets ${what} is said before anything is sent, and nothing is lost`, async () => {
    const page = await signedInPage()
    await sleep(page)
    let refreshes = 0
    atRefresh((_request, _response, go) => {
      refreshes++
      go()
    })
    await page.evaluate(spoil)
    const outcome = await ask(page)
    assert.equal(outcome.code, 'REFRESH_NEW_TOKEN_UNUSED', outcome.error)
    assert.equal(refreshes, 0)
    await page.reload()
    await sleep(page)
    assert.deepEqual(await ask(page), { status: 200 })
  })
}

test('a connection to the storage that was lost without a word is opened anew', async () => {
  const page = await signedInPage()
  await sleep(page)
  await page.evaluate(`{
    const { transaction } = IDBDatabase.prototype
    IDBDatabase.prototype.transaction = () => {
      IDBDatabase.prototype.transaction = transaction
      throw new DOMException('The connection was lost', 'InvalidStateError')
    }
  }`)
  assert.deepEqual(await ask(page), { status: 200 })
})

test('a page that comes back by the back button reads the storage again', async () => {
  const page = await signedInPage()
  await page.evaluate(`new Promise((resolve) => {
    const opening = indexedDB.open('countersign')
    opening.onsuccess = () => {
      const clearing = opening.result.transaction('tokens', 'readwrite')
      clearing.objectStore('tokens').clear()
      clearing.oncomplete = resolve
    }
  })`)
  assert.equal(await status(page), 'signed-in')
  await page.evaluate(`dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`)
  await isSignedOut(page)
})

test('React: drawn by who is signed in, in every tab, and not again by a refresh', async () => {
  const html = '<!doctype html><link rel=icon href=data:,><body><script type=module src=/react.js></script>'
  const files = {
    '/react': html,
    '/react.js': await bundlePage(new URL('../client/react-page.ts', import.meta.url)),
  }
  const app = await openSite({ files })
  try {
    await app.auth.users.create({ email: 'ann@example.com', username: 'ann', password: PASSWORD })
    const address = app.page().replace('/?', '/react?')
    const [page, other] = await Promise.all([context.newPage(), context.newPage()])
    for (const tab of [page, other]) {
      tab.setDefaultTimeout(WAIT_MILLISECONDS)
      await tab.goto(address)
      await tab.getByText('Please sign in.').waitFor()
    }
    await page.evaluate(`client.signInWithPassword({ username: 'ann', password: '${PASSWORD}' })`)
    for (const tab of [page, other]) await tab.getByText('Welcome.').waitFor()
    const before = await page.evaluate('draws')
    await sleep(page)
    await page.evaluate(`client.fetch('${app.issuer}/users/me')`)
    assert.equal(await page.evaluate('draws'), before)
    await other.evaluate('client.signOut()')
    for (const tab of [page, other]) await tab.getByText('Please sign in.').waitFor()
  } finally {
    await app.close()
  }
})
