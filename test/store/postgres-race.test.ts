import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { after, test } from 'node:test'
import type { RefreshCall, RefreshOutcome } from '../../src/store/sessions.ts'
import { countOf } from '../counts.ts'
import { event, newUser, phone, run, signIn, startPlace } from './postgres-place.ts'
import type { Order, Report } from './postgres-racer.ts'
import { seed, seededRandom } from './seeded.ts'

const ROUNDS = countOf({ quick: 20, full: 200, long: 1000 })
const RACERS = 16

const place = await startPlace({ deadlock_timeout: '200ms' })
const store = await place.open({ connections: RACERS })
const children: { readonly child: ChildProcess; readonly ended: Promise<never> }[] = []
after(async () => {
  for (const { child } of children) child.kill()
  await place.stop()
})

/** So that no turn of a race comes too late, however busy the machine is: half of it is what a refresh may wait. */
const UNHURRIED = { reuseWindowMilliseconds: 600_000 }

type Race = (call: RefreshCall, round: number) => Promise<readonly RefreshOutcome[]>

const inOneProcess: Race = (call) =>
  Promise.all(Array.from({ length: RACERS }, () => store.sessions.refresh(call)))

async function acrossProcesses(): Promise<Race> {
  if (children.length === 0) {
    for (let count = 0; count < 3; count += 1) {
      const child = fork(new URL('./postgres-racer.ts', import.meta.url))
      const ended = once(child, 'exit').then(() => Promise.reject(new Error('a racer ended by itself')))
      ended.catch(() => undefined)
      children.push({ child, ended })
      child.send({ url: store.url } satisfies Order)
      await once(child, 'message')
    }
  }
  return async (call, round) => {
    const reports = children.map(async ({ child, ended }, index) => {
      const answer = Promise.race([once(child, 'message'), ended])
      child.send({ round, call, times: index === 0 ? RACERS - 10 : 5 } satisfies Order)
      const [report]: Report[] = await answer
      assert.equal(report?.round, round)
      return report?.outcomes ?? []
    })
    return (await Promise.all(reports)).flat()
  }
}

function countVerdicts(outcomes: readonly RefreshOutcome[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { verdict } of outcomes) counts[verdict] = (counts[verdict] ?? 0) + 1
  return counts
}

async function assertOneSuccessor(race: Race): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const { call } = await signIn(store, {}, UNHURRIED)
    const outcomes = await race(call, round)
    assert.deepEqual(countVerdicts(outcomes), { rotate: 1, repeat: RACERS - 1 }, `round ${round}`)
    for (const outcome of outcomes) {
      assert.ok('generation' in outcome)
      assert.equal(outcome.generation, 1)
      assert.equal(outcome.keyId, 'k1')
      assert.equal(outcome.elsewhere, false)
    }
    const next = await store.sessions.refresh({ ...call, generation: 1 })
    assert.equal(next.verdict, 'rotate')
  }
}

async function assertOneSuccess(race: Race): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const { call, sessionId } = await signIn(store, {}, { reuseWindowMilliseconds: 0 })
    const outcomes = await race(call, round)
    assert.deepEqual(countVerdicts(outcomes), { rotate: 1, reuse: 1, ended: RACERS - 2 }, `round ${round}`)
    const events = await store.events.list({ userId: call.userId, name: 'session.reuse', limit: 10 })
    assert.equal(events.length, 1)
    const { entries } = await store.revocations.pull()
    assert.equal(entries.filter(({ ref }) => ref === sessionId).length, 1)
  }
}

test(`B2: ${ROUNDS} × ${RACERS} parallel refreshes through one pool have one successor`, () =>
  assertOneSuccessor(inOneProcess))

test(`B2: ${ROUNDS} × ${RACERS} parallel refreshes across 3 processes have one successor`, async () =>
  assertOneSuccessor(await acrossProcesses()))

test(`B1: in strict mode exactly one of ${RACERS} succeeds and the second is reuse, ${ROUNDS} times`, () =>
  assertOneSuccess(inOneProcess))

