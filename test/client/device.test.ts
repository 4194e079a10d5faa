import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { type DevicePrompt, type DeviceSignIn, signInWithDevice } from '../../src/client/sign-in.ts'
import { here, type Surroundings } from '../../src/client/surroundings.ts'
import { type Client, ClientError, createClient } from '../../src/client.ts'
import { handClock, ISSUER, PASSWORD, startIssuer, type TestIssuer } from '../flows/issuer.ts'
import { newVisitor, type Visitor } from '../flows/page-visitor.ts'
import { registerClient } from '../flows/test-clients.ts'
import { pretendBrowser } from './browser.ts'

type Fetch = Surroundings['fetch']

const clock = handClock()
let issuer: TestIssuer
let clientId: string
let ann: Visitor
before(async () => {
  issuer = await startIssuer({ clock, rateLimits: 'off', staleness: 'relaxed' })
  await issuer.auth.users.create({ email: 'ann@example.com', username: 'ann', password: PASSWORD })
  const { id } = await registerClient(issuer, {
    name: 'A command line',
    authMethod: 'none',
    grants: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
    scopes: ['profile:read'],
  })
  clientId = id
})
after(() => issuer.close())

/** How long the device waited before each question, in seconds. */
let pauses: number[]
/** Done while it waits for the second, the third, … question. */
let meanwhile: (() => unknown)[]
/** Set by a test: stands between the device and the issuer. */
let between: (request: Request, go: () => Promise<Response>) => Promise<Response>
let prompt: DevicePrompt | undefined
beforeEach(async () => {
  pauses = []
  meanwhile = []
  prompt = undefined
  between = (_request, go) => go()
  ann = newVisitor(issuer)
  await ann.submit('/login', '/login', { username: 'ann', password: PASSWORD })
})

const network: Fetch = (input, init) => {
  const request = new Request(input, init)
  return between(request, () => issuer.auth.fetch(request, { address: '192.0.2.1' }))
}

function newDevice(more: { readonly clientId?: string } = {}): Client {
  const machine = pretendBrowser({
    start: clock.now(),
    async wait(milliseconds) {
      pauses.push(milliseconds / 1000)
      clock.advance(milliseconds)
      await meanwhile.shift()?.()
    },
  })
  const options = { issuer: ISSUER, clientId, storage: machine.store, ...more }
  return createClient(options, machine.tab(network, {}))
}

const signIn = (device: Client, more: Partial<DeviceSignIn> = {}) =>
  signInWithDevice(device, { show: (shown) => (prompt = shown), ...more })

const answer = (word: 'allow' | 'deny') => async () => {
  const { pathname, search } = new URL(prompt?.completeAddress ?? '')
  await ann.submit(pathname + search, '/device/answer', { answer: word })
}

