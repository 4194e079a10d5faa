import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import pg from 'pg'
import { guardedClock } from '../../src/base/clock.ts'
import { AuthError } from '../../src/errors/auth-error.ts'
import { decideRefresh } from '../../src/model/refresh-decision.ts'
import { postgres } from '../../src/postgres.ts'
import { event, newUser, phone, run, signIn, startPlace } from './postgres-place.ts'
import { seed, seededRandom } from './seeded.ts'

const place = await startPlace()
after(() => place.stop())

const clock = guardedClock()

test('a schema that is not there, and one of a newer program, is refused with a cause', async () => {
  const url = await place.newUrl()
  const store = postgres(url)
  await assert.rejects(store.open({ clock, migrate: false }), { code: 'STORE_SCHEMA_OLD' })
  const dry = await store.migrate({ dryRun: true })
  assert.equal(dry.from, 0)
  assert.ok(dry.steps.length > 0)
  await assert.rejects(store.open({ clock, migrate: false }), { code: 'STORE_SCHEMA_OLD' })
  const report = await store.migrate()
  assert.deepEqual(report, dry)
  await store.open({ clock, migrate: false })
  const again = await store.migrate()
  assert.equal(again.from, again.to)
  assert.deepEqual(again.steps, [])
  assert.equal(again.rows.clients, 1)
  await store.close()

  await run(url, `INSERT INTO countersign.migrations (version, title) VALUES (999, 'of tomorrow')`)
  await assert.rejects(store.open({ clock, migrate: false }), { code: 'STORE_SCHEMA_NEW' })
  await assert.rejects(store.open({ clock, migrate: true }), { code: 'STORE_SCHEMA_NEW' })
  await assert.rejects(store.migrate(), { code: 'STORE_SCHEMA_NEW' })
  await store.close()
})

test('of many who migrate at once one takes the steps', async () => {
  const url = await place.newUrl()
  const stores = Array.from({ length: 5 }, () => postgres(url))
  await Promise.all(stores.map((store) => store.open({ clock, migrate: true })))
  const rows = await run(url, 'SELECT count(*)::integer AS steps FROM countersign.migrations')
  assert.equal(rows[0]?.steps, (await stores[0]?.migrate())?.to)
  const [store] = stores
  assert.equal((await store?.events.list({ limit: 10, name: 'store.migrated' }))?.length, 1)
  for (const one of stores) await one.close()
})

test('a step that fails leaves no half of itself', async () => {
  const url = await place.newUrl()
  await run(url, 'CREATE SCHEMA countersign; CREATE TABLE countersign.nodes (stranger integer)')
  const store = postgres(url)
  await assert.rejects(store.open({ clock, migrate: true }), { code: 'STORE_UNAVAILABLE' })
  const rows = await run(url, `SELECT tablename FROM pg_tables WHERE schemaname = 'countersign'`)
  assert.deepEqual(rows, [{ tablename: 'nodes' }])
  await run(url, 'DROP TABLE countersign.nodes')
  await store.open({ clock, migrate: true })
  await store.close()
})

test('a store that is not open refuses, and one that is closed again', async () => {
  const store = postgres(await place.newUrl())
  await assert.rejects(store.ping(), { code: 'STORE_UNAVAILABLE' })
  await store.open({ clock, migrate: true })
  await store.ping()
  await assert.rejects(store.open({ clock, migrate: false }), { code: 'STORE_UNAVAILABLE' })
  const last = store.users.count()
  await store.close()
  assert.equal(await last, 0, 'what was under way finishes')
  await assert.rejects(store.users.count(), { code: 'STORE_UNAVAILABLE' })
  await store.open({ clock, migrate: false })
  await store.ping()
  await store.close()
  await store.close()
})

test('wrong options are named together, and no value is quoted', () => {
  const options = {
    url: 'http://me:s3cret@host',
    connections: 0,
    limitMilliseconds: 1.5,
    sise: 3,
    listenUrl: 's3cret',
  }
  assert.throws(
    () => postgres(options),
    (error) => {
      assert.ok(error instanceof TypeError)
      for (const name of ['url', 'connections', 'limitMilliseconds', 'sise', 'listenUrl']) {
        assert.match(error.message, new RegExp(`\`${name}\``))
      }
      assert.doesNotMatch(error.message, /s3cret/)
      return true
    },
  )
  assert.throws(() => postgres({}), /either/)
  assert.throws(() => postgres({ url: 'postgres://h/d', pool: new pg.Pool() }), /either/)
  assert.equal(
    postgres('postgres://me:s3cret@host:5433/db?password=s3cret&sslmode=require').description,
    'postgres://host:5433/db',
  )
})

