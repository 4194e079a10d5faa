import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { decideRefresh } from '../../src/model/refresh-decision.ts'
import { phone, run, signIn, startPlace } from './postgres-place.ts'
import { seed, seededRandom } from './seeded.ts'

const place = await startPlace()
after(() => place.stop())

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

function ms(column: string): string {
  return `round(date_part('epoch', ${column}) * 1000)`
}
