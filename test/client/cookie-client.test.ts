import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type CookieClient, createCookieClient, type SignedOut } from '../../src/client/cookie.ts'
import type { Surroundings } from '../../src/client/surroundings.ts'
import { ISSUER, PASSWORD, startIssuer, type TestIssuer } from '../flows/issuer.ts'
import { pretendBrowser } from './browser.ts'

let issuer: TestIssuer
before(async () => {
  issuer = await startIssuer({ rateLimits: 'off' })
  await issuer.auth.users.create({ email: 'ann@example.com', username: 'ann', password: PASSWORD })
})
after(() => issuer.close())

/** A browser with one cookie jar, in which pages of the issuer's origin are open. */
function openBrowser() {
  const browser = pretendBrowser()
  const jar = new Map<string, string>()
  const asked: Request[] = []
  const state = { broken: false, offline: false, held: undefined as Promise<void> | undefined }
  const fetch: Surroundings['fetch'] = async (input, init) => {
    const request = new Request(input, init)
    asked.push(request)
    if (state.offline) throw new TypeError('Failed to fetch')
    if (state.broken) return new Response('<h1>Bad Gateway', { status: 502 })
    const headers = new Headers(request.headers)
    headers.set('origin', ISSUER)
    headers.set('sec-fetch-site', 'same-origin')
    if (jar.size > 0 && request.credentials === 'include') headers.set('cookie', [...jar.values()].join('; '))
    const answer = await issuer.auth.fetch(new Request(request, { headers }), { address: '127.0.0.1' })
    for (const set of answer.headers.getSetCookie()) {
      const [pair = ''] = set.split(';')
      const [name = ''] = pair.split('=')
      if (set.includes('Max-Age=0')) jar.delete(name)
      else jar.set(name, pair)
    }
    if (request.method === 'GET') await state.held
    return answer
  }
  const openTab = (): { client: CookieClient; farewells: SignedOut[] } => {
    const farewells: SignedOut[] = []
    const tab = browser.tab(fetch, { address: `${ISSUER}/app` })
    return { client: createCookieClient({ onSignedOut: (said) => farewells.push(said) }, tab), farewells }
  }
  return { openTab, asked, state, comeBack: browser.comeBack }
}

const rename = (client: CookieClient) =>
  client.fetch('/users/me', {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: '{"username":"ann"}',
  })
const untilOut = async ({ client }: { client: CookieClient }) => {
  while (client.session.status !== 'signed-out') await new Promise(setImmediate)
}

test('F-4: signs in by cookie, proves each change to be of this page, and is signed in after a reload', async () => {
  const { openTab, asked } = openBrowser()
  const { client } = openTab()
  assert.deepEqual(await client.ready(), { status: 'signed-out' })
  assert.equal((await client.fetch('/users/me')).status, 401)
  assert.equal((await client.signInWithPassword({ username: 'ann', password: PASSWORD })).status, 'signed-in')
  assert.equal((await client.fetch('/users/me')).status, 200)
  const changed = await rename(client)
  assert.equal(changed.status, 200, await changed.text())
  const reloaded = openTab()
  assert.equal((await reloaded.client.ready()).status, 'signed-in')
  assert.equal((await rename(reloaded.client)).status, 200)
  asked.length = 0
  await client.fetch('https://elsewhere.example/x').catch(() => undefined)
  assert.equal(asked[0]?.headers.get('x-csrf-token'), null)
  assert.notEqual(asked[0]?.credentials, 'include')
})

test('a page whose CSRF token is of the session before gets the new one, and sends once more', async () => {
  const { openTab } = openBrowser()
  const one = openTab()
  await one.client.signInWithPassword({ username: 'ann', password: PASSWORD })
  const two = openTab()
  await two.client.ready()
  await one.client.signInWithPassword({ username: 'ann', password: PASSWORD })
  assert.equal((await rename(two.client)).status, 200)
  assert.deepEqual([one.farewells, two.farewells], [[], []])
})

test('sign-out is seen by all tabs; an end elsewhere is said once; a broken server signs nobody out', async () => {
  const { openTab, state } = openBrowser()
  const one = openTab()
  await one.client.signInWithPassword({ username: 'ann', password: PASSWORD })
  const two = openTab()
  await two.client.ready()
  state.broken = true
  assert.equal((await one.client.fetch('/users/me')).status, 502)
  await assert.rejects(one.client.signOut(), { code: 'UNDECIDED' })
  assert.equal(one.client.session.status, 'signed-in')
  state.broken = false
  await one.client.signOut()
  await untilOut(two)
  assert.deepEqual(
    [one, two].flatMap(({ farewells }) => farewells.map(({ why }) => why)),
    ['sign-out', 'sign-out'],
  )

  await one.client.signInWithPassword({ username: 'ann', password: PASSWORD })
  const user = await issuer.auth.users.findByLogin('ann')
  await issuer.auth.sessions.endAll(user?.id ?? '')
  assert.equal((await one.client.fetch('/users/me')).status, 401)
  assert.equal((await one.client.fetch('/users/me')).status, 401)
  assert.deepEqual(
    one.farewells.map(({ why }) => why),
    ['sign-out', 'ended'],
  )
})

test('an answer of before the sign-in signs nobody out, however late it comes', async () => {
  const { openTab, state } = openBrowser()
  const late = Promise.withResolvers<void>()
  state.held = late.promise
  const one = openTab()
  await one.client.signInWithPassword({ username: 'ann', password: PASSWORD })
  late.resolve()
  assert.equal((await one.client.fetch('/users/me')).status, 200)
  assert.deepEqual([one.client.session.status, one.farewells], ['signed-in', []])
})

test('pages are told when the session is another, for it may be somebody else’s; and what they missed when they come back', async () => {
  const { openTab, comeBack } = openBrowser()
  const one = openTab()
  await one.client.signInWithPassword({ username: 'ann', password: PASSWORD })
  const two = openTab()
  const first = await two.client.ready()
  const told = Promise.withResolvers<void>()
  const stop = two.client.subscribe(told.resolve)
  await one.client.signInWithPassword({ username: 'ann', password: PASSWORD })
  await told.promise
  stop()
  assert.notEqual(two.client.session, first)
  assert.equal(two.client.session.status, 'signed-in')

  const user = await issuer.auth.users.findByLogin('ann')
  await issuer.auth.sessions.endAll(user?.id ?? '')
  comeBack()
  await untilOut(two)
  assert.deepEqual([two.farewells.length, two.farewells[0]?.why], [1, 'ended'])
})

test('bad input: no network is said as a ClientError; on a server it stays loading', async () => {
  const { openTab, state } = openBrowser()
  const { client } = openTab()
  await client.ready()
  state.offline = true
  const signingIn = client.signInWithPassword({ username: 'ann', password: PASSWORD })
  await assert.rejects(signingIn, { name: 'ClientError', code: 'REFRESH_LOST_RESPONSE' })

  const drawnOnServer = createCookieClient()
  await assert.rejects(drawnOnServer.ready(), /say `issuer`/)
  assert.equal(drawnOnServer.session.status, 'loading')
})
