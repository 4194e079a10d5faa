import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'
import pg from 'pg'
import { guardedClock } from '../../src/base/clock.ts'
import { AuthError } from '../../src/errors/auth-error.ts'
import { postgres } from '../../src/postgres.ts'
import { MIGRATIONS } from '../../src/store/postgres/migrations/index.ts'
import { event, newUser, patient, run, signIn, startPlace } from './postgres-place.ts'

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

test('a migration that waits for a table keeps nobody waiting behind it, and goes on when the table is free', async () => {
  const url = await place.newUrl()
  const [first, ...others] = MIGRATIONS
  assert.ok(first && others.length > 0)
  await run(url, `CREATE SCHEMA countersign; ${first.sql}`)
  await run(
    url,
    `CREATE TABLE countersign.migrations (version integer, title text, taken_at timestamptz DEFAULT now());
     INSERT INTO countersign.migrations (version, title) VALUES (1, 'of yesterday')`,
  )
  // As a backup by pg_dump does.
  const backup = new pg.Client(url)
  await backup.connect()
  await backup.query('BEGIN; LOCK TABLE countersign.clients IN ACCESS SHARE MODE')
  const store = patient({ url })
  const migrated = store.migrate()
  const waits = `SELECT 1 FROM pg_locks WHERE relation = 'countersign.clients'::regclass AND NOT granted`
  while ((await run(url, waits)).length === 0) await setImmediate()
  await run(url, 'SELECT * FROM countersign.clients')
  await backup.query('COMMIT')
  assert.equal((await migrated).from, 1)
  await backup.end()
  await store.close()
})

test('rows of a large table are not counted one by one for the report of a migration', async () => {
  const { url, ...store } = await place.open()
  await run(url, `UPDATE pg_class SET reltuples = 5e9 WHERE oid = 'countersign.events'::regclass`)
  const { rows } = await store.migrate({ dryRun: true })
  assert.deepEqual([rows.events, rows.clients], [5e9, 1])
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
    await assert.rejects(store.users.list({ after: id, limit: 9 }), { code: 'NOT_FOUND' })
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
  assert.deepEqual(
    (await store.users.setRoles(userId, { roles, keptRoles: [] }, event('user.roles_changed')))?.roles,
    roles,
  )
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
    bound.users.setRoles(userId, { roles: ['a'], keptRoles: [] }, event('user.roles_changed')),
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

test('a role that is narrowed or removed while somebody is being given it ends their tokens, too', async () => {
  const store = await place.open()
  const put = (scopes: readonly string[]) =>
    ({
      kind: 'role.put',
      role: { name: 'seller', description: undefined, scopes },
      event: event('role.changed'),
    }) as const
  const given = { roles: ['seller'], keptRoles: ['seller'] }
  const client = new pg.Client({ connectionString: store.url })
  await client.connect()
  const bound = store.withTransaction(client)
  for (const loss of [
    put([]),
    { kind: 'role.remove', name: 'seller', event: event('role.removed') } as const,
  ]) {
    await store.permissions.change([put(['orders:write'])])
    const { userId } = await signIn(store)
    const invited = newUser(`new-${loss.kind}`)
    await client.query('BEGIN')
    const before = await bound.users.setRoles(userId, given, event('user.roles_changed'))
    await bound.users.create({ ...invited, ...given }, event('user.created', { userId: invited.id }))
    const made = await bound.users.find(invited.id)
    const lost = store.permissions.change([loss])
    await untilItWaits(lost, store.url)
    await client.query('COMMIT')
    assert.equal(await lost, undefined)
    for (const then of [before, made]) {
      const now = await store.users.find(then?.id ?? '')
      assert.ok((now?.ver ?? 0) > (then?.ver ?? 0), loss.kind)
      assert.deepEqual(now?.roles, loss.kind === 'role.remove' ? [] : ['seller'])
    }
  }
  await client.end()
})

test('of a user who is removed nothing is left, not what is being written at that moment', async () => {
  const store = await place.open()
  const { userId } = await signIn(store)
  const client = new pg.Client({ connectionString: store.url })
  await client.connect()
  await client.query('BEGIN')
  await client.query('SELECT id FROM countersign.users WHERE id = $1 FOR KEY SHARE', [userId])
  await client.query(
    `INSERT INTO countersign.consents (user_id, client_id, scopes, store_epoch, created_at, updated_at)
     VALUES ($1, 'first-party', '{}', 0, now(), now())`,
    [userId],
  )
  const removed = store.users.remove(userId, event('user.deleted', { userId }))
  await untilItWaits(removed, store.url)
  await client.query('COMMIT')
  assert.equal(await removed, true)
  const left = await client.query('SELECT FROM countersign.consents WHERE user_id = $1', [userId])
  assert.equal(left.rows.length, 0)
  await client.end()
})

test('a consent that is taken back while its account is being removed holds nothing that the removal needs', async () => {
  const store = await place.open()
  const { userId } = await signIn(store)
  const of = { userId, clientId: 'first-party' }
  assert.ok(await store.consents.grant({ ...of, scopes: [] }, event('consent.granted', of)))
  const client = new pg.Client({ connectionString: store.url })
  await client.connect()
  // As a removal goes: the sessions, the user with them, and then what belongs to the user.
  await client.query(`SET lock_timeout = '500ms'; BEGIN`)
  await client.query('SELECT id FROM countersign.sessions WHERE user_id = $1 FOR UPDATE', [userId])
  const revoked = store.consents.revoke(of, event('consent.revoked', of))
  await untilItWaits(revoked, store.url)
  await client.query('DELETE FROM countersign.consents WHERE user_id = $1', [userId])
  await client.query('COMMIT')
  assert.equal(await revoked, false)
  await client.end()
})

/** Until a statement waits for a lock, or the work is done without. */
async function untilItWaits(work: Promise<unknown>, url: string): Promise<void> {
  let isDone = false
  void work.finally(() => {
    isDone = true
  })
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
  while (!isDone && (await run(url, waiting)).length === 0);
}

async function failureOf(work: () => Promise<unknown>): Promise<unknown> {
  return work().then(
    () => assert.fail('it did not fail'),
    (error: unknown) => error,
  )
}
