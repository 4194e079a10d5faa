import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthOptions } from '../../src/index.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { createRewindableDatabase } from '../torture/rewindable-database.ts'
import { claimsOf, handClock, PASSWORD, startIssuer, tokensOf } from './issuer.ts'
import { callAs, registerClient, signInFor } from './test-clients.ts'

const SECOND = 1000

async function startFallible(options: AuthOptions = {}) {
  const clock = handClock()
  const database = createRewindableDatabase()
  const issuer = await startIssuer({
    clock,
    store: createSqliteStore('memory', database.open),
    ...options,
  })
  return { clock, database, issuer }
}

/** What every process does every two seconds; what is found to be lost is written back by then. */
const nextPull = async ({ auth }: Awaited<ReturnType<typeof startIssuer>>) => {
  const nobody = '00000000-0000-4000-8000-000000000000'
  await auth.sessions.end(nobody, nobody)
  await new Promise(setImmediate)
  // Writes keep their order.
  await auth.sessions.end(nobody, nobody)
  await new Promise(setImmediate)
}

test('G-15, PROTOCOL 2.4: a sign-out that the database has lost is remembered, at once and after it was written back', async () => {
  const { database, issuer } = await startFallible()
  const { access, refresh } = await issuer.signUp('alice')
  const before = database.snapshot()
  assert.equal((await issuer.call('POST', '/logout', { token: access })).status, 204)
  database.rewind(before)

  assert.equal((await issuer.refresh(refresh)).status, 400, 'the row lives, memory knows better')
  assert.equal((await issuer.me(access)).status, 401)
  await nextPull(issuer)
  const [row] = database.rows('SELECT ended_why FROM cs_sessions')
  assert.equal(row?.ended_why, 'token_revoked')
  assert.equal((await issuer.auth.events.list({ name: 'store.rolled_back', limit: 9 })).length, 1)
  await issuer.close()

  const other = await startIssuer({ store: createSqliteStore('memory', database.open) })
  assert.equal((await other.refresh(refresh)).status, 400, 'a process that starts now knows it too')
  assert.equal((await other.me(access)).status, 401)
  await other.close()
})

test('B10, PROTOCOL 2.4: introspection tells of no session that memory knows to have ended', async () => {
  const { database, issuer } = await startFallible()
  const { access } = await issuer.signUp('alice')
  const userId = String(claimsOf(access).sub)
  const client = await registerClient(issuer)
  const [gone, kept] = [await signInFor(issuer, userId, client), await signInFor(issuer, userId, client)]
  const isActive = async (token: string) =>
    (await callAs(issuer, client, '/introspect', { token })).body.active
  const before = database.snapshot()
  assert.equal((await issuer.call('POST', '/logout', { token: gone.access })).status, 204)
  database.rewind(before)
  for (const token of [gone.refresh, gone.access]) assert.equal(await isActive(token), false)
  for (const token of [kept.refresh, kept.access]) assert.equal(await isActive(token), true)
  await issuer.close()
})

test('PROTOCOL 2.4: counters that the database has lost make it wait, and are raised again', async () => {
  const { database, issuer } = await startFallible()
  const { access, refresh } = await issuer.signUp('alice')
  const userId = String(claimsOf(access).sub)
  const before = database.snapshot()
  await issuer.auth.users.setPassword(userId, 'another long password')
  database.rewind(before)

  const old = await issuer.refresh(refresh)
  assert.ok(old.status === 503 || old.status === 400, old.text)
  const signIn = await issuer.signIn('alice', { password: PASSWORD })
  assert.notEqual(signIn.status, 200, 'the password that was changed')
  await nextPull(issuer)
  assert.equal((await issuer.refresh(refresh)).status, 400)
  assert.equal((await issuer.me(access)).status, 401)
  await issuer.close()
})

test('G-15, PROTOCOL 2.4: a signing key whose withdrawal the database has lost is withdrawn again, and another signs at once', {
  timeout: 60_000,
}, async () => {
  // At once: what comes by itself every ten seconds never comes here.
  const { database, issuer } = await startFallible({ keyTimes: { announcingMilliseconds: 3600 * SECOND } })
  const { access, refresh } = await issuer.signUp('alice')
  const before = database.snapshot()
  await issuer.auth.keys.rotate({ now: true })
  database.rewind(before)

  const isSigning = async () => (await issuer.auth.keys.list()).keys.some(({ phase }) => phase === 'active')
  do await nextPull(issuer)
  while (!(await isSigning()))
  assert.equal((await issuer.me(access)).status, 401)
  assert.equal((await issuer.me(tokensOf(await issuer.refresh(refresh)).access)).status, 200)
  await issuer.close()
})

test('PROTOCOL 1.5: the first token ahead of its row has the database asked for all that it lost', {
  timeout: 60_000,
}, async () => {
  const { database, issuer } = await startFallible()
  const gone = await issuer.signUp('alice')
  const other = await issuer.signUp('bob')
  const before = database.snapshot()
  assert.equal((await issuer.call('POST', '/logout', { token: gone.access })).status, 204)
  const ahead = tokensOf(await issuer.refresh(other.refresh))
  database.rewind(before)

  assert.equal((await issuer.refresh(ahead.refresh)).status, 200)
  assert.equal((await issuer.auth.events.list({ name: 'session.ahead', limit: 9 })).length, 1)
  const writtenBack = () => issuer.auth.events.list({ name: 'store.rolled_back', limit: 9 })
  while ((await writtenBack()).length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal((await writtenBack()).length, 1)
  assert.equal((await issuer.refresh(gone.refresh)).status, 400)
  await issuer.close()
})

test('PROTOCOL 1.5: far ahead of its row a token is held, and neither accepted nor taken for a theft', async () => {
  const { database, issuer, clock } = await startFallible()
  let { refresh } = await issuer.signUp('alice')
  const before = database.snapshot()
  for (let turn = 0; turn < 6; turn++) refresh = tokensOf(await issuer.refresh(refresh)).refresh
  database.rewind(before)
  clock.advance(30 * SECOND)
  const held = await issuer.refresh(refresh)
  assert.equal(held.status, 503)
  assert.ok(held.headers.get('retry-after'))
  assert.equal(database.rows('SELECT ended_at FROM cs_sessions')[0]?.ended_at, null)
  await issuer.close()
})
