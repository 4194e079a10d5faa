import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { guardedClock } from '../../src/base/clock.ts'
import { postgres } from '../../src/postgres.ts'
import { type PrivateBouncer, startBouncer } from '../servers/pgbouncer.ts'
import { PATIENCE_MILLISECONDS, type Place, run, signIn, startPlace } from './postgres-place.ts'

let pooler: PrivateBouncer | undefined
const place: Place = await startPlace()
after(async () => {
  await pooler?.stop()
  await place.stop()
})
pooler = await startBouncer(place.server)

const clock = guardedClock()

/** A new database, straight and through the pooler. */
async function newDatabase(): Promise<{ readonly direct: string; readonly pooled: string }> {
  const direct = await place.newUrl()
  return { direct, pooled: pooler?.urlOf(new URL(direct).pathname.slice(1)) ?? '' }
}

test('PgBouncer in transaction mode: prepared statements are refused at the start, and it says why', async () => {
  const { pooled } = await newDatabase()
  const store = postgres(pooled)
  await assert.rejects(store.open({ clock, migrate: true }), (error: Error) => {
    assert.match(error.message, /STORE_UNAVAILABLE/)
    return true
  })
  await store.close()
})

test('PgBouncer in transaction mode: everything works but hints, which need a direct connection', async () => {
  const { direct, pooled } = await newDatabase()
  const options = { url: pooled, preparedStatements: false, limitMilliseconds: PATIENCE_MILLISECONDS }
  const store = postgres(options)
  await store.open({ clock, migrate: true })
  const { call } = await signIn(store)
  const outcomes = await Promise.all(Array.from({ length: 16 }, () => store.sessions.refresh(call)))
  assert.deepEqual(outcomes.map(({ verdict }) => verdict).toSorted(), [...Array(15).fill('repeat'), 'rotate'])
  assert.equal((await store.revocations.pull()).complete, true)
  assert.equal(await store.users.count(), 1)
  await store.hints?.subscribe(() => {})
  assert.equal(store.hints?.working, false)
  await store.close()

  const past = postgres({ ...options, listenUrl: direct })
  await past.open({ clock, migrate: false })
  await past.hints?.subscribe(() => {})
  assert.equal(past.hints?.working, true)
  await past.close()
})

test('G-14: PgBouncer in transaction mode: with the limit at the role, what was refused in time never happens later', async () => {
  const { direct, pooled } = await newDatabase()
  const { call } = await signIn(await place.open({ url: direct }))
  const { username, pathname } = new URL(direct)
  await run(direct, `ALTER ROLE ${username} IN DATABASE ${pathname.slice(1)} SET statement_timeout = '2s'`)
  const store = postgres({ url: pooled, preparedStatements: false, limitMilliseconds: PATIENCE_MILLISECONDS })
  await store.open({ clock, migrate: false })
  const holder = new pg.Client({ connectionString: direct })
  await holder.connect()
  await holder.query('BEGIN')
  await holder.query('SELECT 1 FROM countersign.sessions WHERE id = $1 FOR UPDATE', [call.sessionId])
  await assert.rejects(store.sessions.refresh(call), { code: 'STORE_UNAVAILABLE' })
  await holder.query('COMMIT')
  const { rows } = await holder.query('SELECT generation::integer AS generation FROM countersign.sessions')
  assert.deepEqual(rows, [{ generation: 0 }])
  assert.equal((await store.sessions.refresh(call)).verdict, 'rotate')
  await holder.end()
  await store.close()
})

test('G-14: PgBouncer that is killed and started again fails what was under way, and nothing after', async () => {
  const { pooled } = await newDatabase()
  const store = postgres({ url: pooled, preparedStatements: false, limitMilliseconds: PATIENCE_MILLISECONDS })
  await store.open({ clock, migrate: true })
  const { call } = await signIn(store)
  await pooler?.kill()
  await assert.rejects(store.sessions.refresh(call), { code: 'STORE_UNAVAILABLE' })
  await pooler?.start()
  assert.equal((await store.sessions.refresh(call)).verdict, 'rotate')
  await store.close()
})
