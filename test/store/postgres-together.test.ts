import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { PostgresStore } from '../../src/postgres.ts'
import type { RefreshCall } from '../../src/store/sessions.ts'
import { PATIENCE_MILLISECONDS, phone, signIn, startPlace } from './postgres-place.ts'
import { seed, seededRandom } from './seeded.ts'

/** Refreshes that come in the same moment share a statement; each is judged as if it had come alone. */
const place = await startPlace()
after(() => place.stop())

/** A store whose statements are counted by name; what it is asked meanwhile is answered when `gate.opened` is. */
async function openCounted() {
  const gate: { opened: Promise<unknown> } = { opened: Promise.resolve() }
  const url = await place.newUrl()
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  const asked: string[] = []
  pool.on('connect', (client) => {
    const { query } = client
    client.query = ((...given: readonly unknown[]) => {
      const [config] = given as readonly [{ readonly name?: string }]
      const answer = Reflect.apply(query, client, given)
      if (!config.name?.startsWith('countersign.sessions.refresh')) return answer
      asked.push(config.name)
      const { opened } = gate
      return answer.then((result: unknown) => opened.then(() => result))
    }) as typeof query
  })
  const store = await place.open({ pool })
  const end = async (): Promise<void> => {
    await store.close()
    await pool.end()
  }
  return { store, url, asked, gate, end }
}

/** Half its window is all that a refresh may wait for its turn. */
const patient = { reuseWindowMilliseconds: 2 * PATIENCE_MILLISECONDS }

async function callsOf(store: PostgresStore, count: number): Promise<RefreshCall[]> {
  const calls: RefreshCall[] = []
  for (let number = 0; number < count; number += 1) calls.push((await signIn(store, {}, patient)).call)
  return calls
}

test('those that come while one is under way share one statement, up to 64 of them', async () => {
  const { store, asked, end } = await openCounted()
  const calls = await callsOf(store, 66)
  const outcomes = await Promise.all(calls.map((call) => store.sessions.refresh(call)))
  assert.deepEqual([...new Set(outcomes.map(({ verdict }) => verdict))], ['rotate'])
  const owners = outcomes.map((outcome) => ('user' in outcome ? outcome.user.id : undefined))
  assert.deepEqual(
    owners,
    calls.map(({ userId }) => userId),
    'each has its own answer',
  )
  assert.deepEqual(asked, Array(3).fill('countersign.sessions.refresh'), 'the first, 64 others, and the last')
  await end()
})

test('a session that somebody holds keeps nobody else waiting, and is answered when it is free', async () => {
  const { store, url, asked, end } = await openCounted()
  const [first, held, other] = (await callsOf(store, 3)) as [RefreshCall, RefreshCall, RefreshCall]
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('BEGIN')
  await client.query('SELECT 1 FROM countersign.sessions WHERE id = $1 FOR UPDATE', [held.sessionId])
  let isAnswered = false
  const [one, waiting, two] = [first, held, other].map((call) => store.sessions.refresh(call))
  void waiting?.then(() => (isAnswered = true))
  assert.equal((await one)?.verdict, 'rotate')
  assert.equal((await two)?.verdict, 'rotate')
  assert.equal((await store.sessions.refresh({ ...other, generation: 1 })).verdict, 'rotate')
  assert.equal(isAnswered, false)
  await client.query('COMMIT')
  assert.equal((await waiting)?.verdict, 'rotate')
  assert.equal(asked.filter((name) => name === 'countersign.sessions.refresh_alone').length, 1)
  await client.end()
  await end()
})

test('B3: of calls about one session in one moment, in strict mode exactly one succeeds, whoever shares its statement', async () => {
  const { store, end } = await openCounted()
  const calls = await callsOf(store, 8)
  const strict = calls.flatMap((call) => [1, 2, 3].map(() => ({ ...call, reuseWindowMilliseconds: 0 })))
  const outcomes = await Promise.all(strict.map((call) => store.sessions.refresh(call)))
  for (const [index] of calls.entries()) {
    const verdicts = outcomes.slice(3 * index, 3 * index + 3).map(({ verdict }) => verdict)
    assert.equal(verdicts.filter((verdict) => verdict === 'rotate').length, 1, verdicts.join())
    assert.equal(verdicts.filter((verdict) => verdict === 'reuse' || verdict === 'ended').length, 2)
  }
  await end()
})

test(`B8, B9: what shares a statement is judged, written and told of each by itself (seed ${seed})`, async () => {
  const { store, end } = await openCounted()
  const random = seededRandom(seed)
  const KINDS = [
    'plain',
    'forged',
    'other client',
    'no session',
    'reused',
    'reused, ends all',
    'repeat',
    'odd',
  ]
  const picked = Array.from({ length: 60 }, (_, at) => KINDS[at % KINDS.length] ?? 'plain')
  const cases = []
  for (const kind of picked.toSorted(() => random() - 0.5)) {
    const { call, userId, sessionId } = await signIn(store, {}, patient)
    if (kind.startsWith('reused'))
      for (const generation of [0, 1]) await store.sessions.refresh({ ...call, generation })
    if (kind === 'repeat') await store.sessions.refresh(call)
    cases.push({ kind, userId, sessionId, call: presentedAs(kind, call) })
  }
  const outcomes = await Promise.all(cases.map(({ call }) => store.sessions.refresh(call)))
  for (const [at, { kind, userId, sessionId }] of cases.entries()) {
    const expected = VERDICTS[kind] ?? 'rotate'
    assert.equal(outcomes[at]?.verdict, expected, `seed ${seed}: ${kind}`)
    const events = await store.events.list({ userId, limit: 10 })
    const reuse = events.filter(({ name }) => name === 'session.reuse')
    assert.equal(reuse.length, expected === 'reuse' ? 1 : 0, kind)
    const wrong = events.filter(({ name }) => name === 'session.wrong_client')
    assert.equal(wrong.length, kind === 'other client' ? 1 : 0, kind)
    const entries = (await store.revocations.pull()).entries.filter(
      ({ ref }) => ref === userId || ref === sessionId,
    )
    assert.deepEqual(entries.map((entry) => entry.kind).toSorted(), ENDED[kind] ?? [], kind)
  }
  await end()
})

