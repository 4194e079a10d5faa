import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import pg from 'pg'
import { type MoveOptions, moveToPostgres } from '../../src/store/move/to-postgres.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { build, runProgram } from '../cli/built-server.ts'
import { startIssuer, tokensOf } from '../flows/issuer.ts'
import { type Place, patient, run, startPlace } from './postgres-place.ts'

const MANY = 1300

let place: Place
let folder: string
const secretKey = randomBytes(32).toString('base64url')
before(async () => {
  place = await startPlace()
  folder = mkdtempSync(join(tmpdir(), 'countersign-move-'))
  build()
})
after(async () => {
  await place?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A file with something in every table, at rest. Answers with what a client of it holds. */
async function newSource() {
  const path = join(folder, `${randomUUID()}.db`)
  const issuer = await startIssuer({
    databaseUrl: `sqlite:${path}`,
    secretKey,
    webhooks: [{ url: 'https://hooks.example.com/', secret: `whsec_${randomBytes(24).toString('base64')}` }],
  })
  const anna = await issuer.signUp('anna')
  const user = await issuer.auth.users.findByLogin('anna')
  const apiKey = await issuer.auth.apiKeys.create({ userId: user?.id ?? '', name: 'Schlüssel "1"' })
  await issuer.auth.clients.create({
    name: 'Shop, {"a"}',
    grants: ['authorization_code'],
    redirectUris: ['https://shop.example.com/a,b'],
    scopes: ['profile:read'],
  })
  await issuer.me('no token')
  await issuer.close()
  const db = new DatabaseSync(path)
  const now = Date.now()
  const later = now + 3_600_000
  const id = String(user?.id)
  const insert = (table: string, row: Readonly<Record<string, string | number | null>>): void => {
    const names = Object.keys(row)
    db.prepare(
      `INSERT INTO cs_${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    ).run(...Object.values(row))
  }
  db.exec('BEGIN')
  // Names of keys could hold that once, and PostgreSQL cannot.
  db.exec('UPDATE cs_api_keys SET name = name || char(0)')
  const lists = { scope: '["a","b c"]', resources: '[]', amr: '["pwd"]' }
  insert('codes', {
    user_id: id,
    hash: 'h',
    client_id: 'c',
    session_id: randomUUID(),
    user_epoch: 1,
    redirect_uri: 'https://a',
    ...lists,
    authenticated_at: now,
    ends_at: later,
  })
  insert('consents', {
    user_id: id,
    client_id: 'c',
    scopes: '["a"]',
    store_epoch: 0,
    created_at: now,
    updated_at: now,
  })
  insert('device_codes', {
    hash: 'h',
    user_code_hash: 'u',
    client_id: 'c',
    resources: '[]',
    asked_at: now,
    ends_at: later,
    interval_milliseconds: 5000,
    state: 'asked',
  })
  insert('identities', {
    user_id: id,
    id: randomUUID(),
    provider: 'p',
    issuer: 'https://i',
    subject: 's',
    added_at: now,
  })
  insert('links', {
    user_id: id,
    hash: 'h',
    purpose: 'reset',
    email: 'a@b.c',
    email_key: 'a@b.c',
    facts: '{"text": "\\u0000 ü", "n": 1.50}',
    ends_at: later,
  })
  insert('one_time', { kind: 'k', hash: 'h', taken_at: now, ends_at: later })
  insert('passkeys', {
    user_id: id,
    id: randomUUID(),
    name: 'n',
    credential_id: 'c',
    public_key: 'k',
    counter: 7,
    transports: '["usb"]',
    synced: 1,
    added_at: now,
  })
  insert('recovery_codes', { user_id: id, hash: 'h', store_epoch: 0 })
  insert('totp', { user_id: id, sealed: 'sealed', last_step: 3, added_at: now })
  insert('roles', { name: 'seller', scopes: '["a"]' })
  insert('scopes', { name: 'a', sentence: 'See a' })
  for (const least of [5, 9])
    insert('revocations', { stamp: 'x', kind: 'user', ref: id, least: least + 1e9, ends_at: later })
  for (const least of [5, null])
    insert('revocations', { stamp: 'x', kind: 'session', ref: 'gone', least, ends_at: later })
  for (let number = 0; number < MANY; number++) {
    insert('users', {
      id: randomUUID(),
      email: `u${number}@example.com`,
      email_key: `u${number}@example.com`,
      email_verified: number % 2,
      password_hash: null,
      roles: '["user"]',
      state: 'active',
      ver: number,
      epoch: 0,
      profile: '{"name": "N"}',
      created_at: now - number,
      updated_at: now,
    })
  }
  db.exec('DELETE FROM cs_nodes; COMMIT')
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'cs_*'").all()
  const empty = tables.flatMap(({ name }) => {
    const { rows } = db.prepare(`SELECT count(*) AS rows FROM ${String(name)}`).get() as { rows: number }
    return rows === 0 ? [String(name)] : []
  })
  assert.deepEqual(empty, ['cs_nodes'], 'nothing is left out of this test')
  db.close()
  return { path, anna, apiKey: apiKey.text }
}

test('everything moves from SQLite to PostgreSQL, the same by number and checksum, and people go on as they were', async () => {
  const { path, anna, apiKey } = await newSource()
  const to = await place.newUrl()
  // A database of somebody who writes the day first.
  await run(to, `ALTER DATABASE "${new URL(to).pathname.slice(1)}" SET datestyle = 'German, DMY'`)
  const told: string[] = []
  const moved = await moveToPostgres({ from: path, to, onProgress: ({ table }) => void told.push(table) })
  const users = moved.find(({ table }) => table === 'users')
  assert.equal(users?.rows, MANY + 1)
  assert.ok(told.filter((table) => table === 'users').length >= 3, 'in batches')
  const strongest = await run(to, "SELECT least FROM countersign.revocations WHERE kind = 'user'")
  assert.deepEqual(
    strongest.map(({ least }) => Number(least)),
    [1e9 + 9],
    'of several entries the strongest',
  )

  const [named] = await run(to, 'SELECT name FROM countersign.api_keys')
  assert.equal(named?.name, 'Schlüssel "1"\ufffd', 'as a server on PostgreSQL writes what it cannot hold')

  const issuer = await startIssuer({ store: patient({ url: to }), secretKey })
  try {
    assert.equal((await issuer.me(anna.access)).status, 200, 'her access token is as good as it was')
    const { access } = tokensOf(await issuer.refresh(anna.refresh))
    assert.equal((await issuer.me(access)).status, 200)
    const { body } = await issuer.signIn('anna')
    assert.equal(body.error, 'mfa_required', 'her password is taken, and her second factor is due')
    const withKey = new Request(issuer.auth.issuer, { headers: { authorization: `Bearer ${apiKey}` } })
    assert.equal((await issuer.auth.check(withKey, issuer.auth.signedIn)).ok, true, 'and her API key')
    const names = (await issuer.auth.events.list({ limit: 50 })).map(({ name }) => name)
    assert.equal(names[0], 'login.challenged', 'events go on behind those that were copied')
    assert.ok(names.includes('session.started'))
  } finally {
    await issuer.close()
  }
})

test('a copy that was interrupted lets no server start, goes on where it stopped, and belongs to its source', async () => {
  const { path } = await newSource()
  const to = await place.newUrl()
  let batches = 0
  const interrupted = moveToPostgres({
    from: path,
    to,
    onProgress() {
      batches += 1
      if (batches === 4) throw new Error('the plug was pulled')
    },
  })
  await assert.rejects(interrupted, /the plug was pulled/)
  await assert.rejects(
    startIssuer({ databaseUrl: to, secretKey }).then((issuer) => issuer.auth.ready()),
    /STORE_SCHEMA_NEW|newer/i,
  )
  const stranger = join(folder, 'stranger.db')
  await newFile(stranger)
  await assert.rejects(
    moveToPostgres({ from: stranger, to }),
    /unfinished copy of \w+, which is another database/,
  )
  await assert.rejects(
    cutOff({ from: path, to }),
    /^Error: \w+ was not copied to its end: terminating connection/,
  )

  const told: string[] = []
  const moved = await moveToPostgres({ from: path, to, onProgress: ({ table }) => void told.push(table) })
  assert.equal(moved.find(({ table }) => table === 'users')?.rows, MANY + 1)
  assert.ok(!told.includes('users'), 'what was there is not copied again')
  await assert.rejects(moveToPostgres({ from: path, to }), /The target is in use/)
})

/** Another database, with nothing in it. */
async function newFile(path: string): Promise<void> {
  const store = createSqliteStore(path)
  await store.migrate()
  await store.close()
}

/** Moves, until it waits for a lock on the accounts; then the administrator of the server ends its connection. */
async function cutOff(options: MoveOptions): Promise<unknown> {
  const [holder, administrator] = [new pg.Client(options.to), new pg.Client(options.to)]
  await Promise.all([holder.connect(), administrator.connect()])
  try {
    await holder.query('BEGIN; LOCK TABLE countersign.users IN EXCLUSIVE MODE')
    const moved = moveToPostgres(options)
    moved.catch(() => undefined)
    const ended = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'countersign move'
      AND datname = current_database() AND wait_event_type = 'Lock'`
    while ((await administrator.query(ended)).rowCount === 0) await setImmediate()
    return await moved
  } finally {
    await Promise.all([holder.end(), administrator.end()])
  }
}

test('of two sources that are moved into one database at once one is, and the other is told of it', async () => {
  const to = await place.newUrl()
  const sources = [join(folder, 'one.db'), join(folder, 'two.db')]
  await Promise.all(sources.map(newFile))
  const moves = await Promise.allSettled(sources.map((from) => moveToPostgres({ from, to })))
  const reasons = moves.flatMap((move) => (move.status === 'rejected' ? [String(move.reason)] : []))
  assert.equal(reasons.length, 1)
  assert.match(reasons[0] ?? '', /unfinished copy of \w+, which is another database|The target is in use/)
})

test('a source that was changed between two tries is not taken for the same', async () => {
  const { path } = await newSource()
  const to = await place.newUrl()
  const stop = ({ table }: { readonly table: string }) => {
    if (table === 'webhooks') throw new Error('stopped')
  }
  await assert.rejects(moveToPostgres({ from: path, to, onProgress: stop }), /stopped/)
  const db = new DatabaseSync(path)
  db.exec("UPDATE cs_users SET email_verified = 1 - email_verified WHERE email = 'u7@example.com'")
  db.close()
  await assert.rejects(moveToPostgres({ from: path, to }), /users is not the same on both sides: 1301 rows/)
})

test('nothing is moved from under a server that runs, from nowhere, or into what is in use', async () => {
  const { path } = await newSource()
  const to = await place.newUrl()
  await assert.rejects(moveToPostgres({ from: join(folder, 'nothing.db'), to }), /is not there/)
  const running = await startIssuer({ databaseUrl: `sqlite:${path}`, secretKey })
  await running.auth.ready()
  await assert.rejects(moveToPostgres({ from: path, to }), /A server is at work on the source/)
  await running.close()
  const used = await startIssuer({ store: patient({ url: to }), secretKey })
  await used.signUp('bert')
  await used.close()
  await assert.rejects(moveToPostgres({ from: path, to }), /The target is in use/)
  assert.equal((await run(to, 'SELECT count(*)::int AS users FROM countersign.users'))[0]?.users, 1)
})

test('countersign migrate --to tells what it moved, and prints no password', async () => {
  const { path } = await newSource()
  const url = new URL(await place.newUrl())
  const password = url.password
  for (const secret of [url.href, `${url.href.replace(`:${password}@`, '@')}?password=${password}`]) {
    const refused = await runProgram(['migrate', '--to', secret], {
      cwd: folder,
      env: { DATABASE_URL: `sqlite:${path}`, SECRET_KEY: secretKey },
    })
    assert.notEqual(refused.status, 0)
    assert.match(refused.err, /PGPASSWORD/)
    assert.equal((refused.out + refused.err).includes(password), false, 'G-6')
  }
  url.password = ''
  const { status, out, err } = await runProgram(['migrate', '--to', url.href, '--json'], {
    cwd: folder,
    env: { DATABASE_URL: `sqlite:${path}`, SECRET_KEY: secretKey, PGPASSWORD: password },
  })
  assert.equal(status, 0, err)
  const { items } = JSON.parse(out)
  assert.ok(
    items.some(({ table, rows }: { table: string; rows: number }) => table === 'users' && rows === MANY + 1),
  )
  assert.match(err, /^users: 500 of 1301$/m)
  assert.equal((out + err).includes(password), false, 'G-6')
})