async function clientError(promise: Promise<unknown>): Promise<ClientError> {
  const error = await promise.then(
    () => assert.fail('it was no error'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ClientError, String(error))
  return error
}

test('shows the code, asks at the interval, and holds the tokens once somebody let it in', async () => {
  const device = newDevice()
  meanwhile = [() => undefined, () => undefined, answer('allow')]
  const session = await signIn(device, { scope: 'profile:read' })
  assert.equal(session.status, 'signed-in')
  assert.deepEqual(pauses, [5, 5, 5])
  assert.match(prompt?.userCode ?? '', /^[A-Z]{4}-[A-Z]{4}$/)
  assert.deepEqual(
    [prompt?.address, prompt?.completeAddress, prompt?.expiresInSeconds],
    [`${ISSUER}/device`, `${ISSUER}/device?user_code=${prompt?.userCode}`, 600],
  )
  clock.advance(20 * 60_000)
  assert.ok(await device.accessToken(), 'and refreshes like any other')
  await device.signOut()
})

test('a no and the end of the time are errors that say so; nothing is held', async () => {
  const device = newDevice()
  meanwhile = [answer('deny')]
  const denied = await clientError(signIn(device))
  assert.deepEqual([denied.clientCode, denied.code], ['access_denied', 'DEVICE_CODE_DENIED'])
  assert.ok(denied.reference)
  const late = await clientError(signIn(device))
  assert.deepEqual([late.clientCode, late.code], ['expired_token', 'DEVICE_CODE_EXPIRED'])
  assert.deepEqual(await device.ready(), { status: 'signed-out' })
})

test('slow_down makes it slower for good, and so does silence; it gives up nothing', async () => {
  const device = newDevice()
  const told = ['slow_down', 'lost', 'html', '503', 'authorization_pending']
  between = async (request, go) => {
    if (new URL(request.url).pathname !== '/token') return go()
    const next = told.shift()
    const json = { 'content-type': 'application/json' }
    switch (next) {
      case undefined:
        return go()
      case 'lost':
        throw new TypeError('fetch failed')
      case 'html':
        return new Response('<html>Please pay for the wireless network</html>')
      case '503':
        return new Response('{"error":"temporarily_unavailable"}', {
          status: 503,
          headers: { ...json, 'retry-after': '45' },
        })
      default:
        return new Response(JSON.stringify({ error: next }), { status: 400, headers: json })
    }
  }
  meanwhile = [
    () => undefined,
    () => undefined,
    () => undefined,
    () => undefined,
    () => undefined,
    answer('allow'),
  ]
  assert.equal((await signIn(device)).status, 'signed-in')
  assert.deepEqual(pauses, [5, 10, 20, 40, 45, 45])
})

test('an issuer that answers nothing any more is not asked for ever', async () => {
  const device = newDevice()
  between = async (request, go) => {
    if (new URL(request.url).pathname !== '/token') return go()
    throw new TypeError('fetch failed')
  }
  assert.equal((await clientError(signIn(device))).code, 'REFRESH_LOST_RESPONSE')
  assert.ok(pauses.length < 20, String(pauses))
})

test('what cannot begin is said at once, and nothing is shown', async () => {
  assert.equal(
    (await clientError(signIn(newDevice({ clientId: 'first-party' })))).clientCode,
    'unauthorized_client',
  )
  assert.equal((await clientError(signIn(newDevice({ clientId: 'nobody' })))).clientCode, 'invalid_client')
  between = async () => new Response('<html>', { status: 200 })
  assert.equal((await clientError(signIn(newDevice()))).status, 200)
  between = async () =>
    new Response(null, { status: 302, headers: { location: 'https://elsewhere.example/' } })
  assert.equal((await clientError(signIn(newDevice()))).code, 'HDR_DROPPED_ON_REDIRECT')
  between = () => Promise.reject(new TypeError('fetch failed'))
  assert.equal((await clientError(signIn(newDevice()))).code, 'REFRESH_LOST_RESPONSE')
  assert.equal(prompt, undefined)
})

test('a signal that comes while a question is under way ends it too: nobody is signed in later', async () => {
  const device = newDevice()
  const controller = new AbortController()
  between = async (request, go) => {
    if (new URL(request.url).pathname === '/token') {
      controller.abort(new Error('enough'))
      meanwhile = [answer('allow')]
    }
    return go()
  }
  await assert.rejects(signIn(device, { signal: controller.signal }), /enough/)
  assert.equal((await device.ready()).status, 'signed-out')
})

test('who gives up while it waits is told at once, and leaves no timer that keeps a program from ending', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = timers()
  const controller = new AbortController()
  const waited = here.wait(60_000, controller.signal)
  assert.equal(timers(), before + 1)
  controller.abort()
  assert.equal(timers(), before)
  await waited
})

test('a signal ends it, also while it waits', async () => {
  const device = newDevice()
  const controller = new AbortController()
  meanwhile = [() => undefined, () => controller.abort(new Error('enough'))]
  await assert.rejects(signIn(device, { signal: controller.signal }), /enough/)
  await assert.rejects(signIn(device, { signal: AbortSignal.abort(new Error('never')) }), /never/)
  assert.equal((await device.ready()).status, 'signed-out')
})
