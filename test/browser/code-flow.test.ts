import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { nodeListener } from '../../src/adapters/node.ts'
import { type Auth, createAuth } from '../../src/index.ts'
import { launchChromium } from '../servers/chromium.ts'

const PASSWORD = 'correct horse battery'
const WAIT_MILLISECONDS = 120_000
const LIBRARY = fileURLToPath(import.meta.resolve('oidc-client-ts')).replace(
  /dist[\\/].*$/,
  'dist/browser/oidc-client-ts.min.js',
)

let browser: Browser
let auth: Auth
let servers: Server[]
let issuer: string
let app: string

before(async () => {
  browser = await launchChromium()
  servers = [createServer(), createServer()]
  const [ours, theirs] = await Promise.all(servers.map(listen))
  issuer = ours ?? ''
  app = theirs ?? ''
  auth = createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    secretKey: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
    issuer,
    corsOrigins: [app],
    scopes: { 'orders:read': 'See your orders' },
    roles: { user: { scopes: ['profile:read', 'orders:read'] } },
  }) as unknown as Auth
  await auth.ready()
  await auth.users.create({ email: 'alice@example.com', username: 'alice', password: PASSWORD })
  await auth.clients.create({
    id: 'spa',
    name: 'Orders at hand',
    authMethod: 'none',
    grants: ['authorization_code', 'refresh_token'],
    redirectUris: [`${app}/cb`],
    postLogoutRedirectUris: [`${app}/bye`],
    scopes: ['openid', 'email', 'offline_access', 'orders:read'],
  })
  servers[0]?.on('request', nodeListener(auth))
  servers[1]?.on('request', (request, response) => {
    const isLibrary = request.url === '/oidc-client-ts.js'
    response.setHeader('content-type', isLibrary ? 'text/javascript' : 'text/html; charset=utf-8')
    response.end(isLibrary ? readFileSync(LIBRARY) : SPA)
  })
})
after(async () => {
  await browser?.close()
  for (const server of servers ?? []) {
    server.closeAllConnections()
    server.close()
  }
  await auth?.close()
})

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A single-page application as its makers would write it; what it has reached stands in its title. */
const SPA = `<!doctype html><title>loading</title><link rel="icon" href="data:,">
<button id="in">Sign in</button><button id="renew">Renew</button><button id="out">Sign out</button><pre id="user"></pre>
<script src="/oidc-client-ts.js"></script>
<script>
const here = location.origin
const start = async () => {
  const authority = new URLSearchParams(location.search).get('issuer') ?? sessionStorage.issuer
  sessionStorage.issuer = authority
  const manager = new oidc.UserManager({
    authority, client_id: 'spa', redirect_uri: here + '/cb', post_logout_redirect_uri: here + '/bye',
    scope: 'openid email offline_access orders:read', loadUserInfo: true, automaticSilentRenew: false,
    userStore: new oidc.WebStorageStateStore({ store: sessionStorage }),
  })
  const show = (title, user) => {
    document.getElementById('user').textContent = user ? JSON.stringify({ profile: user.profile, scope: user.scope, token: user.access_token }) : ''
    document.title = title
  }
  document.getElementById('in').onclick = () => manager.signinRedirect()
  document.getElementById('renew').onclick = async () => show('renewed', await manager.signinSilent())
  document.getElementById('out').onclick = () => manager.signoutRedirect()
  if (location.pathname === '/cb') show('signed in', await manager.signinRedirectCallback())
  else if (location.pathname === '/bye') { await manager.signoutRedirectCallback(); show('signed out') }
  else show('ready')
}
start().catch((error) => { document.title = 'failed: ' + error.message })
</script>`

async function withPage(story: (page: Page, complaints: string[]) => Promise<void>): Promise<void> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(WAIT_MILLISECONDS)
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    await story(page, complaints)
  } finally {
    await context.close()
  }
}

async function titled(page: Page, title: string): Promise<void> {
  await page.waitForFunction(`document.title === '${title}' || document.title.startsWith('failed')`)
  assert.equal(await page.title(), title)
}

