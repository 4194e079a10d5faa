import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { nodeListener } from '../../src/adapters/node.ts'
import { type Auth, createAuth } from '../../src/index.ts'
import { launchChromium } from '../servers/chromium.ts'
import { listen, PASSWORD, withPage as withPageOf } from './page-site.ts'

/** An issuer as a browser meets it, at the root of its host or below a path. */
interface Site {
  readonly port: number
  readonly issuer: string
  readonly auth: Auth
  close(): Promise<void>
}

interface Description {
  readonly paths: Readonly<Record<string, unknown>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>>; readonly responses: unknown }
}

let browser: Browser
let site: Site

before(async () => {
  browser = await launchChromium()
  site = await openSite()
})
after(async () => {
  await browser?.close()
  await site?.close()
})

async function openSite(mount = ''): Promise<Site> {
  const server = createServer()
  const port = await listen(server)
  const issuer = `http://127.0.0.1:${port}${mount}`
  const auth = createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    secretKey: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
    issuer,
  }) as unknown as Auth
  await auth.ready()
  await auth.users.create({ email: 'alice@example.com', username: 'alice', password: PASSWORD })
  const listener = nodeListener(auth)
  server.on('request', (request, response) => {
    // As a framework hands over what lies below a mount path.
    request.url = request.url?.startsWith(`${mount}/`) ? request.url.slice(mount.length) : '/outside'
    listener(request, response)
  })
  return {
    port,
    issuer,
    auth,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await auth.close()
    },
  }
}

const withPage = (options: BrowserContextOptions, story: Parameters<typeof withPageOf>[2]): Promise<void> =>
  withPageOf(browser, options, story)

const TRIED = ['/token', '/logout', '/session', '/users/me']

/** The page resolves all that is described at each step, which takes a second: where it is to do something, it gets these. */
async function describeFew(page: Page): Promise<void> {
  await page.route('**/openapi.json', async (route) => {
    const response = await route.fetch()
    const whole: Description = await response.json()
    const paths = Object.fromEntries(TRIED.map((path) => [path, whole.paths[path]]))
    const schemas: Record<string, unknown> = {}
    const keepNamedIn = (part: unknown): void => {
      for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
        if (name in schemas) continue
        schemas[name] = whole.components.schemas[name]
        keepNamedIn(schemas[name])
      }
    }
    keepNamedIn([paths, whole.components.responses])
    await route.fulfill({ response, json: { ...whole, paths, components: { ...whole.components, schemas } } })
  })
}

async function openDocs(page: Page, base: string): Promise<void> {
  await page.goto(`${base}/docs`)
  await page.waitForSelector('.opblock')
}

async function authorize(page: Page, password: string, scopes: readonly string[] = []): Promise<void> {
  if (!(await page.locator('.dialog-ux').isVisible())) await page.click('.schemes .authorize')
  await page.fill('#oauth_username', 'alice')
  await page.fill('#oauth_password', password)
  for (const scope of scopes) await page.click(`.scopes label[for^="${scope}-"]`)
  await page.click('[aria-label="Apply given OAuth2 credentials"]')
}

/** Tries GET /users/me; its status and body as the page shows them. */
async function tryMe(page: Page): Promise<{ readonly status: string; readonly body: string }> {
  const operation = page.locator('#operations-Accounts-getUsersMe')
  await operation.locator('.opblock-summary-control').click()
  await operation.locator('.try-out__btn').click()
  await operation.locator('.execute').click()
  const answer = operation.locator('.live-responses-table .response')
  return {
    status: (await answer.locator('.response-col_status').innerText()).trim(),
    body: await answer.locator('.response-col_description pre').first().innerText(),
  }
}

async function signInAndTry(page: Page, base: string): Promise<void> {
  await openDocs(page, base)
  await authorize(page, PASSWORD, ['profile:read'])
  await page.waitForSelector('.dialog-ux [aria-label="Remove authorization"]')
  await page.click('.dialog-ux .btn-done >> nth=0')
  const { status, body } = await tryMe(page)
  assert.match(status, /^200\b/)
  assert.match(body, /"email": "alice@example\.com"/)
}