test('G-6: no failure carries a row, a hash, an address or the password of the database', async () => {
  const store = await place.open()
  const { userId, call } = await signIn(store)
  const account = await store.users.findAccountById(userId)
  const failures = await Promise.all([
    failureOf(() => signIn(store, { id: call.sessionId, userId, userEpoch: account?.user.epoch ?? 0 })),
    failureOf(() => store.sessions.refresh({ ...call, generation: Number.NaN })),
    failureOf(() => postgres(place.server.url.replace(/@/, 'x@')).open({ clock, migrate: false })),
    failureOf(() => postgres('postgres://me:s3cret@127.0.0.1:1/db').open({ clock, migrate: false })),
  ])
  for (const failure of failures) {
    assert.ok(failure instanceof AuthError)
    assert.equal(failure.code, 'STORE_UNAVAILABLE')
    const text = inspect(failure, { depth: null, showHidden: true })
    assert.doesNotMatch(text, /secret-hash|@example\.com|s3cret|192\.0\.2/)
    assert.ok(!text.includes(new URL(place.server.url).password))
    assert.ok(String(failure.refusal.details.reason).length > 0)
  }
})

test('what is no id and what has a NUL in it names nothing, and is no failure', async () => {
  const store = await place.open()
  const { userId, call } = await signIn(store)
  for (const id of ['', 'x', `${userId}0`, userId.toUpperCase(), '\0', "'; --"]) {
    assert.equal(await store.users.find(id), undefined)
    assert.equal(await store.users.findAccount(id), undefined)
    assert.equal(await store.users.remove(id, event('user.deleted')), false)
    assert.equal((await store.sessions.refresh({ ...call, userId: id })).verdict, 'unknown')
    assert.equal((await store.sessions.refresh({ ...call, sessionId: id })).verdict, 'unknown')
    assert.equal((await store.sessions.refresh({ ...call, secretHash: id })).verdict, 'unknown')
    assert.equal((await store.sessions.refresh({ ...call, clientId: id })).verdict, 'unknown')
    assert.deepEqual(await store.sessions.list(id), [])
    assert.deepEqual(await store.users.list({ after: id, limit: 9 }), [])
    assert.deepEqual(await store.events.list({ before: id, limit: 9 }), [])
    assert.deepEqual(await store.events.list({ userId: id, limit: 9 }), [])
    assert.equal(await store.clients.find(id), undefined)
  }
  const profile = { note: 'a\0b', lone: '\ud800', deep: [{ x: null }] }
  assert.deepEqual(
    (await store.users.changeProfile(userId, profile, event('user.profile_changed')))?.profile,
    profile,
  )
  const roles = ['a,b', '"', '\\', '{}', 'NULL', '', ' ü ']
  assert.deepEqual((await store.users.setRoles(userId, roles, event('user.roles_changed')))?.roles, roles)
})

