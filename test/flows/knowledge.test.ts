import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { type Auth, createAuth } from '../../src/index.ts'
import type { HintVerbs } from '../../src/store/hints.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { handClock, ISSUER, PASSWORD, SECRET_KEY, startIssuer, type TestIssuer, tokensOf } from './issuer.ts'

async function metricOf(issuer: TestIssuer, name: string): Promise<number> {
  const { text } = await issuer.call('GET', '/metrics')
  return Number(new RegExp(`^countersign_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
}

test('PROTOCOL 2.3: what ends a session sends a hint, a refresh never; whether hints arrive is a metric', async () => {
  let working = true
  // Keys that are made in the background are news too, and not what this is about.
  const asked = new AsyncLocalStorage<{ hints: number }>()
  const hints = {
    get working() {
      return working
    },
    send() {
      const request = asked.getStore()
      if (request !== undefined) request.hints += 1
    },
    subscribe: async () => async () => undefined,
  } satisfies HintVerbs
  const sentBy = async (work: () => Promise<unknown>): Promise<number> => {
    const request = { hints: 0 }
    await asked.run(request, work)
    return request.hints
  }
  const issuer = await startIssuer({ store: { ...createSqliteStore(':memory:'), hints } })
  const { access, refresh } = await issuer.signUp('alice')
  let newest = refresh
  const turn = async () => {
    newest = tokensOf(await issuer.refresh(newest)).refresh
  }
  for (let turns = 0; turns < 5; turns += 1) assert.equal(await sentBy(turn), 0)
  assert.equal(
    await sentBy(async () => assert.equal((await issuer.refresh(refresh)).status, 200)),
    0,
    'a repeat',
  )
  const signOut = async () =>
    assert.equal((await issuer.call('POST', '/logout', { token: access })).status, 204)
  assert.equal(await sentBy(signOut), 1)

  assert.equal(await metricOf(issuer, 'revocation_push_off'), 0)
  working = false
  assert.equal(
    await metricOf(issuer, 'revocation_push_off'),
    1,
    'then only the bound of asking may be claimed',
  )
  await issuer.close()
})

test('PROTOCOL 2.8: without a database nothing is checked and nothing is ready, not even in relaxed mode', async () => {
  const elsewhere = await startIssuer()
  const { access } = await elsewhere.signUp('alice')
  const auth = createAuth({
    logLevel: 'silent',
    databaseUrl: 'postgres://nobody:none@127.0.0.1:1/none',
    secretKey: SECRET_KEY,
    issuer: ISSUER,
    staleness: 'relaxed',
  }) as unknown as Auth
  await assert.rejects(auth.ready(), { code: 'STORE_UNAVAILABLE' })
  const headers = { authorization: `Bearer ${access}` }
  for (const path of ['/readyz', '/users/me']) {
    const answer = await auth.fetch(new Request(ISSUER + path, { headers }), { address: '127.0.0.1' })
    assert.equal(answer.status, 503, path)
    assert.ok(answer.headers.get('retry-after'), path)
  }
  const own = await auth.check(new Request(`${ISSUER}/orders`, { headers }), auth.signedIn)
  assert.equal(own.ok ? 200 : own.response.status, 503)
  await auth.close()
  await elsewhere.close()
})

test('B8: how old the knowledge of revocations is, and how much there is of it, are metrics', async () => {
  const clock = handClock()
  const store = createSqliteStore(':memory:')
  let away = false
  const pull: typeof store.revocations.pull = async (...asked) => {
    if (away) throw new Error('the database does not answer')
    return store.revocations.pull(...asked)
  }
  const issuer = await startIssuer({
    clock,
    store: { ...store, revocations: { ...store.revocations, pull } },
  })
  const { access } = await issuer.signUp('alice')
  const before = await metricOf(issuer, 'revocations')
  // Without an answer it grows old, also where a regular question comes in between.
  away = true
  clock.advance(3000)
  assert.ok((await metricOf(issuer, 'revocation_age_seconds')) >= 3)
  away = false
  await issuer.call('POST', '/logout', { token: access })
  assert.equal(await metricOf(issuer, 'revocation_age_seconds'), 0)
  assert.equal(await metricOf(issuer, 'revocations'), before + 1)
  assert.equal(await metricOf(issuer, 'revocations_overfull'), 0)
  await issuer.close()
})

test('PROTOCOL 3.1: a ring that an answer confirms is as old as the question, and is read anew past its time', async () => {
  const clock = handClock()
  const store = createSqliteStore(':memory:')
  let tookMilliseconds: number | undefined = 0
  let reads = 0
  const issuer = await startIssuer({
    clock,
    maxStalenessSeconds: 5,
    store: {
      ...store,
      revocations: {
        ...store.revocations,
        async pull(...asked) {
          if (tookMilliseconds === undefined) throw new Error('the database does not answer')
          clock.advance(tookMilliseconds)
          return store.revocations.pull(...asked)
        },
      },
      keys: {
        ...store.keys,
        ring() {
          reads++
          return store.keys.ring()
        },
      },
    },
  })
  const alice = await issuer.auth.users.create({ email: 'alice@example.com', password: PASSWORD })
  clock.advance(10_000)
  tookMilliseconds = 4000
  await issuer.auth.sessions.endAll(alice.id)
  tookMilliseconds = undefined
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)

  reads = 0
  for (const [milliseconds, expected] of [
    [900, 0],
    [200, 1],
  ] as const) {
    clock.advance(milliseconds)
    assert.equal((await issuer.call('GET', '/.well-known/jwks.json')).status, 200)
    assert.equal(reads, expected)
  }
  await issuer.close()
})
