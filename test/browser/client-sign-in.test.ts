import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Outcome } from '../client/page.ts'
import { openSite, PASSWORD, type Site } from '../client/site.ts'
import { launchChromium } from '../servers/chromium.ts'
import { addAuthenticator } from './virtual-authenticator.ts'

const WAIT_MILLISECONDS = 120_000

let browser: Browser
let site: Site
let userId: string
before(async () => {
  browser = await launchChromium()
  site = await openSite({ host: 'localhost' })
  userId = (await site.auth.users.create({ email: 'ann@example.com', username: 'ann', password: PASSWORD }))
    .id
})
after(async () => {
  await browser?.close()
  await site?.close()
})

/** Lets everybody in who asks, and does what the code flow asks of an issuer beyond what is served here already. */
function standIn({ iss = site.issuer }: { readonly iss?: string } = {}): {
  readonly asked: URLSearchParams[]
} {
  const codes = new Map<string, URLSearchParams>()
  const asked: URLSearchParams[] = []
  const cors = (request: IncomingMessage) => ({
    'access-control-allow-origin': request.headers.origin ?? '*',
    'content-type': 'application/json',
  })
  site.between = (request, response, go) => {
    const url = new URL(request.url ?? '', site.issuer)
    if (url.pathname === '/.well-known/oauth-authorization-server') {
      const metadata = { issuer: site.issuer, authorization_endpoint: `${site.issuer}/authorize` }
      response.writeHead(200, cors(request)).end(JSON.stringify(metadata))
      return
    }
    if (url.pathname === '/authorize') {
      const { searchParams } = url
      asked.push(searchParams)
      const code = crypto.randomUUID()
      codes.set(code, searchParams)
      const back = new URL(searchParams.get('redirect_uri') ?? '')
      const answer = { code, state: searchParams.get('state') ?? '', iss }
      for (const [name, value] of Object.entries(answer)) back.searchParams.set(name, value)
      response.writeHead(302, { location: back.href }).end()
      return
    }
    if (url.pathname !== '/token' || request.method !== 'POST') return go()
    void text(request).then(async (body) => {
      const form = new URLSearchParams(body)
      const begun = codes.get(form.get('code') ?? '')
      codes.delete(form.get('code') ?? '')
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      const isGood =
        begun?.get('code_challenge') === challenge &&
        begun.get('code_challenge_method') === 'S256' &&
        begun.get('redirect_uri') === form.get('redirect_uri') &&
        begun.get('client_id') === form.get('client_id')
      const answer = isGood
        ? await site.auth.sessions.start({ userId, amr: ['pwd'] })
        : { error: 'invalid_grant', error_description: 'The code is not good.' }
      response.writeHead(isGood ? 200 : 400, cors(request)).end(JSON.stringify(answer))
    })
  }
  return { asked }
}