test(`what a refresh writes is what decideRefresh says (seed ${seed})`, async () => {
  const store = await place.open()
  const random = seededRandom(seed)
  const pick = <T>(...values: readonly [T, ...T[]]): T =>
    values[Math.floor(random() * values.length)] ?? values[0]
  const { call } = await signIn(store)
  const client = new pg.Client({ connectionString: store.url })
  await client.connect()
  const read = async () => {
    const { rows } = await client.query(
      `SELECT json_build_object('generation', generation, 'keyId', key_id, 'attempt', attempt,
         'turnedAt', ${ms('turned_at')}, 'markGeneration', mark_generation, 'markAt', ${ms('mark_at')},
         'previousGeneration', previous_generation, 'previousAt', ${ms('previous_at')},
         'idleAt', ${ms('idle_at')}, 'endsAt', ${ms('ends_at')}, 'endedAt', ${ms('ended_at')},
         'endedWhy', ended_why, 'userEpoch', user_epoch, 'storeEpoch', store_epoch, 'address', address,
         'network', network, 'agent', agent, 'lastDay', last_day) AS row
       FROM countersign.sessions WHERE id = $1`,
      [call.sessionId],
    )
    return rows[0]?.row
  }
  const verdicts = new Set<string>()
  for (let round = 0; round < 300; round += 1) {
    const generation = 4 + Math.floor(random() * 4)
    // Well away from the borders, for here the clock is the database's own.
    const ago = () => `clock_timestamp() - interval '${pick(1, 15, 60)} seconds'`
    await client.query(
      `UPDATE countersign.sessions SET generation = $2, attempt = $3, mark_generation = $4, previous_generation = $5,
         turned_at = ${ago()}, mark_at = ${ago()}, previous_at = ${ago()}, key_id = 'k0', ended_at = NULL,
         ended_why = NULL, address = 'before', network = 'before', agent = 'before',
         idle_at = clock_timestamp() + interval '${pick(1, 1, 1, -1)} hour',
         ends_at = clock_timestamp() + interval '2 hours' WHERE id = $1`,
      [call.sessionId, generation, pick(null, 'a'), generation - pick(1, 2, 3), generation - pick(2, 3, 4)],
    )
    const before = await read()
    const presented = {
      ...call,
      generation: generation + pick(0, 0, -1, -1, -2, -3, 1, 4, 5),
      attempt: pick(undefined, 'a'),
      reuseWindowMilliseconds: pick(10_000, 0),
      clockUnsure: random() < 0.2,
      writingKeyId: pick('k0', 'k9'),
    }
    const outcome = await store.sessions.refresh(presented)
    const after = await read()
    const asOf = 'facts' in outcome ? outcome.facts.asOf : (after.endedAt ?? Date.now())
    const row = {
      ...before,
      attempt: before.attempt ?? undefined,
      ended: false,
      userActive: true,
      clientActive: true,
    }
    const world = { userEpochNow: before.userEpoch, storeEpochNow: before.storeEpoch }
    const decision = decideRefresh({ ...row, ...world }, presented, asOf)
    const context = `seed ${seed}, round ${round}, ${JSON.stringify({ before, presented })}`
    assert.equal(outcome.verdict, decision.verdict, context)
    verdicts.add(outcome.verdict)
    const moved = decision.verdict === 'rotate' || decision.verdict === 'ahead'
    const { change } = decision
    assert.deepEqual(
      after,
      {
        ...before,
        ...(change && { ...change, attempt: change.attempt ?? null }),
        ...(change && { endedAt: change.endedAt ?? null, endedWhy: change.endedWhy ?? null }),
        ...(moved && { address: phone.address, network: call.network, agent: phone.agent }),
        lastDay: change
          ? new Date(Math.min(change.idleAt, before.endsAt)).toISOString().slice(0, 10)
          : before.lastDay,
      },
      context,
    )
  }
  await client.end()
  assert.deepEqual([...verdicts].toSorted(), [
    ...['ahead', 'expired', 'hold', 'late_repeat', 'repeat', 'reuse', 'rotate'],
  ])
})

function ms(column: string): string {
  return `round(date_part('epoch', ${column}) * 1000)`
}

test('B8: onReuse `user` ends every session and token of the user, `session` only the one', async () => {
  const store = await place.open()
  for (const onReuse of ['session', 'user'] as const) {
    const { userId, sessionId, call } = await signIn(store, {}, { reuseWindowMilliseconds: 0, onReuse })
    const before = await store.users.find(userId)
    await store.sessions.refresh(call)
    const outcome = await store.sessions.refresh({ ...call, origin: { ...phone, agent: 'Thief/1' } })
    assert.ok(outcome.verdict === 'reuse')
    assert.equal(outcome.userId, userId)
    assert.equal(outcome.last.agent, phone.agent)
    assert.equal(outcome.last.address, phone.address)
    const user = await store.users.find(userId)
    const raised = onReuse === 'user'
    assert.equal((user?.epoch ?? 0) > (before?.epoch ?? 0), raised)
    const entries = (await store.revocations.pull()).entries.filter(
      ({ ref }) => ref === userId || ref === sessionId,
    )
    assert.deepEqual(
      entries.map(({ kind, least }) => [kind, least]).toSorted(),
      [['session', undefined], ...(raised ? [['user', user?.ver]] : [])].toSorted(),
    )
    const [reuse] = await store.events.list({ userId, name: 'session.reuse', limit: 1 })
    assert.equal(reuse?.origin.agent, 'Thief/1')
    assert.equal(reuse?.data?.last_agent, phone.agent)
    assert.equal(reuse?.data?.last_address, phone.address)
  }
})

