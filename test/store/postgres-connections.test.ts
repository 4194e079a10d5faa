import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { guardedClock } from '../../src/base/clock.ts'
import { AuthError } from '../../src/errors/auth-error.ts'
import { openPool } from '../../src/store/postgres/own-pool.ts'
import { poolConnection } from '../../src/store/postgres/pool.ts'
import { statement } from '../../src/store/postgres/statement.ts'
import { event, PATIENCE_MILLISECONDS, patient, run, signIn, startPlace } from './postgres-place.ts'

const place = await startPlace()
after(() => place.stop())

const clock = guardedClock()

test('the application’s pool is shared, however it is set, and outlives the store', async () => {
  const url = await place.newUrl()
  const options =
    '-c datestyle=German -c timezone=Asia/Kolkata -c extra_float_digits=0 -c intervalstyle=iso_8601 ' +
    '-c default_transaction_isolation=serializable -c search_path=elsewhere'
  const pool = new pg.Pool({ connectionString: url, options, max: 8 })
  const first = pg.types.getTypeParser(pg.types.builtins.INT8)
  pg.types.setTypeParser(pg.types.builtins.INT8, () => 'theirs')
  try {
    const store = await place.open({ pool })
    assert.equal(store.hints, undefined)
    const { call } = await signIn(store)
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => store.sessions.refresh(call)))
    assert.deepEqual(outcomes.map(({ verdict }) => verdict).toSorted(), [
      ...Array(15).fill('repeat'),
      'rotate',
    ])
    const [outcome] = outcomes
    assert.ok(outcome && 'facts' in outcome)
    assert.ok(Math.abs(outcome.facts.asOf - Date.now()) < 60_000)
    assert.equal(outcome.generation, 1)
    assert.ok(Number.isSafeInteger(outcome.user.ver))
    await store.close()
    assert.equal((await pool.query('SELECT 1 AS one')).rows[0]?.one, 1)
  } finally {
    pg.types.setTypeParser(pg.types.builtins.INT8, first)
    await pool.end()
  }
})

test('without prepared statements none is left behind', async () => {
  const url = await place.newUrl()
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  const store = patient({ pool, preparedStatements: false })
  await store.open({ clock, migrate: true })
  const { call } = await signIn(store)
  assert.equal((await store.sessions.refresh(call)).verdict, 'rotate')
  assert.deepEqual((await pool.query('SELECT name FROM pg_prepared_statements')).rows, [])
  await store.close()
  await pool.end()
})

test('G-14: a row that somebody holds refuses in time, and nothing happens later', async () => {
  const store = await place.open({ limitMilliseconds: 4000 })
  const { call } = await signIn(store)
  const client = new pg.Client({ connectionString: store.url })
  await client.connect()
  await client.query('BEGIN')
  await client.query('SELECT 1 FROM countersign.sessions WHERE id = $1 FOR UPDATE', [call.sessionId])
  await assert.rejects(store.sessions.refresh(call), { code: 'STORE_UNAVAILABLE' })
  // Our own time limit may come a little before the server's.
  await untilWaiting(store.url, 0)
  await client.query('COMMIT')
  const rows = await client.query('SELECT generation::integer AS generation FROM countersign.sessions')
  assert.deepEqual(rows.rows, [{ generation: 0 }])
  assert.equal((await store.sessions.refresh(call)).verdict, 'rotate')
  await client.end()
})

test('G-14: the queue has a limit, and what has waited too long never runs', async () => {
  const store = await place.open({ connections: 1, mostWaiting: 3, limitMilliseconds: 60_000 })
  const { call } = await signIn(store)
  const client = new pg.Client({ connectionString: store.url })
  await client.connect()
  await client.query('BEGIN')
  await client.query('SELECT 1 FROM countersign.sessions WHERE id = $1 FOR UPDATE', [call.sessionId])
  const held = store.sessions.refresh(call)
  await untilWaiting(store.url, 1)
  // Half its window is all a refresh may wait in our own queue.
  const queued = [1, 2, 3, 4, 5].map(() => store.sessions.refresh({ ...call, reuseWindowMilliseconds: 200 }))
  const reasons = await Promise.all(queued.map((one) => failureOf(() => one)))
  const said = reasons.map((reason) => String(reason instanceof AuthError && reason.refusal.details.reason))
  // The first waits for a connection, and those behind it for their turn; if that comes a moment sooner, they meet the queue
  // for the connection, where those that were given up still stand.
  const refusals = [
    'no connection was free in time',
    'its turn did not come in time',
    'too many statements wait for a connection',
  ]
  for (const reason of said.slice(0, 4)) assert.ok(refusals.includes(reason), reason)
  assert.equal(said[4], 'too many refreshes wait')
  await client.query('COMMIT')
  assert.equal((await held).verdict, 'rotate')
  // Whatever waited for the one connection has its turn before this, and then the queue has room again.
  await untilAnswered(() => store.ping())
  const rows = await client.query('SELECT generation::integer AS generation FROM countersign.sessions')
  assert.deepEqual(rows.rows, [{ generation: 1 }])
  await client.end()
})

