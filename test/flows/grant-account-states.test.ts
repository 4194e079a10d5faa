import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthOptions } from '../../src/index.ts'
import { codeClient, codeFor, exchange, openBrowser, requestOf, type TestBrowser } from './browser.ts'
import { startIssuer, type TestIssuer, tokensOf } from './issuer.ts'
import { callAs, type TestClient } from './test-clients.ts'

/** Somebody whose account is about to change, with everything that they and a client hold. */
interface Scene {
  readonly issuer: TestIssuer
  readonly userId: string
  readonly client: TestClient
  readonly browser: TestBrowser
  readonly code: string
  readonly refresh: string
  readonly ownRefresh: string
}

async function scene(options: AuthOptions = {}): Promise<Scene> {
  const issuer = await startIssuer(options)
  const { refresh: ownRefresh } = await issuer.signUp('alice')
  const userId = (await issuer.auth.users.findByLogin('alice'))?.id ?? ''
  const client = await codeClient(issuer)
  const browser = openBrowser(issuer)
  await browser.signIn('alice')
  const first = await exchange(issuer, client, await codeFor(browser, client, { scope: 'profile:read' }))
  const refresh = tokensOf(first).refresh
  const code = await codeFor(browser, client, { scope: 'profile:read' })
  return { issuer, userId, client, browser, code, refresh, ownRefresh }
}

/** Every way to tokens or to a code; each answers whether it led there. */
const WAYS: Readonly<Record<string, (scene: Scene) => Promise<boolean>>> = {
  password: async ({ issuer }) => (await issuer.signIn('alice')).status === 200,
  'password, by session': async ({ issuer }) =>
    openBrowser(issuer)
      .signIn('alice')
      .then(
        () => true,
        () => false,
      ),
  authorize: async ({ browser, client }) =>
    (await browser.open(requestOf(client))).headers.get('location')?.includes('code=') ?? false,
  authorization_code: async ({ issuer, client, code }) =>
    (await exchange(issuer, client, code)).status === 200,
  refresh_token: async ({ issuer, client, refresh }) =>
    (await callAs(issuer, client, '/token', { grant_type: 'refresh_token', refresh_token: refresh }))
      .status === 200,
  'refresh_token, first party': async ({ issuer, ownRefresh }) =>
    (await issuer.refresh(ownRefresh)).status === 200,
}

/** What becomes of the account, and which of the ways are still open then. */
const STATES: readonly {
  readonly state: string
  readonly change: (scene: Scene) => Promise<unknown>
  readonly open: readonly string[]
}[] = [
  { state: 'active', change: async () => undefined, open: Object.keys(WAYS) },
  { state: 'disabled', change: ({ issuer, userId }) => issuer.auth.users.disable(userId), open: [] },
  { state: 'deleted', change: ({ issuer, userId }) => issuer.auth.users.remove(userId), open: [] },
  {
    state: 'signed out everywhere',
    change: ({ issuer, userId }) => issuer.auth.sessions.endAll(userId),
    open: ['password', 'password, by session'],
  },
  {
    state: 'with another password',
    change: ({ issuer, userId }) => issuer.auth.users.setPassword(userId, 'quite another sentence'),
    open: [],
  },
  {
    state: 'locked by too many tries',
    async change({ issuer }) {
      const form = { grant_type: 'password', username: 'alice', password: 'wrong' }
      for (let count = 0; count < 40; count += 1) {
        await issuer.call('POST', '/token', { form, address: '203.0.113.9' })
      }
    },
    // The throttle is about passwords: what was proven before it goes on.
    open: ['authorize', 'authorization_code', 'refresh_token', 'refresh_token, first party'],
  },
  {
    state: 'whose client is disabled',
    change: ({ issuer, client }) => issuer.auth.clients.change(client.id, { state: 'disabled' }),
    open: ['password', 'password, by session', 'refresh_token, first party'],
  },
]

for (const { state, change, open } of STATES) {
  test(`grant × account: ${state}`, async () => {
    // In development everybody is this machine, which is never locked out.
    const one = await scene({
      issuer: 'https://auth.example.com',
      docs: 'open',
      audience: 'http://127.0.0.1:8000',
    })
    await change(one)
    for (const [name, way] of Object.entries(WAYS)) {
      if (state.startsWith('locked') && name.startsWith('password')) {
        const form = { grant_type: 'password', username: 'alice', password: 'correct horse battery' }
        const { status } = await one.issuer.call('POST', '/token', { form, address: '203.0.113.9' })
        assert.equal(status, 429, name)
        continue
      }
      assert.equal(await way(one), open.includes(name), `${name}: ${state}`)
    }
    await one.issuer.close()
  })
}

test('grant × account: an address that is not proven, where it has to be', async () => {
  const own = await startIssuer({ verifiedEmailRequired: true })
  const alice = await own.auth.users.create({
    email: 'a@example.com',
    username: 'alice',
    password: 'correct horse battery',
  })
  assert.notEqual((await own.signIn('alice')).status, 200)
  await assert.rejects(openBrowser(own).signIn('alice'))
  await assert.rejects(own.auth.sessions.start({ userId: alice.id, amr: ['pwd'] }), {
    code: 'EMAIL_UNVERIFIED',
  })
  await own.close()
})