test('one row a session however often it refreshes, and the table does not grow', async () => {
  const store = await place.open({ connections: 1 })
  const { call } = await signIn(store)
  const refresh = async (from: number, to: number) => {
    for (let generation = from; generation < to; generation += 1) {
      assert.equal((await store.sessions.refresh({ ...call, generation })).verdict, 'rotate')
    }
  }
  const size = async () => {
    const [row] = await run(
      store.url,
      `SELECT pg_total_relation_size('countersign.sessions')::integer AS bytes,
         (SELECT count(*) FROM countersign.sessions)::integer AS sessions,
         (SELECT count(*) FROM countersign.events)::integer AS events`,
    )
    return row
  }
  await refresh(0, 300)
  const before = await size()
  await refresh(300, 2000)
  assert.deepEqual(await size(), before)
  assert.equal(before?.sessions, 1)
})

test('the refresh is planned once for a connection, not for each call', async () => {
  const url = await place.newUrl()
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  const store = await place.open({ pool })
  await run(
    url,
    `INSERT INTO countersign.users (id, email, email_key, email_verified, roles, profile, created_at, updated_at)
       SELECT gen_random_uuid(), n, n, true, '{}', '{}', now(), now() FROM generate_series(1, 5000) n;
     INSERT INTO countersign.sessions (user_id, id, client_id, secret_hash, key_id, turned_at, mark_at, previous_at,
       user_epoch, store_epoch, scope, resources, amr, started_at, idle_at, ends_at, last_day)
       SELECT id, gen_random_uuid(), 'first-party', 's', 'k', now(), now(), now(), 0, 0, '{}', '{}', '{}', now(), now(),
         now(), now() FROM countersign.users;
     ANALYZE`,
  )
  const { call } = await signIn(store)
  for (let generation = 0; generation < 20; generation += 1)
    await store.sessions.refresh({ ...call, generation })
  const { rows } = await pool.query(
    `SELECT generic_plans::integer AS generic FROM pg_prepared_statements WHERE name = 'countersign.sessions.refresh'`,
  )
  assert.equal(rows[0]?.generic, 15)
  await store.close()
  await pool.end()
})

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
  const store = postgres({ pool, preparedStatements: false })
  await store.open({ clock, migrate: true })
  const { call } = await signIn(store)
  assert.equal((await store.sessions.refresh(call)).verdict, 'rotate')
  assert.deepEqual((await pool.query('SELECT name FROM pg_prepared_statements')).rows, [])
  await store.close()
  await pool.end()
})

test('withTransaction: the user and a row of the application are there together or not at all', async () => {
  const store = await place.open()
  await run(store.url, 'CREATE TABLE shops (owner uuid PRIMARY KEY)')
  const client = new pg.Client({ connectionString: store.url })
  await client.connect()
  for (const end of ['ROLLBACK', 'COMMIT']) {
    const user = newUser(`owner-${end}`)
    await client.query('BEGIN')
    const { users } = store.withTransaction(client)
    assert.equal((await users.create(user, event('user.created', { userId: user.id }))).outcome, 'created')
    assert.equal((await users.find(user.id))?.id, user.id)
    await client.query('INSERT INTO shops VALUES ($1)', [user.id])
    assert.equal(await store.users.find(user.id), undefined)
    await client.query(end)
    const kept = end === 'COMMIT'
    assert.equal((await store.users.find(user.id)) !== undefined, kept)
    assert.equal((await store.events.list({ userId: user.id, limit: 1 })).length, kept ? 1 : 0)
    assert.equal(
      (await client.query('SELECT * FROM shops WHERE owner = $1', [user.id])).rows.length,
      kept ? 1 : 0,
    )
  }
  await client.end()
})