async function inContext(story: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> {
  const context = await browser.newContext()
  context.setDefaultTimeout(WAIT_MILLISECONDS)
  try {
    const page = await context.newPage()
    await page.goto(site.page({ at: 'home' }))
    await story(page, context)
  } finally {
    site.between = (_request, _response, go) => go()
    await context.close()
  }
}

const status = (page: Page) => page.evaluate<string>('client.ready().then(({ status }) => status)')
const callback = () => site.page({}, '/callback')
const options = (more: object = {}) => JSON.stringify({ redirectUri: callback(), ...more })

async function leaveAndReturn(page: Page, more: object = {}): Promise<void> {
  await page.goto(site.page({ at: 'home' }))
  await page.evaluate(`void waysIn.signInWithRedirect(client, ${options(more)})`)
  await page.waitForURL((url) => url.pathname === '/callback' && url.searchParams.has('code'))
  await page.waitForLoadState()
}

test('by redirect: code and PKCE, the tokens of this tab, and back to where one was', async () => {
  await inContext(async (page) => {
    const { asked } = standIn()
    const home = page.url()
    await leaveAndReturn(page, { scope: 'profile:read', stepUp: { maxAge: 60, acrValues: ['mfa'] } })
    // As React's strict mode does, which runs an effect twice.
    const [first, second] = await page.evaluate<string[]>(
      'Promise.all([waysIn.finishSignIn(client), waysIn.finishSignIn(client)])',
    )
    assert.deepEqual([first, second], [home, home])
    assert.equal(page.url(), callback(), 'the code is out of the address')
    assert.equal(await status(page), 'signed-in')
    assert.equal(await page.evaluate('sessionStorage.length'), 0)
    const [parameters] = asked
    assert.equal(parameters?.get('response_type'), 'code')
    assert.equal(parameters?.get('scope'), 'profile:read')
    assert.equal(parameters?.get('max_age'), '60')
    assert.equal(parameters?.get('acr_values'), 'mfa')
    assert.ok((parameters?.get('state') ?? '').length >= 32)
  })
})

test('by redirect: an answer nobody asked for, one used before, and one of another issuer make no session', async () => {
  await inContext(async (page) => {
    standIn()
    const finish = () => page.evaluate<Outcome>('outcomeOf(waysIn.finishSignIn(client))')
    await page.goto(site.page({ code: 'x', state: 'forged' }, '/callback'))
    assert.equal((await finish()).code, 'STATE_COOKIE_MISSING')
    await page.goto(site.page({}, '/callback'))
    assert.deepEqual(await finish(), { status: 200 }, 'nothing came back')
    await leaveAndReturn(page)
    const used = page.url()
    assert.deepEqual(await finish(), { status: 200 })
    await page.goto(used)
    assert.equal((await finish()).code, 'STATE_COOKIE_MISSING')
    await page.evaluate('client.signOut()')

    standIn({ iss: 'https://evil.example' })
    await leaveAndReturn(page)
    assert.equal((await finish()).code, 'ISS_OTHER_ENVIRONMENT')
    await page.goto(site.page({ error: 'access_denied', state: 'forged' }, '/callback'))
    assert.equal((await finish()).code, 'STATE_COOKIE_MISSING')
    assert.equal(await status(page), 'signed-out')
  })
})

test('by redirect, at the issuer’s own pages: signed in, allowed, refreshed, signed out', async () => {
  await inContext(async (page) => {
    const redirectUri = `${new URL(callback()).origin}/callback`
    const { client } = await site.auth.clients.create({
      name: 'The app',
      redirectUris: [redirectUri],
      authMethod: 'none',
      grants: ['authorization_code', 'refresh_token'],
      scopes: ['profile:read'],
    })
    await page.goto(site.page({ client: client.id }))
    const request = JSON.stringify({ redirectUri, scope: 'profile:read' })
    await page.evaluate(`void waysIn.signInWithRedirect(client, ${request})`)
    await page.fill('[name=username]', 'ann')
    await page.fill('[name=password]', PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Allow access' }).click()
    await page.waitForURL((url) => url.pathname === '/callback' && url.searchParams.has('code'))
    // The page has forgotten whose it is: its address is the registered one.
    const search = new URLSearchParams({ issuer: site.issuer, client: client.id })
    await page.goto(`${page.url()}&${search}`)
    assert.deepEqual(await page.evaluate('outcomeOf(waysIn.finishSignIn(client))'), { status: 200 })
    await page.evaluate('{ const now = Date.now.bind(Date); Date.now = () => now() + 20 * 60_000 }')
    assert.deepEqual(await page.evaluate(`ask('/users/me')`), { status: 200 })
    await page.evaluate('client.signOut()')
    assert.equal(
      (await site.auth.sessions.list(userId)).filter(({ clientId }) => clientId === client.id).length,
      0,
    )
  })
})

test('by a window of its own, which closes; the page stays where it is', async () => {
  await inContext(async (page, context) => {
    standIn()
    const home = page.url()
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('button'), {
        textContent: 'Sign in',
        onclick() { globalThis.result = outcomeOf(waysIn.signInWithPopup(client, ${options()})) },
      }))`,
    )
    const [popup] = await Promise.all([context.waitForEvent('page'), page.click('button')])
    const closed = popup.waitForEvent('close')
    await popup.waitForURL((url) => url.pathname === '/callback')
    await popup.evaluate('void waysIn.finishSignIn(client)').catch(() => undefined)
    await closed
    assert.deepEqual(await page.evaluate('result'), { status: 200 })
    assert.equal(await status(page), 'signed-in')
    assert.equal(page.url(), home)

    const [second] = await Promise.all([context.waitForEvent('page'), page.click('button')])
    await second.close()
    assert.match(String((await page.evaluate<Outcome>('result')).error), /window was closed/)
  })
})

test('by a window of its own, at the issuer’s own pages: signed in and allowed there, or not allowed', async () => {
  await inContext(async (page, context) => {
    const redirectUri = `${new URL(callback()).origin}/callback`
    const { client } = await site.auth.clients.create({
      name: 'The app in a window',
      redirectUris: [redirectUri],
      authMethod: 'none',
      grants: ['authorization_code', 'refresh_token'],
      scopes: ['profile:read'],
    })
    await page.goto(site.page({ client: client.id, storage: 'tab' }))
    const home = page.url()
    const request = JSON.stringify({ redirectUri, scope: 'profile:read' })
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('button'), {
        textContent: 'Sign in',
        onclick() { globalThis.result = outcomeOf(waysIn.signInWithPopup(client, ${request})) },
      }))`,
    )
    const openWindow = async () =>
      (await Promise.all([context.waitForEvent('page'), page.click('button')]))[0]
    const answer = async (popup: Page, button: string) => {
      const closed = popup.waitForEvent('close')
      await popup.getByRole('button', { name: button }).click()
      await popup.waitForURL((url) => url.pathname === '/callback')
      await popup.evaluate('void waysIn.finishSignIn(client)').catch(() => undefined)
      await closed
      return page.evaluate<Outcome>('result')
    }
    const first = await openWindow()
    await first.fill('[name=username]', 'ann')
    await first.fill('[name=password]', PASSWORD)
    await first.keyboard.press('Enter')
    assert.match((await answer(first, 'Do not allow')).error ?? '', /did not allow/)
    assert.equal(await status(page), 'signed-out')

    assert.deepEqual(await answer(await openWindow(), 'Allow access'), { status: 200 })
    assert.equal(await status(page), 'signed-in')
    assert.deepEqual(await page.evaluate(`ask('/userinfo')`), { status: 403 }, 'without openid')
    await page.evaluate('{ const now = Date.now.bind(Date); Date.now = () => now() + 20 * 60_000 }')
    assert.ok(await page.evaluate('client.accessToken()'), 'refreshed')
    assert.equal(page.url(), home)
    await page.evaluate('client.signOut()')
    const theirs = (await site.auth.sessions.list(userId)).filter(({ clientId }) => clientId === client.id)
    assert.equal(theirs.length, 0)
  })
})

