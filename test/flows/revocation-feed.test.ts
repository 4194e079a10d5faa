import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { nodeListener } from '../../src/adapters/node.ts'
import { guardedClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { backgroundTimer } from '../../src/base/schedule.ts'
import { parseVer } from '../../src/model/access-token.ts'
import type { RevocationFeed } from '../../src/revocation/feed.ts'
import { createHttpRevocationFeed } from '../../src/revocation/http-feed.ts'
import { createRevocationState } from '../../src/revocation/state.ts'
import { createHandClock, settle } from '../revocation/hand-clock.ts'
import { type Answer, claimsOf, ISSUER, startIssuer, type TestIssuer, type Tokens } from './issuer.ts'
import { basic, callAs, registerClient, signInFor, type TestClient } from './test-clients.ts'

const SCOPE = 'revocations:read'

/** A client that may read the feed. */
const newReader = (issuer: TestIssuer) => registerClient(issuer, { scopes: [SCOPE] })

/** The token as the guard of a service that only verifies hands it to its feed. */
function tokenOf({ access }: Tokens) {
  const claims = claimsOf(access)
  return { claims: claims as never, counters: parseVer(String(claims.ver)) }
}

type Wire = (request: Request) => Promise<Response>

interface Verifier {
  readonly feed: RevocationFeed
  /** What lies between the verifier and its node. */
  between: (request: Request, node: Wire) => Promise<Response>
  questions: number
}

function createVerifier(
  reader: TestClient,
  node: Wire,
  { clock, schedule } = { clock: guardedClock(), schedule: backgroundTimer },
): Verifier {
  const verifier: Verifier = {
    questions: 0,
    between: (request, wire) => wire(request),
    feed: createHttpRevocationFeed({
      url: `${ISSUER}/revocations`,
      fetch: (input, init) => {
        verifier.questions += 1
        return verifier.between(new Request(input, init), node)
      },
      authorization: () => basic(reader.id, reader.secret),
      random: systemRandom,
      state: createRevocationState({ clock, random: systemRandom }),
      clock,
      schedule,
    }),
  }
  return verifier
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** Two accounts signed in, and a verifier on the issuer's own endpoint. */
async function startScene(clocks?: Parameters<typeof createVerifier>[2]) {
  const issuer = await startIssuer()
  const [alice, bob] = [await issuer.signUp('alice'), await issuer.signUp('bob')]
  const verifier = createVerifier(await newReader(issuer), (request) => issuer.auth.fetch(request), clocks)
  await verifier.feed.start()
  return { issuer, alice, bob, verifier }
}

test('a service that only verifies learns of a sign-out by the question that waits, at once', async () => {
  const { issuer, alice, bob, verifier } = await startScene()
  const { feed } = verifier
  assert.equal(feed.refuses(tokenOf(alice)), undefined)
  await until(() => verifier.questions >= 2)
  const asked = verifier.questions
  await issuer.call('POST', '/logout', { token: alice.access })
  await until(() => feed.refuses(tokenOf(alice)) !== undefined)
  assert.equal(feed.refuses(tokenOf(alice)), 'SESSION_ENDED')
  assert.equal(feed.refuses(tokenOf(bob)), undefined)
  assert.ok(verifier.questions <= asked + 1, 'the answer to the question that was waiting')
  await feed.stop()
  await issuer.close()
})

test('B7: every way a token ends reaches the verifier: token, user, client', async () => {
  const { issuer, alice, bob, verifier } = await startScene()
  const client = await registerClient(issuer, { grants: ['refresh_token'] })
  const { id = '' } = (await issuer.auth.users.findByLogin('bob')) ?? {}
  const third = await signInFor(issuer, id, client)
  await issuer.call('POST', '/revoke', { form: { token: alice.access } })
  await issuer.auth.clients.remove(client.id)
  const causes = () => [alice, bob, third].map((tokens) => verifier.feed.refuses(tokenOf(tokens)))
  await until(() => causes()[2] !== undefined && causes()[0] !== undefined)
  assert.deepEqual(causes(), ['TOKEN_REVOKED', undefined, 'CLIENT_REMOVED'])
  await issuer.auth.users.disable(id)
  await until(() => causes()[1] !== undefined)
  assert.equal(causes()[1], 'TOKEN_VERSION_STALE')
  await verifier.feed.stop()
  await issuer.close()
})

test('PROTOCOL 2.2: a proxy that holds every answer of the served feed for 30 s makes nothing fresh', async () => {
  const hand = createHandClock()
  const { issuer, alice, bob, verifier } = await startScene(hand)
  verifier.between = async (request, node) => {
    const response = await node(request)
    await new Promise<void>((resolve) => void hand.schedule(resolve, 30_000))
    return response
  }
  await hand.pass(2000)
  await issuer.call('POST', '/logout', { token: alice.access })
  for (let seconds = 3; seconds <= 60; seconds += 1) {
    await hand.pass(1000)
    if (seconds <= 5) continue
    for (const tokens of [alice, bob]) {
      const cause = verifier.feed.refuses(tokenOf(tokens))
      assert.ok(cause === 'REVOCATION_STALE' || cause === 'SESSION_ENDED', `after ${seconds} s: ${cause}`)
    }
  }
  verifier.between = (request, node) => node(request)
  await hand.pass(35_000)
  const isFresh = () => verifier.feed.refuses(tokenOf(bob)) === undefined
  for (let tries = 0; !isFresh() && tries < 100; tries += 1) await hand.pass(100)
  assert.ok(isFresh(), 'and is fresh again once the proxy is gone')
  assert.equal(verifier.feed.refuses(tokenOf(alice)), 'SESSION_ENDED')
  await verifier.feed.stop()
  await settle()
  await issuer.close()
})

test('PROTOCOL 2.2: an answer out of a cache, of another question or cut off proves nothing', async () => {
  const hand = createHandClock()
  const { issuer, bob, verifier } = await startScene(hand)
  let kept: string | undefined
  const spoilt: readonly ((text: string) => string)[] = [
    (text) => {
      kept ??= text
      return kept
    },
    (text) => text.slice(0, -1),
    (text) => text.replace(/"nonce":"[^"]*"/, '"nonce":"other"'),
    () => '{}',
    () => '<html>',
  ]
  for (const spoil of spoilt) {
    verifier.between = async (request, node) => {
      const url = new URL(request.url)
      url.searchParams.set('wait', '0')
      const response = await node(new Request(url, request))
      return new Response(spoil(await response.text()), response)
    }
    for (let seconds = 0; seconds < 12; seconds += 1) await hand.pass(1000)
    assert.equal(verifier.feed.refuses(tokenOf(bob)), 'REVOCATION_STALE', spoil.toString())
  }
  await verifier.feed.stop()
  await issuer.close()
})

test('PROTOCOL 2.2: connections that are cut cost nothing but a question: the verifier stays fresh and learns all', async () => {
  const issuer = await startIssuer()
  const [alice, bob] = [await issuer.signUp('alice'), await issuer.signUp('bob')]
  const server = createServer(nodeListener(issuer.auth)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const verifier = createVerifier(await newReader(issuer), (request) => toServer(server, request))
  await verifier.feed.start()
  for (let cut = 0; cut < 5; cut += 1) {
    const asked = verifier.questions
    await until(() => verifier.questions > asked)
    server.closeAllConnections()
    assert.notEqual(verifier.feed.refuses(tokenOf(bob)), 'REVOCATION_STALE')
  }
  server.closeAllConnections()
  await issuer.call('POST', '/logout', { token: alice.access })
  await until(() => verifier.feed.refuses(tokenOf(alice)) === 'SESSION_ENDED')
  assert.equal(verifier.feed.refuses(tokenOf(bob)), undefined)
  await verifier.feed.stop()
  server.close()
  server.closeAllConnections()
  await issuer.close()
})

function toServer(server: Server, request: Request): Promise<Response> {
  const { port } = server.address() as AddressInfo
  const { pathname, search } = new URL(request.url)
  return fetch(`http://127.0.0.1:${port}${pathname}${search}`, {
    headers: request.headers,
    signal: request.signal,
  })
}

test('PROTOCOL 2.2: the cursor is the database’s: a node that is behind answers as well as the one that is not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-feed-'))
  const databaseUrl = `sqlite:${join(folder, 'auth.db')}`
  const [first, second] = [await startIssuer({ databaseUrl }), await startIssuer({ databaseUrl })]
  const reader = await newReader(first)
  const alice = await first.signUp('alice')
  const ask = (at: TestIssuer, more: Record<string, string>) =>
    at.call('GET', `/revocations?${new URLSearchParams({ nonce: 'n', ...more })}`, {
      headers: { authorization: basic(reader.id, reader.secret) },
    })
  const refsOf = ({ body }: Answer) => (body.entries as { ref: string }[]).map(({ ref }) => ref)
  const { cursor: begin } = (await ask(second, {})).body
  await first.call('POST', '/logout', { token: alice.access })
  const sid = String(claimsOf(alice.access).sid)
  // The second has not asked the database since: what it has in memory takes no part.
  const news = await ask(second, { cursor: String(begin) })
  assert.deepEqual([news.body.complete, refsOf(news)], [false, [sid]])
  const after = await ask(first, { cursor: String(news.body.cursor) })
  assert.deepEqual([after.body.complete, refsOf(after)], [false, []])
  const foreign = await ask(first, { cursor: `x${news.body.cursor}` })
  assert.deepEqual([foreign.body.complete, refsOf(foreign)], [true, [sid]])
  await first.close()
  await second.close()
  rmSync(folder, { recursive: true })
})