test('withTransaction: a step that is refused leaves the transaction usable', async () => {
  const store = await place.open()
  const { userId, sessionId, call } = await signIn(store)
  const other = await signIn(store)
  await store.users.rename(other.userId, { username: 'held', usernameKey: 'held' }, event('user.renamed'))
  const client = new pg.Client({ connectionString: store.url })
  await client.connect()
  await assert.rejects(store.withTransaction(client).users.find(userId), { code: 'STORE_UNAVAILABLE' })
  await client.query('BEGIN')
  const bound = store.withTransaction(client)
  assert.ok(!('refresh' in bound.sessions))
  const held = { username: 'held', usernameKey: 'held' }
  const results = await Promise.allSettled([
    bound.users.rename(userId, held, event('user.renamed')),
    signIn({ ...store, ...bound, sessions: { ...store.sessions, ...bound.sessions } }, { id: sessionId }),
    bound.users.setRoles(userId, ['a'], event('user.roles_changed')),
    bound.revocations.add(
      { kind: 'token', ref: 't', least: undefined },
      { sessionId },
      event('token.revoked'),
    ),
  ])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
  )
  const twice = bound.sessions.start(
    {
      ...{ id: sessionId, userId, clientId: 'first-party', secretHash: 's', keyId: 'k' },
      ...{ userEpoch: (await bound.users.find(userId))?.epoch ?? 0, scope: [], resources: [], amr: [] },
      ...{
        address: undefined,
        network: undefined,
        agent: undefined,
        idleMilliseconds: 1,
        lifeMilliseconds: 1,
      },
    },
    event('session.started'),
  )
  await assert.rejects(twice, { code: 'STORE_UNAVAILABLE' })
  await client.query('COMMIT')
  assert.deepEqual((await store.users.find(userId))?.roles, ['a'])
  assert.deepEqual(
    (await store.revocations.pull()).entries.map(({ ref }) => ref),
    ['t'],
  )
  assert.equal((await store.sessions.refresh(call)).verdict, 'rotate')
  await client.end()
})

test('G-14: a row that somebody holds refuses in time, and nothing happens later', async () => {
  const store = await place.open({ limitMilliseconds: 400 })
  const { call } = await signIn(store)
  const client = new pg.Client({ connectionString: store.url })
  await client.connect()
  await client.query('BEGIN')
  await client.query('SELECT 1 FROM countersign.sessions WHERE id = $1 FOR UPDATE', [call.sessionId])
  await assert.rejects(store.sessions.refresh(call), { code: 'STORE_UNAVAILABLE' })
  await client.query('COMMIT')
  await pause(300)
  const rows = await client.query('SELECT generation::integer AS generation FROM countersign.sessions')
  assert.deepEqual(rows.rows, [{ generation: 0 }])
  assert.equal((await store.sessions.refresh(call)).verdict, 'rotate')
  await client.end()
})

test('G-14: the queue has a limit, and what has waited too long never runs', async () => {
  const store = await place.open({ connections: 1, mostWaiting: 3, limitMilliseconds: 5000 })
  const { call } = await signIn(store)
  const client = new pg.Client({ connectionString: store.url })
  await client.connect()
  await client.query('BEGIN')
  await client.query('SELECT 1 FROM countersign.sessions WHERE id = $1 FOR UPDATE', [call.sessionId])
  const held = store.sessions.refresh(call)
  await pause(50)
  // Half its window is all a refresh may wait in our own queue.
  const queued = [1, 2, 3].map(() => store.sessions.refresh({ ...call, reuseWindowMilliseconds: 200 }))
  const reasons = await Promise.all([...queued, store.ping()].map((one) => failureOf(() => one)))
  assert.deepEqual(
    reasons.map((reason) => reason instanceof AuthError && reason.refusal.details.reason),
    [...Array(3).fill('no connection was free in time'), 'too many statements wait for a connection'],
  )
  await client.query('COMMIT')
  assert.equal((await held).verdict, 'rotate')
  await pause(100)
  const rows = await client.query('SELECT generation::integer AS generation FROM countersign.sessions')
  assert.deepEqual(rows.rows, [{ generation: 1 }])
  await store.ping()
  await client.end()
})

test('G-14: a server that stands still is refused in time, and used again when it goes on', async () => {
  const store = await place.open({ limitMilliseconds: 300, connections: 2 })
  const { call } = await signIn(store)
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
  await pause(100)
  await store.ping()
  const outcome = await store.sessions.refresh(call)
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
  await pause(50)
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
  let failed = 0
  for (let tries = 0; tries < 20; tries += 1) {
    const answered = await store.ping().then(
      () => true,
      () => false,
    )
    if (answered) break
    failed += 1
    await pause(50)
  }
  assert.ok(failed < 20)
  assert.equal((await store.sessions.refresh(call)).verdict, 'rotate')
})

async function failureOf(work: () => Promise<unknown>): Promise<unknown> {
  return work().then(
    () => assert.fail('it did not fail'),
    (error: unknown) => error,
  )
}
