import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guardedClock } from '../../src/base/clock.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { createRewindableDatabase } from '../torture/rewindable-database.ts'
import { claimsOf, startIssuer, type TestIssuer, tokensOf } from './issuer.ts'

const SECOND = 1000
const HOUR = 3600 * SECOND
const DAY = 24 * HOUR
const NOBODY = '00000000-0000-4000-8000-000000000000'

/** A wall clock that is set by hand, behind the guard that the product puts before every one. */
function startOnWall() {
  let wall = Date.parse('2026-11-23T08:00:00Z')
  let elapsed = 0
  const database = createRewindableDatabase()
  return {
    step(milliseconds: number) {
      wall += milliseconds
    },
    pass(milliseconds: number) {
      wall += milliseconds
      elapsed += milliseconds
    },
    /** A process of its own, with a guard of its own, on the one database. */
    start: (): Promise<TestIssuer> =>
      startIssuer({
        store: createSqliteStore('memory', database.open),
        clock: guardedClock(
          () => wall,
          () => elapsed,
        ),
        rateLimits: 'off',
      }),
  }
}

/** What every process does every two seconds. */
const askAgain = ({ auth }: TestIssuer) => auth.sessions.end(NOBODY, NOBODY)

for (const [name, milliseconds] of [
  ['5 s', 5 * SECOND],
  ['1 h', HOUR],
  ['1 day', DAY],
] as const) {
  for (const direction of [1, -1]) {
    const way = direction > 0 ? 'forward' : 'back'
    test(`B1, B8, PROTOCOL 1.9, 2.6: a clock set ${way} by ${name}, and right again, revives nothing and signs nobody out`, async () => {
      const { start, step, pass } = startOnWall()
      const issuer = await start()
      const gone = await issuer.signUp('gone')
      const lost = await issuer.signUp('lost')
      assert.equal((await issuer.call('POST', '/logout', { token: gone.access })).status, 204)
      const { refresh: answer } = tokensOf(await issuer.refresh(lost.refresh))

      const assertShut = async (process: TestIssuer) => {
        assert.notEqual((await process.me(gone.access)).status, 200)
        assert.equal((await process.refresh(gone.refresh)).status, 400)
      }
      step(direction * milliseconds)
      await assertShut(issuer)
      // The answer to the refresh was lost, and the client asks again a moment after the clock was set.
      assert.equal(tokensOf(await issuer.refresh(lost.refresh)).refresh, answer)
      await askAgain(issuer)
      await assertShut(issuer)
      assert.equal(tokensOf(await issuer.refresh(lost.refresh)).refresh, answer)

      step(-direction * milliseconds)
      await askAgain(issuer)
      await issuer.auth.sessions.list(NOBODY)
      await assertShut(issuer)
      pass(3 * SECOND)
      await askAgain(issuer)
      const next = tokensOf(await issuer.refresh(answer))
      assert.equal((await issuer.me(next.access)).status, 200)
      await assertShut(issuer)
      await issuer.close()

      const restarted = await start()
      await assertShut(restarted)
      assert.equal((await restarted.refresh(next.refresh)).status, 200)
      await restarted.close()
    })
  }
}

test('B1, B11: a token that was signed out stays so for as long as a clock that was set back stands still', async () => {
  const { start, step, pass } = startOnWall()
  const issuer = await start()
  const gone = await issuer.signUp('gone')
  const kept = await issuer.signUp('kept')
  assert.equal((await issuer.call('POST', '/logout', { token: gone.access })).status, 204)
  step(-DAY)
  for (let hours = 1; hours < 24; hours += 1) {
    pass(HOUR)
    await askAgain(issuer)
    assert.equal((await issuer.me(kept.access)).status, 200, 'by that clock no token has ended')
    assert.equal((await issuer.me(gone.access)).status, 401)
  }
  await issuer.close()
})

test('B11: what was ended while the clock was set back stays ended when it is right again, and to a new process', async () => {
  const { start, step, pass } = startOnWall()
  const first = await start()
  const one = await first.signUp('one')
  const two = await first.signUp('two')
  await first.close()

  step(-DAY)
  const early = await start()
  assert.equal((await early.call('POST', '/logout', { json: { refresh_token: one.refresh } })).status, 204)
  assert.equal((await early.auth.users.disable(String(claimsOf(two.access).sub))).state, 'disabled')
  await early.close()

  step(DAY)
  pass(30 * SECOND)
  const right = await start()
  for (const { access } of [one, two]) assert.equal((await right.me(access)).status, 401)
  await right.close()
})

for (const [way, milliseconds] of [
  ['back', -DAY],
  ['ahead', DAY],
] as const) {
  test(`B9, B11: a token that was revoked or signed out while the clock was set ${way} stays so when it is right again, also to a new process`, async () => {
    const { start, step, pass } = startOnWall()
    const first = await start()
    const { access } = await first.signUp('one')
    const { access: other } = await first.signUp('other')
    await first.close()

    step(milliseconds)
    const wrong = await start()
    const form = { client_id: 'first-party', token: access }
    for (let time = 0; time < 2; time += 1) {
      assert.equal((await wrong.call('POST', '/revoke', { form })).status, 200)
    }
    const events = await wrong.auth.events.list({ name: 'token.revoked', limit: 10 })
    assert.equal(events.length, 1, 'once, however often somebody asks')
    assert.equal((await wrong.call('POST', '/logout', { token: other })).status, 204)
    await wrong.close()

    step(-milliseconds)
    pass(30 * SECOND)
    const right = await start()
    for (const token of [access, other]) assert.equal((await right.me(token)).status, 401)
    await right.close()
  })
}

test('PROTOCOL 1.6: a session that was refreshed while the clock was ahead gets tokens of the right time after it', async () => {
  const { start, step, pass } = startOnWall()
  step(DAY)
  const ahead = await start()
  const { refresh } = await ahead.signUp('alice')
  await ahead.close()

  step(-DAY)
  const right = await start()
  const { access } = tokensOf(await right.refresh(refresh))
  assert.equal((await right.me(access)).status, 200, 'and is not told to wait for a day')
  pass(3 * SECOND)
  await askAgain(right)
  assert.equal((await right.me(access)).status, 200)
  await right.close()
})