test('B10: the feed is for clients that may read it, by Basic or by a token, and for nobody else', async () => {
  const issuer = await startIssuer()
  const reader = await newReader(issuer)
  const signer = await registerClient(issuer, { authMethod: 'private_key_jwt', scopes: [SCOPE] })
  const stranger = await registerClient(issuer, { scopes: ['profile:read'] })
  const open = await registerClient(issuer, { authMethod: 'none', scopes: [SCOPE] })
  const { access } = await issuer.signUp('alice')
  const tokenFor = async (client: TestClient) =>
    String((await callAs(issuer, client, '/token', { grant_type: 'client_credentials' })).body.access_token)
  const ask = (authorization: string | undefined, query = 'nonce=n') =>
    issuer.call('GET', `/revocations?${query}`, {
      headers: authorization === undefined ? {} : { authorization },
    })
  const good = [
    basic(reader.id, reader.secret),
    `Bearer ${await tokenFor(reader)}`,
    `Bearer ${await tokenFor(signer)}`,
  ]
  for (const authorization of good) {
    const answer = await ask(authorization)
    assert.deepEqual([answer.status, answer.body.nonce, answer.body.complete], [200, 'n', true])
    assert.equal(answer.headers.get('cache-control'), 'no-store')
  }
  for (const [authorization, status] of [
    [undefined, 401],
    [basic(reader.id, 'x'), 401],
    [basic(reader.id, ''), 401],
    [basic('', ''), 401],
    [basic(open.id, ''), 401],
    [basic(stranger.id, stranger.secret), 403],
    [`Bearer ${await tokenFor(stranger)}`, 403],
    [`Bearer ${access}`, 403],
    ['Bearer x', 401],
    ['Digest x', 401],
  ] as const) {
    const answer = await ask(authorization)
    assert.equal(answer.status, status, `${authorization} ${answer.text}`)
    assert.ok(!answer.text.includes('entries'))
  }
  const [authorization] = good
  const queries = [
    '',
    'nonce=',
    'nonce=a%20b',
    `nonce=${'n'.repeat(65)}`,
    'nonce=n&nonce=m',
    'nonce=n&wait=x',
  ]
  for (const query of [
    ...queries,
    'nonce=n&wait=-1',
    'nonce=n&census=maybe',
    `nonce=n&cursor=${'x'.repeat(501)}`,
    'nonce=n&more=1',
  ]) {
    assert.equal((await ask(authorization, query)).status, 400, query)
  }
  const forged = await ask(authorization, `nonce=n&cursor=${encodeURIComponent("' OR 1=1 --")}`)
  assert.deepEqual([forged.status, forged.body.complete], [200, true], 'a cursor that means nothing')

  await issuer.auth.clients.change(reader.id, { scopes: [] })
  for (const old of good.slice(0, 2)) assert.ok((await ask(old)).status >= 401, 'a right that was taken away')
  await issuer.close()
})