test('an issuer without sign-in pages is said to be one', async () => {
  await inContext(async (page) => {
    site.between = (request, response, go) => {
      if (request.url !== '/.well-known/oauth-authorization-server') return go()
      const headers = { 'access-control-allow-origin': String(request.headers.origin) }
      response.writeHead(200, headers).end(JSON.stringify({ issuer: site.issuer }))
    }
    const outcome = await page.evaluate<Outcome>(`outcomeOf(waysIn.signInWithRedirect(client, ${options()}))`)
    assert.match(outcome.error ?? '', /offers no sign-in by redirect/)
  })
})

test('by passkey: the browser’s answer makes the session', async () => {
  await inContext(async (page, context) => {
    await addAuthenticator(await context.newCDPSession(page))
    assert.deepEqual(await page.evaluate(`signIn('ann', '${PASSWORD}')`), { status: 200 })
    const added = await page.evaluate<number>(`(async () => {
      const post = (path, body) => client.fetch(client.issuer + path, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
      })
      const { challenge_token, options } = await (await client.fetch(client.issuer + '/users/me/passkeys/options', { method: 'POST' })).json()
      const credential = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      return (await post('/users/me/passkeys', { challenge_token, name: 'here', credential })).status
    })()`)
    assert.equal(added, 201)
    await page.evaluate('client.signOut()')
    assert.deepEqual(await page.evaluate('outcomeOf(waysIn.signInWithPasskey(client))'), { status: 200 })
    assert.equal(await status(page), 'signed-in')

    // After the password: the account has a second factor now.
    await page.evaluate('client.signOut()')
    const needed = await page.evaluate<Outcome>(`client
      .signInWithPassword({ username: 'ann', password: '${PASSWORD}' })
      .catch((error) => outcomeOf(waysIn.signInWithPasskey(client, { challenge: error.challenge })))`)
    assert.deepEqual(needed, { status: 200 })
    assert.equal(await status(page), 'signed-in')
  })
})