test('G-14: whoever stops in the middle of a transaction holds its rows for as long as a statement may take, no longer', async () => {
  const store = await place.open()
  const { call } = await signIn(store)
  // Of the server; on our side there is no hurry, and a busy machine takes its time for the connection.
  const pool = await openPool(store.url, { connections: 1, limitMilliseconds: 2000, prepared: true })
  const patient = {
    limitMilliseconds: PATIENCE_MILLISECONDS,
    longLimitMilliseconds: PATIENCE_MILLISECONDS,
    mostWaiting: 1,
    prepared: true,
  }
  const lock = statement('test.lock', 'SELECT id FROM countersign.sessions WHERE id = @id::uuid FOR UPDATE')
  let hold = (): void => {}
  const held = new Promise<void>((resolve) => {
    hold = resolve
  })
  let goOn = (): void => {}
  const stopped = poolConnection(pool, patient).transaction(async (connection) => {
    await connection.rows(lock, { id: call.sessionId })
    hold()
    await new Promise<void>((resolve) => {
      goOn = resolve
    })
  })
  await Promise.race([held, stopped])
  // It waits for the row, and gets it although the one who holds it does nothing any more.
  assert.equal((await store.sessions.refresh(call)).verdict, 'rotate')
  goOn()
  await assert.rejects(stopped, { code: 'STORE_UNAVAILABLE' })
  await pool.end()
})

test('a refresh is one round trip: one statement, no BEGIN, no COMMIT, by a name that is prepared once', async () => {
  for (const preparedStatements of [true, false]) {
    const sent: { readonly name?: string; readonly text: string }[] = []
    const pool = new pg.Pool({ connectionString: await place.newUrl(), max: 1 })
    pool.on('connect', (client) => {
      const { query } = client
      client.query = ((config: { name?: string; text: string }, ...rest: never[]) => {
        sent.push(config)
        return Reflect.apply(query, client, [config, ...rest])
      }) as typeof client.query
    })
    const store = patient({ pool, preparedStatements })
    await store.open({ clock, migrate: true })
    const { call } = await signIn(store)
    sent.length = 0
    assert.equal((await store.sessions.refresh(call)).verdict, 'rotate')
    assert.equal((await store.sessions.refresh(call)).verdict, 'repeat')
    assert.equal((await store.sessions.refresh({ ...call, generation: 9 })).verdict, 'hold')
    assert.equal((await store.sessions.refresh({ ...call, reuseWindowMilliseconds: 0 })).verdict, 'reuse')
    const name = preparedStatements ? 'countersign.sessions.refresh' : undefined
    assert.deepEqual(
      sent.map((one) => one.name),
      Array(4).fill(name),
    )
    await store.close()
    await pool.end()
  }
})

test('G-14: a server that stands still is refused in time, and used again when it goes on', async () => {
  const store = await place.open({ limitMilliseconds: 4000, connections: 2 })
  const { call } = await signIn(store, {}, { reuseWindowMilliseconds: 600_000 })
  place.server.pause()
  try {
    const verbs = [
      () => store.ping(),
      () => store.sessions.refresh(call),
      () => store.revocations.pull(),
      () => store.users.count(),
      () =>
        store.revocations.add(
          { kind: 'token', ref: 't', least: undefined },
          { sessionId: call.sessionId },
          event('token.revoked'),
        ),
    ]
    const failures = await Promise.all(verbs.map((verb) => failureOf(verb)))
    for (const failure of failures)
      assert.ok(failure instanceof AuthError && failure.code === 'STORE_UNAVAILABLE')
  } finally {
    place.server.resume()
  }
  await untilAnswered(() => store.ping())
  const outcome = await untilAnswered(() => store.sessions.refresh(call))
  assert.ok(['rotate', 'repeat'].includes(outcome.verdict))
})

test('G-14: a server that dies under a statement fails that statement and nothing else', async () => {
  const store = await place.open({ connections: 1 })
  const { call } = await signIn(store)
  const client = new pg.Client({ connectionString: store.url })
  client.on('error', () => {})
  await client.connect()
  await client.query('BEGIN')
  await client.query('SELECT 1 FROM countersign.sessions WHERE id = $1 FOR UPDATE', [call.sessionId])
  const broken = failureOf(() => store.sessions.refresh(call))
  await untilWaiting(store.url, 1)
  await place.server.kill()
  const failure = await broken
  assert.ok(failure instanceof AuthError && failure.code === 'STORE_UNAVAILABLE')
  await place.server.start()
  assert.equal((await store.sessions.refresh(call)).verdict, 'rotate')
})

test('G-14: after a restart of the server the next verbs are answered', async () => {
  const store = await place.open()
  const { call } = await signIn(store)
  await Promise.all(Array.from({ length: 8 }, () => store.ping()))
  await place.server.restart()
  await untilAnswered(() => store.ping())
  assert.equal((await store.sessions.refresh(call)).verdict, 'rotate')
})

/** Resolves when so many of our statements, no more and no fewer, wait for a lock. */
async function untilWaiting(url: string, count: number): Promise<void> {
  const late = performance.now() + PATIENCE_MILLISECONDS
  for (;;) {
    const [row] = await run(
      url,
      `SELECT count(*) AS waiting FROM pg_stat_activity
       WHERE application_name = 'countersign' AND wait_event_type = 'Lock' AND datname = current_database()`,
    )
    if (Number(row?.waiting) === count) return
    if (performance.now() > late) assert.fail(`${row?.waiting} statements wait for a lock, not ${count}`)
    await pause(10)
  }
}

/** What comes of it once the server is there again: connections from before are found dead first. */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  const late = performance.now() + PATIENCE_MILLISECONDS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (performance.now() > late) throw error
      await pause(50)
    }
  }
}

async function failureOf(work: () => Promise<unknown>): Promise<unknown> {
  return work().then(
    () => assert.fail('it did not fail'),
    (error: unknown) => error,
  )
}