const VERDICTS: Readonly<Record<string, string>> = {
  forged: 'unknown',
  'other client': 'unknown',
  'no session': 'unknown',
  reused: 'reuse',
  'reused, ends all': 'reuse',
  repeat: 'repeat',
}
const ENDED: Readonly<Record<string, readonly string[]>> = {
  reused: ['session'],
  'reused, ends all': ['session', 'user'],
}

function presentedAs(kind: string, call: RefreshCall): RefreshCall {
  switch (kind) {
    case 'forged':
      return { ...call, secretHash: 'another' }
    case 'other client':
      return { ...call, clientId: 'another' }
    case 'no session':
      return { ...call, sessionId: randomUUID() }
    case 'reused':
      return { ...call, reuseWindowMilliseconds: 0 }
    case 'reused, ends all':
      return { ...call, reuseWindowMilliseconds: 0, onReuse: 'user' }
    case 'odd':
      return { ...call, attempt: 'a\0\ud800', origin: { ...phone, agent: '\0"\\\ud800,{}' } }
    default:
      return call
  }
}

test('a call that could not be asked about is refused alone', async () => {
  const { store, end } = await openCounted()
  const [good, bad] = (await callsOf(store, 2)) as [RefreshCall, RefreshCall]
  const [refused, given] = await Promise.allSettled([
    store.sessions.refresh({ ...bad, generation: Number.NaN }),
    store.sessions.refresh(good),
  ])
  assert.equal(refused.status, 'rejected')
  assert.equal(given.status === 'fulfilled' && given.value.verdict, 'rotate')
  assert.equal((await store.sessions.refresh(bad)).verdict, 'rotate', 'and has changed nothing')
  await end()
})

test('an account that somebody holds keeps nobody waiting but the reuse that ends it', async () => {
  const { store, url, asked, end } = await openCounted()
  const [first, stolen, other] = (await callsOf(store, 3)) as [RefreshCall, RefreshCall, RefreshCall]
  for (const generation of [0, 1]) await store.sessions.refresh({ ...stolen, generation })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('BEGIN')
  await client.query('SELECT 1 FROM countersign.users WHERE id = $1 FOR UPDATE', [stolen.userId])
  const reused: RefreshCall = { ...stolen, reuseWindowMilliseconds: 0, onReuse: 'user' }
  let isAnswered = false
  const [one, waiting, two] = [first, reused, other].map((call) => store.sessions.refresh(call))
  void waiting?.then(() => (isAnswered = true))
  assert.equal((await one)?.verdict, 'rotate')
  assert.equal((await two)?.verdict, 'rotate')
  assert.equal(isAnswered, false)
  await client.query('COMMIT')
  assert.equal((await waiting)?.verdict, 'reuse')
  assert.equal(asked.filter((name) => name === 'countersign.sessions.refresh_alone').length, 1)
  const { entries } = await store.revocations.pull()
  assert.deepEqual(entries.map(({ kind }) => kind).toSorted(), ['session', 'user'])
  await client.end()
  await end()
})

test('PROTOCOL 1.9: whoever is late once a shared statement passed over their session is not judged any more', async () => {
  const { store, url, asked, gate, end } = await openCounted()
  const [held] = (await callsOf(store, 1)) as [RefreshCall]
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('BEGIN')
  await client.query('SELECT 1 FROM countersign.sessions WHERE id = $1 FOR UPDATE', [held.sessionId])
  // Longer than half its window.
  gate.opened = pause(200)
  const late = store.sessions.refresh({ ...held, reuseWindowMilliseconds: 300 })
  await assert.rejects(late, { code: 'STORE_UNAVAILABLE' })
  await client.query('COMMIT')
  assert.deepEqual(asked, ['countersign.sessions.refresh'])
  await client.end()
  await end()
})

test('a statement that gets no answer holds up those it has, and nobody who comes after it', async () => {
  const { store, asked, gate, end } = await openCounted()
  const [first, other] = (await callsOf(store, 2)) as [RefreshCall, RefreshCall]
  const { promise, resolve } = Promise.withResolvers<void>()
  gate.opened = promise
  let isAnswered = false
  const one = store.sessions.refresh(first)
  void one.then(() => (isAnswered = true))
  while (asked.length === 0) await pause(1)
  gate.opened = Promise.resolve()
  assert.equal((await store.sessions.refresh(other)).verdict, 'rotate')
  assert.equal(isAnswered, false)
  resolve()
  assert.equal((await one).verdict, 'rotate')
  await end()
})