test('C12, F-9: Authorize signs in by password, Try it out shows the account, nobody else is asked, no cookie goes along, and all is forgotten with the page', async () => {
  await withPage({ viewport: { width: 1280, height: 900 } }, async (page, complaints) => {
    await page.context().addCookies([{ name: 'session', value: 'of-somebody', url: site.issuer }])
    const asked = page.waitForResponse((response) => response.url() === `${site.issuer}/token`)
    const requests = ['/token', '/users/me'].map((path) => page.waitForRequest(site.issuer + path))
    await signInAndTry(page, site.issuer)
    assert.equal(await page.title(), 'Countersign API')
    assert.deepEqual(complaints, [])
    const answer = await asked
    assert.equal(answer.request().headers().authorization, `Basic ${btoa('first-party:')}`)
    assert.equal((await answer.json()).scope, 'profile:read')
    for (const request of await Promise.all(requests)) {
      const { authorization, cookie } = await request.allHeaders()
      assert.ok(authorization)
      assert.equal(cookie, undefined)
    }
    const kept = await page.evaluate('[localStorage.length, sessionStorage.length, document.cookie]')
    assert.deepEqual(kept, [0, 0, 'session=of-somebody'], 'no more than what was there before')
    await page.reload()
    await page.waitForSelector('.schemes .authorize.unlocked')
  })
})

test('without signing in Try it out shows the refusal; a wrong password is refused in the dialog, and the right one then goes through', async () => {
  await withPage({}, async (page, complaints) => {
    await describeFew(page)
    await openDocs(page, site.issuer)
    const { status, body } = await tryMe(page)
    assert.match(status, /^401\b/)
    assert.match(body, /"code": "token_missing"/)
    complaints.length = 0
    await authorize(page, 'wrong horse battery')
    const error = page.locator('.dialog-ux .errors')
    await error.waitFor()
    assert.match(await error.innerText(), /The sign-in was not accepted/)
    assert.equal(complaints.length, 1, complaints.join('\n'))
    assert.match(complaints[0] ?? '', /400 \(Bad Request\)/)
    await authorize(page, PASSWORD)
    await page.waitForSelector('.dialog-ux [aria-label="Remove authorization"]')
    assert.equal(await error.count(), 0)
  })
})

const lockOf = (page: Page, id: string) =>
  page.locator(`#operations-${id} .authorization__btn svg`).getAttribute('class')

/** Tries an operation; the status as the page shows it. */
async function tryOut(page: Page, id: string, body?: object): Promise<string> {
  const operation = page.locator(`#operations-${id}`)
  if ((await operation.locator('.execute').count()) === 0) {
    await operation.locator('.opblock-summary-control').click()
    await operation.locator('.try-out__btn').click()
  }
  if (body !== undefined) await operation.locator('textarea.body-param__text').fill(JSON.stringify(body))
  const asked = page.waitForResponse((response) => response.request().method() !== 'OPTIONS')
  await operation.locator('.execute').click()
  return String((await asked).status())
}

test('F-4: a sign-in by cookie authorizes the page, changes something with its token, and ends', async () => {
  await site.auth.users.create({ email: 'carol@example.com', username: 'carol', password: PASSWORD })
  await withPage({}, async (page, complaints) => {
    await describeFew(page)
    await openDocs(page, site.issuer)
    for (const id of ['Tokens-postLogout', 'Accounts-getUsersMe']) {
      assert.equal(await lockOf(page, id), 'unlocked', `${id}: nobody has signed in`)
    }
    assert.equal(await tryOut(page, 'Sessions-postSession', { username: 'carol', password: PASSWORD }), '200')
    await page.waitForSelector('#operations-Accounts-getUsersMe svg.locked')
    assert.equal(await lockOf(page, 'Tokens-postLogout'), 'locked')
    assert.equal(await tryOut(page, 'Accounts-getUsersMe'), '200')
    assert.equal(await tryOut(page, 'Accounts-patchUsersMe', { username: 'carola' }), '200')
    assert.equal(await tryOut(page, 'Sessions-deleteSession'), '204')
    await page.waitForSelector('#operations-Accounts-getUsersMe svg.unlocked')
    assert.deepEqual(complaints, [])
    assert.equal(await tryOut(page, 'Accounts-getUsersMe'), '401')
  })
})

