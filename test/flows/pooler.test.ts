import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { type PrivateBouncer, startBouncer } from '../servers/pgbouncer.ts'
import { type PrivatePostgres, startPostgres } from '../servers/postgres.ts'
import { patient, run } from '../store/postgres-place.ts'
import { startIssuer, type TestIssuer, type Tokens } from './issuer.ts'

const RACERS = 16

let postgres: PrivatePostgres
let pooler: PrivateBouncer
let one: TestIssuer
let two: TestIssuer
/** Has the way past the pooler from its settings. */
let three: TestIssuer
let alice: Tokens

before(async () => {
  postgres = await startPostgres()
  // Fewer connections than will be asked for at once, so that some have to wait in its queue.
  pooler = await startBouncer(postgres, { connections: 3 })
  const url = pooler.urlOf('postgres')
  const store = () => patient({ url, listenUrl: postgres.url, preparedStatements: false })
  // The schema is made through the pooler too, from nothing.
  one = await startIssuer({ store: store() })
  two = await startIssuer({ store: store() })
  three = await startIssuer({
    databaseUrl: url,
    databaseListenUrl: postgres.url,
    databasePreparedStatements: false,
  })
  alice = await one.signUp('alice')
})
after(async () => {
  await one?.close()
  await two?.close()
  await three?.close()
  await pooler?.stop()
  await postgres?.stop()
})

test('nodes behind PgBouncer in transaction mode are one issuer, by their options and by their settings', async () => {
  for (const node of [two, three]) {
    assert.equal((await node.me(alice.access)).status, 200)
    assert.equal((await node.signIn('alice')).status, 200)
  }
  assert.equal((await two.signIn('alice', { password: 'wrong' })).status, 400)
})

test('B2: behind PgBouncer one token refreshed everywhere at once has one successor, and nobody is signed out', async () => {
  const answers = await Promise.all(
    Array.from({ length: RACERS }, (_, number) => (number % 2 === 0 ? one : two).refresh(alice.refresh)),
  )
  assert.deepEqual(
    answers.map(({ status }) => status),
    Array(RACERS).fill(200),
  )
  const [successor, ...others] = new Set(answers.map(({ body }) => String(body.refresh_token)))
  assert.deepEqual(others, [])
  const next = await two.refresh(successor ?? '')
  assert.equal(next.status, 200)
  alice = { access: String(next.body.access_token), refresh: String(next.body.refresh_token) }
})

test('B8: behind PgBouncer a sign-out is told past it, and refused at the other node', async (t) => {
  const [hints] = await run(
    postgres.url,
    `SELECT count(*)::integer AS connections FROM pg_stat_activity WHERE application_name = 'countersign hints'`,
  )
  assert.equal(hints?.connections, 3, 'each node listens on a connection of its own')
  assert.equal((await two.me(alice.access)).status, 200)
  assert.equal((await one.call('POST', '/logout', { token: alice.access })).status, 204)
  const began = performance.now()
  assert.equal((await one.me(alice.access)).status, 401)
  const news = AbortSignal.timeout(60_000)
  while ((await two.me(alice.access)).status === 200) {
    if (news.aborted) assert.fail('the other node still accepts the token')
    await once(AbortSignal.timeout(2), 'abort')
  }
  t.diagnostic(`refused at the other node after ${Math.round(performance.now() - began)} ms`)
  assert.equal((await two.me(alice.access)).status, 401)
  assert.equal((await two.refresh(alice.refresh)).status, 400)
})

test('behind PgBouncer a migration while nodes serve finds nothing left to do, and they go on', async () => {
  const report = await one.auth.migrate()
  assert.deepEqual(report.steps, [])
  assert.equal((await two.signIn('alice')).status, 200)
})
