import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { type Database, type OpenDatabase, openDatabase } from '../../src/store/sqlite/database.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { handClock, PASSWORD, startIssuer, type TestIssuer, tokensOf } from './issuer.ts'

/** A real database whose disk gets into trouble. */
function onDisk(): { readonly open: OpenDatabase; readonly database: () => Database } {
  let database: Database | undefined
  return {
    open() {
      database = openDatabase(':memory:')
      return database
    },
    database: () => {
      assert.ok(database)
      return database
    },
  }
}

async function start() {
  const disk = onDisk()
  const issuer = await startIssuer({ store: createSqliteStore('memory', disk.open), rateLimits: 'off' })
  return { issuer, disk }
}

const pages = (database: Database): number =>
  Number((database.prepare('PRAGMA page_count').get() as { page_count: number }).page_count)

/** All that writes, and what it answers. */
async function writeEverything(issuer: TestIssuer, tokens: { access: string; refresh: string }) {
  return {
    refresh: (await issuer.refresh(tokens.refresh)).status,
    signIn: (await issuer.signIn('alice')).status,
    logout: (await issuer.call('POST', '/logout', { token: tokens.access })).status,
    register: (
      await issuer.call('POST', '/register', { json: { email: 'new@example.com', password: PASSWORD } })
    ).status,
  }
}

const ALL_TRY_AGAIN = { refresh: 503, signIn: 503, logout: 503, register: 503 }

test('G-14: a database that has become read-only: what writes is 503 and undone, who is checked is let in', async () => {
  const { issuer, disk } = await start()
  const tokens = await issuer.signUp('alice')
  disk.database().exec('PRAGMA query_only = ON')
  assert.deepEqual(await writeEverything(issuer, tokens), ALL_TRY_AGAIN)
  assert.equal((await issuer.me(tokens.access)).status, 200)

  disk.database().exec('PRAGMA query_only = OFF')
  assert.equal((await issuer.signIn('new@example.com')).status, 400, 'nobody was half registered')
  assert.equal((await issuer.refresh(tokens.refresh)).status, 200)
  await issuer.close()
})

test('G-14: a disk that is full: nothing opens and nothing is half done, and all goes on when there is room', async () => {
  const { issuer, disk } = await start()
  const tokens = await issuer.signUp('alice')
  disk.database().exec(`PRAGMA max_page_count = ${pages(disk.database())}`)
  // Rows of every size, until not even the smallest finds room in the last pages.
  let room = 0
  for (let size = 2000; size >= 1; size = Math.floor(size / 2)) {
    const fill = () => issuer.auth.events.record({ userId: randomUUID(), data: { filler: 'x'.repeat(size) } })
    while (await fill().catch(() => undefined)) room += 1
  }
  assert.ok(room > 0, 'there was no room to begin with')
  const full = await issuer.call('POST', '/register', {
    json: { email: 'new@example.com', password: PASSWORD },
  })
  assert.equal(full.status, 503)
  assert.doesNotMatch(full.text, /SQLITE|INSERT/i)
  assert.equal((await issuer.me(tokens.access)).status, 200)

  disk.database().exec('PRAGMA max_page_count = 1000000')
  const { refresh } = tokensOf(await issuer.refresh(tokens.refresh))
  assert.equal((await issuer.refresh(refresh)).status, 200)
  await issuer.close()
})

test('B8, G-14: a database that has gone: strict refuses everybody past the bound, with Retry-After, and none before it', async () => {
  const clock = handClock()
  const { open, database } = onDisk()
  const issuer = await startIssuer({
    store: createSqliteStore('memory', open),
    clock,
    rateLimits: 'off',
    maxStalenessSeconds: 5,
  })
  const { access, refresh } = await issuer.signUp('alice')
  const { exec } = database()
  database().exec('PRAGMA query_only = OFF')
  Object.assign(database(), {
    exec: () => {
      throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 10 })
    },
  })
  const ended = await issuer.call('POST', '/logout', { token: access })
  assert.equal(ended.status, 503, 'it says that it could not')
  clock.advance(6000)
  const stale = await issuer.me(access)
  assert.equal(stale.status, 503)
  assert.ok(stale.headers.get('retry-after'))
  assert.equal((await issuer.refresh(refresh)).status, 503)

  Object.assign(database(), { exec: exec.bind(database()) })
  assert.equal((await issuer.call('POST', '/logout', { token: access })).status, 204)
  assert.equal((await issuer.me(access)).status, 401)
  await issuer.close()
})