test(`B1: in strict mode exactly one of ${RACERS} across 3 processes succeeds, ${ROUNDS} times`, async () =>
  assertOneSuccess(await acrossProcesses()))

test('B2: a chain raced at every step never forks and never ends', async () => {
  const { call } = await signIn(store, {}, UNHURRIED)
  for (let generation = 0; generation < 50; generation += 1) {
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () => store.sessions.refresh({ ...call, generation })),
    )
    assert.deepEqual(countVerdicts(outcomes), { rotate: 1, repeat: 5 })
  }
  const [row] = await run(
    store.url,
    `SELECT generation FROM countersign.sessions WHERE id = '${call.sessionId}'`,
  )
  assert.equal(Number(row?.generation), 50)
})

test(`no two verbs wait for each other for ever, however they meet (seed ${seed})`, async () => {
  const random = seededRandom(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  const { userId, sessionId, call } = await signIn(store)
  const sessions = [sessionId]
  const session = () => sessions[below(sessions.length)] ?? sessionId
  const strictly = { ...call, reuseWindowMilliseconds: 0, onReuse: 'user' } as const
  const entriesOf = (ids: readonly string[]) => [
    ...ids.map((ref) => ({ kind: 'session', ref, least: undefined, remainingMilliseconds: 60_000 }) as const),
    { kind: 'user', ref: userId, least: 2 ** 40 + below(2 ** 30), remainingMilliseconds: 60_000 } as const,
    { kind: 'key', ref: 'key-1', least: undefined, remainingMilliseconds: 60_000 } as const,
    { kind: 'client', ref: 'first-party', least: 1 + below(5), remainingMilliseconds: 60_000 } as const,
  ]
  const reuseOnce = async () => {
    await store.users.setState(userId, 'active', event('user.enabled'))
    const id = await signInAgain(userId)
    if (id === undefined) return
    if (sessions.push(id) > 3) sessions.shift()
    await store.sessions.refresh({ ...strictly, sessionId: id })
    await store.sessions.refresh({ ...strictly, sessionId: id })
  }
  const putRole = () =>
    store.permissions.change([
      {
        kind: 'role.put',
        role: { name: 'a', description: undefined, scopes: random() < 0.5 ? ['x'] : ['y'] },
        event: event('role.changed'),
      },
    ])
  await putRole()
  const verbs: (() => Promise<unknown>)[] = [
    ...Array<typeof reuseOnce>(6).fill(reuseOnce),
    () =>
      store.users.setPassword(
        userId,
        { hash: 'h', keepSessionId: session() },
        event('user.password_changed'),
      ),
    () => store.sessions.endAll(userId, { exceptId: session(), why: 'logout' }, event('session.all_ended')),
    () => store.users.setState(userId, 'disabled', event('user.disabled')),
    () =>
      store.users.setRoles(
        userId,
        random() < 0.5 ? { roles: [], keptRoles: [] } : { roles: ['a'], keptRoles: ['a'] },
        event('user.roles_changed'),
      ),
    putRole,
    () =>
      store.revocations.add(
        { kind: 'token', ref: `jti-${below(60)}`, least: undefined },
        { sessionId: session() },
        event('token.revoked'),
      ),
    () => store.sessions.end({ userId, id: session(), why: 'logout' }, event('session.ended')),
    () => store.revocations.restore(entriesOf(sessions), event('store.rolled_back')),
    () =>
      store.revocations.restore(entriesOf(sessions.toReversed()).toReversed(), event('store.rolled_back')),
    () => store.cleanUp(100),
    async () => {
      const { version, keys } = await store.keys.ring()
      const key = { ...NEXT_KEY, kid: 'key-1' }
      await store.keys.replace(version, keys.length > 0 ? [] : [key], event('key.changed'), ['key-1'])
    },
  ]
  const works = Array.from({ length: 2000 }, () => verbs[below(verbs.length)] ?? (() => Promise.resolve()))
  await Promise.all(
    Array.from({ length: RACERS }, async () => {
      for (let work = works.pop(); work !== undefined; work = works.pop()) await work()
    }),
  )
  const reuses = await store.events.list({ userId, name: 'session.reuse', limit: 100 })
  assert.ok(reuses.length > 5, `only ${reuses.length} reuses: the mixture proves little`)
  // A deadlock is repeated and heals, so that only the server tells of it.
  assert.doesNotMatch(place.server.log(), /deadlock detected/)
})

const NEXT_KEY = {
  use: 'access',
  publishedAt: undefined,
  algorithm: 'ES256',
  phase: 'next',
  publicJwk: {},
  sealed: 's',
  createdAt: 1,
  phaseAt: 1,
} as const

async function signInAgain(userId: string): Promise<string | undefined> {
  const account = await store.users.findAccountById(userId)
  const id = randomUUID()
  const started = await store.sessions.start(
    {
      id,
      userId,
      clientId: 'first-party',
      secretHash: 'secret-hash',
      keyId: 'k1',
      userEpoch: account?.user.epoch ?? 0,
      scope: [],
      resources: [],
      amr: [],
      address: undefined,
      network: undefined,
      agent: undefined,
      idleMilliseconds: 600_000,
      lifeMilliseconds: 600_000,
    },
    event('session.started'),
  )
  return started.outcome === 'started' ? id : undefined
}

test('of two people who want one address, and of two who rename to one name, one gets it', async () => {
  for (let round = 0; round < 20; round += 1) {
    const name = `wanted-${round}`
    const created = await Promise.all(
      Array.from({ length: 4 }, () => store.users.create(newUser(name), event('user.created'))),
    )
    assert.equal(created.filter(({ outcome }) => outcome === 'created').length, 1)
    assert.ok(created.every((one) => one.outcome === 'created' || one.field === 'email'))
    const people = await Promise.all(Array.from({ length: 4 }, () => signIn(store)))
    const renamed = await Promise.all(
      people.map(({ userId }) =>
        store.users.rename(
          userId,
          { username: `n${round}`, usernameKey: `n${round}` },
          event('user.renamed'),
        ),
      ),
    )
    assert.equal(renamed.filter((one) => one?.outcome === 'renamed').length, 1)
  }
})

test('E14: a one-time value has one winner among many', async () => {
  for (let round = 0; round < 20; round += 1) {
    const takes = await Promise.all(
      Array.from({ length: RACERS }, () => store.oneTime.take('code', `h${round}`, 60_000)),
    )
    assert.deepEqual(takes.toSorted(), [...Array(RACERS - 1).fill('lost-recent'), 'won'])
  }
})

test('of many who change the key ring from one version, one does', async () => {
  const { version } = await store.keys.ring()
  const changed = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      store.keys.replace(
        version,
        [
          {
            kid: `k${index}`,
            use: 'access',
            algorithm: 'ES256',
            phase: 'active',
            publicJwk: {},
            sealed: 's',
            createdAt: 1,
            phaseAt: 1,
            publishedAt: undefined,
          },
        ],
        event('key.changed'),
      ),
    ),
  )
  assert.equal(changed.filter(Boolean).length, 1)
  const ring = await store.keys.ring()
  assert.equal(ring.keys.length, 1)
  assert.equal(ring.keys[0]?.kid, `k${changed.indexOf(true)}`)
})

test('B11: parallel revocations of many tokens of one session become one entry of the session', async () => {
  const { sessionId, call } = await signIn(store)
  await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      store.revocations.add(
        { kind: 'token', ref: `one-session-${index}`, least: undefined },
        { sessionId, userId: call.userId },
        event('token.revoked'),
      ),
    ),
  )
  const { entries } = await store.revocations.pull()
  assert.equal(entries.filter(({ ref }) => ref.startsWith('one-session-')).length, 16)
  assert.equal(entries.filter(({ ref }) => ref === sessionId).length, 1)
  assert.equal((await store.sessions.refresh({ ...call, origin: phone })).verdict, 'ended')
})