test('PROTOCOL 2.2: an event stream says that there is something to ask about, and nothing else; a drain ends it', async () => {
  const issuer = await startIssuer()
  const reader = await newReader(issuer)
  const { access } = await issuer.signUp('alice')
  const open = () =>
    issuer.auth.fetch(
      new Request(`${ISSUER}/revocations?nonce=n`, {
        headers: { accept: 'text/event-stream', authorization: basic(reader.id, reader.secret) },
      }),
    )
  const response = await open()
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  const stream = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  assert.equal((await stream?.read())?.value, ':\n\n')
  const hint = stream?.read()
  await issuer.call('POST', '/logout', { token: access })
  assert.equal((await hint)?.value, 'event: hint\ndata:\n\n')
  issuer.auth.drain()
  assert.equal((await stream?.read())?.done, true)
  assert.equal((await issuer.call('GET', '/readyz')).status, 503)
  await issuer.close()
})

test('PROTOCOL 2.2: while the database does not answer the feed is 503, and the verifier closes in time', async () => {
  const hand = createHandClock()
  const { issuer, bob, verifier } = await startScene(hand)
  await issuer.close()
  for (let seconds = 0; seconds < 4; seconds += 1) await hand.pass(1000)
  assert.equal(verifier.feed.refuses(tokenOf(bob)), undefined, 'within the bound')
  for (let seconds = 0; seconds < 4; seconds += 1) await hand.pass(1000)
  assert.equal(verifier.feed.refuses(tokenOf(bob)), 'REVOCATION_STALE')
  await verifier.feed.stop()
})