async function signIn(page: Page): Promise<void> {
  await page.fill('[name=username]', 'alice')
  await page.fill('[name=password]', PASSWORD)
  await page.click('button.main')
}

test('oidc-client-ts as a single-page application: sign-in, consent, userinfo, refresh, sign-out', async () => {
  await withPage(async (page, complaints) => {
    await page.goto(`${app}/?issuer=${encodeURIComponent(issuer)}`)
    await titled(page, 'ready')
    await page.click('#in')
    await signIn(page)
    await page.waitForSelector('[name=consent][value=allow]')
    const question = await page.locator('main').innerText()
    for (const words of ['Orders at hand', 'See your orders', '30 days', app])
      assert.ok(question.includes(words), words)
    await page.click('[name=consent][value=allow]')
    await titled(page, 'signed in')
    const user = JSON.parse(await page.locator('#user').innerText())
    assert.deepEqual(
      [user.profile.email, user.scope],
      ['alice@example.com', 'openid email offline_access orders:read'],
    )
    await page.click('#renew')
    await titled(page, 'renewed')
    const renewed = JSON.parse(await page.locator('#user').innerText())
    assert.notEqual(renewed.token, user.token)
    await page.click('#out')
    await titled(page, 'signed out')
    assert.deepEqual(complaints, [])
    await page.goto(`${issuer}/account`)
    await page.waitForSelector('[name=password]')
  })
})

test('who does not allow it comes back to the application, which learns so', async () => {
  await withPage(async (page) => {
    await page.goto(`${app}/?issuer=${encodeURIComponent(issuer)}`)
    await titled(page, 'ready')
    await page.click('#in')
    await signIn(page)
    await page.click('[name=consent][value=deny]')
    await page.waitForFunction(`document.title.startsWith('failed')`)
    assert.match(await page.title(), /did not allow it/)
  })
})

test('C12: neither the sign-in page nor the question is drawn in a frame', async () => {
  await withPage(async (page, complaints) => {
    await page.goto(`${issuer}/login`)
    await signIn(page)
    await page.waitForURL('**/account')
    const query = new URLSearchParams({
      client_id: 'spa',
      redirect_uri: `${app}/cb`,
      response_type: 'code',
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })
    await page.goto(`${app}/`)
    const refused = page.waitForEvent('console', {
      predicate: (message) => /frame-ancestors/.test(message.text()),
    })
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('iframe'), { src: '${issuer}/authorize?${query}' }))`,
    )
    await refused
    assert.ok(complaints.some((text) => text.includes("frame-ancestors 'none'")))
  })
})

test('the Authorize button of the API documents signs in by code and PKCE, through our own pages', async () => {
  await withPage(async (page) => {
    await page.goto(`${issuer}/docs`)
    await page.waitForSelector('.opblock')
    await page.click('.schemes .authorize')
    const dialog = page.locator('.auth-container', { has: page.locator('h4', { hasText: 'code' }) })
    const exchange = page.waitForResponse((response) => response.url() === `${issuer}/token`)
    const [popup] = await Promise.all([page.waitForEvent('popup'), dialog.locator('.btn.authorize').click()])
    popup.setDefaultTimeout(WAIT_MILLISECONDS)
    await signIn(popup)
    const answer = await exchange
    assert.equal(answer.status(), 200, await answer.text())
    const sent = new URLSearchParams(answer.request().postData() ?? '')
    assert.equal(sent.get('grant_type'), 'authorization_code')
    assert.match(sent.get('code_verifier') ?? '', /^[\w.~-]{43,128}$/)
    await dialog.locator('.btn', { hasText: 'Logout' }).waitFor()
    await page.click('.dialog-ux .btn-done >> nth=0')
    const operation = page.locator('#operations-Accounts-getUsersMe')
    await operation.locator('.opblock-summary-control').click()
    await operation.locator('.try-out__btn').click()
    await operation.locator('.execute').click()
    const shown = operation.locator('.live-responses-table .response .response-col_description pre').first()
    assert.match(await shown.innerText(), /"email": "alice@example\.com"/)
  })
})
