import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { chownSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { RevocationPull } from '../../src/store/revocations.ts'
import { event, run, signIn, startPlace } from './postgres-place.ts'

const place = await startPlace()
after(() => place.stop())

const refs = ({ entries }: RevocationPull) => entries.map(({ ref }) => ref)

test('B8, PROTOCOL 2.1: a revocation that commits 3 s late, while many others commit, is in the next pull', async () => {
  const store = await place.open()
  const { userId, sessionId } = await signIn(store)
  const slow = new pg.Client({ connectionString: store.url })
  await slow.connect()
  await slow.query('BEGIN')
  const end = { userId, id: sessionId, why: 'logout' } as const
  assert.equal(await store.withTransaction(slow).sessions.end(end, event('session.ended')), true)

  let cursor = (await store.revocations.pull()).cursor
  const seen: string[] = []
  const pull = async () => {
    const answer = await store.revocations.pull(cursor)
    assert.equal(answer.complete, false)
    cursor = answer.cursor
    seen.push(...refs(answer))
  }
  const until = performance.now() + 3000
  let written = 0
  while (performance.now() < until) {
    const ref = `quick-${written}`
    await store.revocations.add({ kind: 'token', ref, least: undefined }, {}, event('token.revoked'))
    written += 1
    if (written % 10 === 0) await pull()
  }
  assert.ok(!seen.includes(sessionId), 'nothing uncommitted is seen')
  await slow.query('COMMIT')
  await slow.end()
  await pull()
  assert.ok(seen.includes(sessionId), 'the late one is seen')
  assert.equal(seen.length, written + 1, 'and everything exactly once')
  assert.equal(new Set(seen).size, seen.length)
})

test('PROTOCOL 2.1: a pull shows what was rolled back never, and what was changed again', async () => {
  const store = await place.open()
  const client = new pg.Client({ connectionString: store.url })
  await client.connect()
  await client.query('BEGIN')
  await store
    .withTransaction(client)
    .revocations.add({ kind: 'token', ref: 'undone', least: undefined }, {}, event('token.revoked'))
  const first = await store.revocations.pull()
  await client.query('ROLLBACK')
  await client.end()
  await store.revocations.add({ kind: 'client', ref: 'c1', least: 5 }, {}, event('token.revoked'))
  const second = await store.revocations.pull(first.cursor)
  assert.deepEqual(refs(second), ['c1'])
  await store.revocations.add({ kind: 'client', ref: 'c1', least: undefined }, {}, event('token.revoked'))
  const third = await store.revocations.pull(second.cursor)
  assert.deepEqual(
    third.entries.map(({ ref, least }) => [ref, least]),
    [['c1', undefined]],
  )
  await store.revocations.add({ kind: 'client', ref: 'c1', least: 9 }, {}, event('token.revoked'))
  const [entry] = (await store.revocations.pull(third.cursor)).entries
  assert.equal(entry?.least, undefined, 'what ends everything is not weakened by a counter')
  assert.deepEqual(refs(await store.revocations.pull()), ['c1'])
})

test('PROTOCOL 2.4: a cursor of another database, of nobody or in pieces leads to everything live', async () => {
  const store = await place.open()
  const other = await place.open()
  await store.revocations.add({ kind: 'token', ref: 'one', least: undefined }, {}, event('token.revoked'))
  const { cursor, identity } = await store.revocations.pull()
  const foreign = (await other.revocations.pull()).cursor
  const wrong = [
    foreign,
    '',
    'x',
    `${identity}/`,
    `${identity}/1:2`,
    `${identity}/1:1:'; SELECT`,
    cursor.slice(1),
  ]
  for (const text of wrong) {
    const answer = await store.revocations.pull(text)
    assert.equal(answer.complete, true, text)
    assert.deepEqual(refs(answer), ['one'], text)
  }
  assert.equal((await store.revocations.pull(cursor)).complete, false)
})

test('PROTOCOL 2.4: a raised store epoch and a restarted server change the identity', async () => {
  const store = await place.open()
  const before = await store.revocations.pull()
  const entry = { kind: 'store', ref: 'store', least: 7, remainingMilliseconds: 60_000 } as const
  assert.equal(await store.revocations.restore([entry], event('store.rolled_back')), 1)
  const raised = await store.revocations.pull(before.cursor)
  assert.equal(raised.storeEpoch, 7)
  assert.equal(raised.complete, true)
  assert.notEqual(raised.identity, before.identity)
  await place.server.restart()
  const restarted = await answered(() => store.revocations.pull(raised.cursor))
  assert.equal(restarted.complete, true)
  assert.notEqual(restarted.identity, raised.identity)
  assert.deepEqual(refs(restarted), ['store'])
})

test('B11, PROTOCOL 2.5: an entry lives as long as the longest announced token life and the margins', async () => {
  const store = await place.open()
  const remaining = async (ref: string) => {
    await store.revocations.add({ kind: 'key', ref, least: undefined }, {}, event('key.changed'))
    const { entries, coveredLifeSeconds } = await store.revocations.pull()
    const entry = entries.find((one) => one.ref === ref)
    return [coveredLifeSeconds, Math.ceil((entry?.remainingMilliseconds ?? 0) / 1000)]
  }
  assert.deepEqual(await remaining('a'), [900, 900 + 125])
  const node = { id: 'n1', secretKeys: ['s'], ringVersion: 1, algorithm: 'ES256', signingSecrets: [] }
  await store.nodes.announce({ ...node, accessLifeSeconds: 3600 })
  assert.deepEqual(await remaining('b'), [3600, 3600 + 125])
  await store.nodes.announce({ ...node, accessLifeSeconds: 60 })
  assert.deepEqual(await remaining('c'), [3600, 3600 + 125], 'tokens of the former life are still about')
  await store.nodes.leave('n1')
  assert.deepEqual(await remaining('d'), [3600, 3600 + 125], 'and outlive their node')
  await run(store.url, `UPDATE countersign.access_lives SET seen_at = seen_at - interval '1 hour 31 seconds'`)
  assert.deepEqual(await remaining('e'), [900, 900 + 125])
})

test('B11, PROTOCOL 2.6: clean-up takes an entry 24 h after its end, not before', async () => {
  const store = await place.open()
  for (const ref of ['live', 'over', 'past']) {
    await store.revocations.add({ kind: 'token', ref, least: undefined }, {}, event('token.revoked'))
  }
  const age = (ref: string, by: string) =>
    run(
      store.url,
      `UPDATE countersign.revocations SET ends_at = now() - interval '${by}' WHERE ref = '${ref}'`,
    )
  await age('over', '23 hours 59 minutes')
  await age('past', '24 hours 1 minute')
  assert.deepEqual(refs(await store.revocations.pull()), ['live'])
  assert.equal(await store.expired(), 1)
  assert.equal(await store.cleanUp(100), 1)
  const rows = await run(store.url, 'SELECT ref FROM countersign.revocations ORDER BY ref')
  assert.deepEqual(
    rows.map(({ ref }) => ref),
    ['live', 'over'],
  )
})

test('PROTOCOL 2.4: what the database lost is written back with its cause, what it has is kept', async () => {
  const store = await place.open()
  const [ended, demoted, removed] = [await signIn(store), await signIn(store), await signIn(store)]
  const key = {
    kid: 'k',
    use: 'access',
    algorithm: 'ES256',
    phase: 'active',
    publicJwk: {},
    sealed: 's',
    createdAt: 1,
    phaseAt: 1,
    publishedAt: undefined,
  } as const
  await store.keys.replace(0, [{ ...key, phase: 'active' }], event('key.created'))
  const ring = await store.keys.ring()
  const before = await store.users.find(demoted.userId)
  const least = (before?.ver ?? 0) + 1000
  await store.revocations.add({ kind: 'token', ref: 'kept', least: undefined }, {}, event('token.revoked'))
  const remembered = [
    { kind: 'session', ref: ended.sessionId, least: undefined },
    { kind: 'session', ref: ended.sessionId, least: undefined },
    { kind: 'session', ref: 'no id at all', least: undefined },
    { kind: 'session', ref: randomUUID(), least: undefined },
    { kind: 'user', ref: demoted.userId, least },
    { kind: 'user', ref: demoted.userId, least: least - 5 },
    { kind: 'user', ref: removed.userId, least: undefined },
    { kind: 'client', ref: 'first-party', least: 3 },
    { kind: 'key', ref: 'k', least: undefined },
    { kind: 'apikey', ref: 'a', least: undefined },
    { kind: 'token', ref: 'kept', least: undefined },
    { kind: 'token', ref: 'lost', least: undefined },
  ] as const
  const entries = remembered.map((entry) => ({ ...entry, remainingMilliseconds: 60_000 }))
  assert.equal(await store.revocations.restore(entries, event('store.rolled_back')), 9)
  assert.equal(await store.revocations.restore(entries, event('store.rolled_back')), 0)
  assert.equal((await store.events.list({ name: 'store.rolled_back', limit: 9 })).length, 1)

  for (const { call } of [ended, demoted, removed]) {
    assert.equal((await store.sessions.refresh(call)).verdict, 'ended')
  }
  const user = await store.users.find(demoted.userId)
  assert.equal(user?.ver, least)
  assert.equal(user?.epoch, least)
  assert.equal(user?.state, 'active')
  assert.equal((await store.users.find(removed.userId))?.state, 'disabled')
  assert.equal((await store.clients.find('first-party'))?.ver, 3)
  const after = await store.keys.ring()
  assert.equal(after.keys[0]?.phase, 'revoked')
  assert.ok(after.version > ring.version)
  const pulled = await store.revocations.pull()
  const lost = pulled.entries.find(({ ref }) => ref === 'lost')
  assert.ok(lost && lost.remainingMilliseconds <= 60_000)
  assert.equal(pulled.entries.find(({ ref }) => ref === demoted.userId)?.least, least)
})

test('PROTOCOL 2.4: every change that ends tokens commits to disk, whatever the default is', async () => {
  const store = await place.open()
  const { userId } = await signIn(store)
  const client = new pg.Client({ connectionString: store.url })
  await client.connect()
  const setting = async () => (await client.query('SHOW synchronous_commit')).rows[0]?.synchronous_commit
  for (const [given, wanted] of [
    ['off', 'on'],
    ['local', 'on'],
    ['remote_write', 'on'],
    ['on', 'on'],
    ['remote_apply', 'remote_apply'],
  ]) {
    await client.query('BEGIN')
    await client.query(`SET LOCAL synchronous_commit = ${given}`)
    await store.withTransaction(client).users.find(userId)
    assert.equal(await setting(), given, 'reading changes nothing')
    await store.withTransaction(client).sessions.endAll(userId, { why: 'logout' }, event('session.all_ended'))
    assert.equal(await setting(), wanted)
    await client.query('COMMIT')
  }
  assert.equal(await setting(), 'off', 'and it is for the one transaction')
  await client.end()
})

test('PROTOCOL 2.4: a standby is refused, and after its promotion the identity is another', async () => {
  const store = await place.open()
  const before = await store.revocations.pull()
  const signal = join(place.server.folder, 'data', 'standby.signal')
  await place.server.kill()
  writeFileSync(signal, '')
  const { uid, gid } = statSync(join(place.server.folder, 'data'))
  chownSync(signal, uid, gid)
  // It never says that it takes connections to write, which is what the start waits for.
  const starting = place.server.start().catch(() => {})
  const refused = await answered(async () => {
    const error = await store.revocations.pull(before.cursor).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (error instanceof Error && 'code' in error && error.code === 'STORE_UNAVAILABLE') throw error
    return error
  })
  assert.ok(refused instanceof Error && 'code' in refused)
  assert.equal(refused.code, 'STORE_BEHIND')
  await assert.rejects(store.revocations.pull(), { code: 'STORE_BEHIND' })
  const add = store.revocations.add({ kind: 'token', ref: 't', least: undefined }, {}, event('token.revoked'))
  await assert.rejects(add, { code: 'STORE_UNAVAILABLE' })

  await run(store.url, 'SELECT pg_promote()')
  const promoted = await answered(() => store.revocations.pull(before.cursor))
  assert.equal(promoted.complete, true)
  assert.notEqual(promoted.identity, before.identity)
  await starting
})

/** What comes of it once the server takes connections again. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask()
    } catch (error) {
      if (tries === 600) throw error
      await pause(100)
    }
  }
}
