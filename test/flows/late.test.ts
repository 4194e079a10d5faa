import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Store, sqlite } from '../../src/index.ts'
import { claimsOf, handClock, PASSWORD, startIssuer, tokensOf } from './issuer.ts'

const SECOND = 1000

/** A store whose answer finds the process only later: it was stopped, or the machine slept. */
function slowToAnswer(wait: () => void) {
  const store = sqlite(':memory:')
  let slow = false
  const late = <Parameters extends readonly unknown[], Value>(
    verb: (...all: Parameters) => Promise<Value>,
  ) => {
    return async (...all: Parameters): Promise<Value> => {
      const value = await verb(...all)
      if (slow) wait()
      return value
    }
  }
  const sessions: Store['sessions'] = {
    ...store.sessions,
    start: late(store.sessions.start),
    refresh: late(store.sessions.refresh),
  }
  const users: Store['users'] = { ...store.users, find: late(store.users.find) }
  return {
    store: { ...store, sessions, users } as Store,
    setSlow(next: boolean) {
      slow = next
    },
  }
}

for (const [how, stop] of [
  ['was stopped', 'advance'],
  ['slept with the machine', 'step'],
] as const) {
  test(`PROTOCOL 1.6: a process that ${how} for 20 s between statement and signature hands nothing out`, async () => {
    const clock = handClock()
    const { store, setSlow } = slowToAnswer(() => clock[stop](20 * SECOND))
    const issuer = await startIssuer({ store, clock })
    const { refresh } = await issuer.signUp('alice')
    setSlow(true)
    const key = { 'Idempotency-Key': 'stored beside it' }
    for (const late of [await issuer.refresh(refresh, key), await issuer.signIn('alice')]) {
      assert.equal(late.status, 503, late.text)
      assert.ok(late.headers.get('retry-after'))
      assert.doesNotMatch(late.text, /cs_rt_|eyJ/)
    }
    setSlow(false)
    assert.equal((await issuer.refresh(refresh, key)).status, 200, 'and nobody is signed out by it')
    await issuer.close()
  })
}

test('PROTOCOL 1.6: what is signed 4 s late is of the time of its statement', async () => {
  const clock = handClock()
  const { store, setSlow } = slowToAnswer(() => clock.advance(4 * SECOND))
  const issuer = await startIssuer({ store, clock })
  const { refresh } = await issuer.signUp('alice')
  const decidedAt = Math.floor(clock.now() / 1000)
  setSlow(true)
  const { access } = tokensOf(await issuer.refresh(refresh))
  assert.equal(claimsOf(access).iat, decidedAt)
  assert.equal(claimsOf(access).exp, decidedAt + 900)
  await issuer.close()
})

test('PROTOCOL 1.6: a token for code of the application is of before its account was read, however late it is signed', async () => {
  const clock = handClock()
  const { store, setSlow } = slowToAnswer(() => clock.advance(1200 * SECOND))
  const issuer = await startIssuer({ store, clock })
  const { access } = await issuer.signUp('alice')
  const userId = String(claimsOf(access).sub)
  const readAt = Math.floor(clock.now() / 1000)
  setSlow(true)
  const { access_token: late } = await issuer.auth.tokens.issue({ userId })
  assert.equal(claimsOf(late).iat, readAt)
  assert.equal((await issuer.me(late)).status, 401, 'what ended the account meanwhile may be forgotten')
  await issuer.close()
})

test('B7, PROTOCOL 1.7: a sign-in that had verified the old password when it was changed makes no session', async () => {
  let change: (() => Promise<void>) | undefined
  const issuer = await startIssuer({
    hooks: {
      before: {
        // The password was found right, and no session exists yet.
        async signIn() {
          await change?.()
        },
      },
    },
  })
  const { access, refresh } = await issuer.signUp('alice')
  const userId = String(claimsOf(access).sub)
  change = async () => {
    change = undefined
    await issuer.auth.users.setPassword(userId, 'another long password')
  }
  const late = await issuer.signIn('alice', { password: PASSWORD })
  assert.equal(late.status, 400)
  assert.equal(late.body.error, 'invalid_grant')
  assert.deepEqual(await issuer.auth.sessions.list(userId), [])
  assert.equal((await issuer.refresh(refresh)).status, 400)
  assert.equal((await issuer.signIn('alice', { password: 'another long password' })).status, 200)
  await issuer.close()
})

test('B7: refreshes and sign-ins in flight while the password changes leave no session of before', async () => {
  const issuer = await startIssuer({ rateLimits: 'off' })
  const { access, refresh } = await issuer.signUp('alice')
  const userId = String(claimsOf(access).sub)
  const others = await Promise.all(Array.from({ length: 4 }, () => issuer.signIn('alice')))
  const held = [refresh, ...others.map((answer) => tokensOf(answer).refresh)]
  const racing = Promise.all([
    ...held.flatMap((token) => [issuer.refresh(token), issuer.refresh(token)]),
    issuer.signIn('alice'),
    issuer.signIn('alice'),
  ])
  await issuer.auth.users.setPassword(userId, 'another long password')
  const answers = await racing
  assert.deepEqual(await issuer.auth.sessions.list(userId), [])
  for (const { status, body } of answers) {
    if (status !== 200) continue
    assert.equal((await issuer.me(String(body.access_token))).status, 401)
    assert.equal((await issuer.refresh(String(body.refresh_token))).status, 400)
  }
  await issuer.close()
})
