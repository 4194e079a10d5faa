import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { nodeListener } from '../../src/adapters/node.ts'
import { type Auth, createAuth } from '../../src/index.ts'
import { launchChromium } from '../servers/chromium.ts'
import { addAuthenticator } from './virtual-authenticator.ts'

const PASSWORD = 'correct horse battery'

/** What a page does: ask the issuer, and hand options and answers between it and the browser. */
const SCRIPT = `
  const csrf = () => sessionStorage.getItem('csrf') ?? ''
  async function ask(method, path, body) {
    const headers = { 'content-type': 'application/json', 'x-csrf-token': csrf() }
    const response = await fetch(path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    const text = await response.text()
    const answer = text === '' ? {} : JSON.parse(text)
    if (answer.csrf_token) sessionStorage.setItem('csrf', answer.csrf_token)
    return { status: response.status, ...answer }
  }
  async function register(name) {
    const { challenge_token, options } = await ask('POST', '/users/me/passkeys/options')
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
    const credential = (await navigator.credentials.create({ publicKey })).toJSON()
    return ask('POST', '/users/me/passkeys', { challenge_token, name, credential })
  }
  async function answer(begun) {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.options)
    const made = await navigator.credentials.get({ publicKey }).catch((error) => error.name)
    if (typeof made === 'string') return { status: 0, refusedBy: made }
    const { challenge_token } = begun
    return ask('POST', '/session/challenge', { challenge_token, credential: made.toJSON() })
  }
`

let browser: Browser
let server: Server
let auth: Auth
let issuer: string

before(async () => {
  server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = server.address()
  // Passkeys belong to a host name; an address can have none.
  issuer = `http://localhost:${typeof at === 'object' && at !== null ? at.port : 0}`
  auth = createAuth({
    logLevel: 'silent',
    issuer,
    databaseUrl: 'sqlite::memory:',
    secretKey: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
    maxStalenessSeconds: 300,
  }) as unknown as Auth
  await auth.ready()
  await auth.users.create({ email: 'alice@example.com', username: 'alice', password: PASSWORD })
  const listener = nodeListener(auth)
  server.on('request', (request, response) => {
    if (request.url !== '/try') return listener(request, response)
    response.setHeader('content-type', 'text/html')
    response.end(`<!doctype html><title>try</title><script>${SCRIPT}</script>`)
  })
  browser = await launchChromium()
})
after(async () => {
  await browser?.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await auth.close()
})

interface Told {
  readonly status: number
  readonly [name: string]: unknown
}

const run = (page: Page, expression: string): Promise<Told> => page.evaluate(`(async () => ${expression})()`)

test('a browser adds a passkey, signs in by it alone, and after the password', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  try {
    const cdp = await context.newCDPSession(page)
    const authenticatorId = await addAuthenticator(cdp)
    await page.goto(`${issuer}/try`)
    const credentials = JSON.stringify({ username: 'alice', password: PASSWORD })
    assert.equal((await run(page, `ask('POST', '/session', ${credentials})`)).status, 200)
    const added = await run(page, `register('this browser')`)
    assert.equal(added.status, 201, JSON.stringify(added))
    assert.equal((added.recovery_codes as string[]).length, 10)
    assert.equal((await run(page, `ask('DELETE', '/session')`)).status, 204)

    const alone = await run(page, `answer(await ask('POST', '/sign-in/passkey/options', { for: 'session' }))`)
    assert.equal(alone.status, 200, JSON.stringify(alone))
    assert.equal((await run(page, `ask('GET', '/users/me')`)).username, 'alice')
    assert.equal((await run(page, `ask('DELETE', '/session')`)).status, 204)

    const refused = await run(page, `ask('POST', '/session', ${credentials})`)
    assert.deepEqual([refused.status, refused.code], [403, 'mfa_required'])
    const challenge = JSON.stringify({ challenge_token: refused.challenge_token })
    const second = await run(page, `answer(await ask('POST', '/sign-in/passkey/options', ${challenge}))`)
    assert.equal(second.status, 200, JSON.stringify(second))
    const { passkeys } = await run(page, `ask('GET', '/users/me/factors')`)
    const [passkey] = passkeys as { name: string; last_used_at: string | null }[]
    assert.equal(passkey?.name, 'this browser')
    assert.notEqual(passkey?.last_used_at, null)

    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
    const stranger = await run(page, `answer(await ask('POST', '/sign-in/passkey/options', {}))`)
    assert.deepEqual([stranger.status, stranger.refusedBy], [0, 'NotAllowedError'])
  } finally {
    await context.close()
  }
})