test('Authorize takes an API key, and what is tried carries it alone', async () => {
  const user = await site.auth.users.create({
    email: 'dave@example.com',
    username: 'dave',
    password: PASSWORD,
  })
  const { text } = await site.auth.apiKeys.create({
    userId: user.id,
    name: 'docs',
    scopes: ['profile:read'],
    lifeSeconds: 600,
  })
  await withPage({}, async (page) => {
    await describeFew(page)
    await openDocs(page, site.issuer)
    await page.click('.schemes .authorize')
    await page.fill('#api_key_value', text)
    await page.click('[aria-label="Apply credentials"] >> nth=1')
    await page.click('.dialog-ux .btn-done >> nth=0')
    const asked = page.waitForRequest(`${site.issuer}/users/me`)
    assert.equal(await tryOut(page, 'Accounts-getUsersMe'), '200')
    const headers = await (await asked).allHeaders()
    assert.equal(headers['x-api-key'], text)
    assert.equal(headers.authorization, undefined)
  })
})

test('DOCS_TOKEN_URL: under another name of the same host, the page stays with that name', async () => {
  await withPage({}, async (page, complaints) => {
    await describeFew(page)
    await signInAndTry(page, `http://localhost:${site.port}`)
    assert.deepEqual(complaints, [])
  })
})

test('DOCS_TOKEN_URL: mounted under a path, everything is found below it', async () => {
  const mounted = await openSite('/auth')
  try {
    await withPage({}, async (page, complaints) => {
      await describeFew(page)
      await signInAndTry(page, mounted.issuer)
      assert.deepEqual(complaints, [])
    })
  } finally {
    await mounted.close()
  }
})

test('the page follows the theme, and never scrolls sideways, down to 320 pixels; its dialog begins at the first field, asks for no client, and takes Enter', async () => {
  await withPage({ colorScheme: 'light', viewport: { width: 390, height: 844 } }, async (page) => {
    await openDocs(page, site.issuer)
    for (const id of ['Accounts-getUsersMe', 'Tokens-postToken', 'Sessions-deleteUsersMeSessions']) {
      await page.click(`#operations-${id} .opblock-summary-control`)
      await page.waitForSelector(`#operations-${id} .responses-table`)
    }
    for (const [colorScheme, root] of [
      ['light', 'html:not(.dark-mode)'],
      ['dark', 'html.dark-mode'],
    ] as const) {
      await page.emulateMedia({ colorScheme })
      await page.waitForSelector(root)
      for (const width of [1280, 320, 390]) {
        await page.setViewportSize({ width, height: 844 })
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width)
      }
    }
    await page.click('.schemes .authorize')
    await page.waitForSelector('#oauth_username:focus')
    assert.equal(await page.locator('#client_id_password').isVisible(), false)
    assert.equal(await page.locator('#client_secret_password').isVisible(), false)
    await page.keyboard.type('alice')
    await page.keyboard.press('Tab')
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.dialog-ux [aria-label="Remove authorization"]')
  })
})

test('without JavaScript there is a note that leads to the description', async () => {
  await withPage({ javaScriptEnabled: false }, async (page) => {
    await page.goto(`${site.issuer}/docs`)
    assert.ok(await page.locator('.docs-note').isVisible())
    const response = await page.goto(
      `${site.issuer}/${await page.locator('.docs-note a').getAttribute('href')}`,
    )
    assert.equal(response?.status(), 200)
  })
})

test('a description that does not come is said', async () => {
  await withPage({}, async (page) => {
    await page.route('**/openapi.json', (route) => route.fulfill({ status: 503 }))
    await page.goto(`${site.issuer}/docs`)
    const note = page.getByRole('alert')
    await note.waitFor()
    assert.match(await note.innerText(), /could not be loaded \(status 503\)/)
  })
})
