import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReuseReport } from '../../src/index.ts'
import { handClock, startIssuer, tokensOf } from './issuer.ts'

const SECOND = 1000
const DAY = 86_400_000

test('B2: sixteen refreshes of one token at once have one successor, and all get it', async () => {
  const issuer = await startIssuer()
  const { refresh } = await issuer.signUp('alice')
  const answers = await Promise.all(Array.from({ length: 16 }, () => issuer.refresh(refresh)))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  assert.equal(new Set(answers.map(({ body }) => body.refresh_token)).size, 1)
  await issuer.close()
})

test('B2: in strict mode exactly one of two succeeds, and the second is reuse', async () => {
  const issuer = await startIssuer({ refreshReuseWindowSeconds: 0 })
  const { refresh } = await issuer.signUp('alice')
  const answers = await Promise.all([issuer.refresh(refresh), issuer.refresh(refresh)])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400])
  const winner = answers.find(({ status }) => status === 200)
  assert.equal((await issuer.refresh(String(winner?.body.refresh_token))).status, 400)
  await issuer.close()
})

test('B1, B3: after the window an old token ends its session and its access tokens, and no other device', async () => {
  const clock = handClock()
  const reports: ReuseReport[] = []
  const issuer = await startIssuer({
    clock,
    hooks: { after: { reuse: (report) => void reports.push(report) } },
  })
  const stolen = await issuer.signUp('alice')
  const phone = tokensOf(await issuer.signIn('alice'))
  const honest = tokensOf(await issuer.refresh(stolen.refresh))
  clock.advance(9 * SECOND)
  assert.equal((await issuer.refresh(stolen.refresh)).body.refresh_token, honest.refresh)
  clock.advance(2 * SECOND)
  const reuse = await issuer.refresh(stolen.refresh)
  assert.equal(reuse.status, 400)
  assert.equal(reuse.body.error, 'invalid_grant')

  assert.equal((await issuer.me(honest.access)).status, 401)
  assert.equal((await issuer.refresh(honest.refresh)).status, 400)
  assert.equal((await issuer.me(phone.access)).status, 200)
  assert.equal((await issuer.refresh(phone.refresh)).status, 200)
  await new Promise(setImmediate)
  assert.equal(reports.length, 1)
  const events = await issuer.auth.events.list({ name: 'session.reuse', limit: 10 })
  assert.equal(events.length, 1, 'a token of an ended session raises no second alarm')
  await issuer.close()
})

test("onReuse: 'user' ends every session of the user", async () => {
  const clock = handClock()
  const issuer = await startIssuer({ clock, onReuse: 'user' })
  const stolen = await issuer.signUp('alice')
  const phone = tokensOf(await issuer.signIn('alice'))
  await issuer.refresh(stolen.refresh)
  clock.advance(11 * SECOND)
  assert.equal((await issuer.refresh(stolen.refresh)).status, 400)
  assert.equal((await issuer.me(phone.access)).status, 401)
  assert.equal((await issuer.refresh(phone.refresh)).status, 400)
  await issuer.close()
})

test('B3: an answer lost for a night is given again to whoever holds the same Idempotency-Key', async () => {
  const clock = handClock()
  const issuer = await startIssuer({ clock })
  const { refresh } = await issuer.signUp('alice')
  const key = { 'Idempotency-Key': 'stored-beside-the-token' }
  const lost = tokensOf(await issuer.refresh(refresh, key))
  clock.advance(8 * 3600 * SECOND)
  assert.equal(tokensOf(await issuer.refresh(refresh, key)).refresh, lost.refresh)
  clock.advance(8 * 3600 * SECOND)
  assert.equal((await issuer.refresh(refresh, { 'Idempotency-Key': 'another' })).status, 400)
  await issuer.close()
})

test('B5: the idle limit and the absolute limit both end a session', async () => {
  const clock = handClock()
  const issuer = await startIssuer({ clock })
  const idle = await issuer.signUp('alice')
  clock.advance(7 * DAY)
  assert.equal((await issuer.refresh(idle.refresh)).status, 400)

  let { refresh } = tokensOf(await issuer.signIn('alice'))
  for (let day = 0; day < 24; day += 6) {
    clock.advance(6 * DAY)
    refresh = tokensOf(await issuer.refresh(refresh)).refresh
  }
  clock.advance(6 * DAY - SECOND)
  assert.equal((await issuer.refresh(refresh)).status, 200)
  clock.advance(2 * SECOND)
  assert.equal((await issuer.refresh(refresh)).status, 400)
  await issuer.close()
})

test('an access token ends to the second, plus the tolerance', async () => {
  const clock = handClock()
  const issuer = await startIssuer({ clock })
  const { access } = await issuer.signUp('alice')
  clock.advance(900 * SECOND - 1)
  // The feed reads the same clock: the knowledge of revocations must be fresh for the answer to be about the token.
  await issuer.auth.sessions.end(
    '00000000-0000-4000-8000-000000000000',
    '00000000-0000-4000-8000-000000000000',
  )
  assert.equal((await issuer.me(access)).status, 200)
  clock.advance(6 * SECOND)
  await issuer.auth.sessions.end(
    '00000000-0000-4000-8000-000000000000',
    '00000000-0000-4000-8000-000000000000',
  )
  const expired = await issuer.me(access)
  assert.equal(expired.status, 401)
  assert.equal(expired.body.code, 'token_expired')
  assert.equal((await issuer.call('POST', '/logout', { token: access })).status, 204)
  await issuer.close()
})

test('signing out with an expired access token ends the session all the same', async () => {
  const clock = handClock()
  const issuer = await startIssuer({ clock })
  const { access, refresh } = await issuer.signUp('alice')
  clock.advance(3600 * SECOND)
  assert.equal((await issuer.call('POST', '/logout', { token: access })).status, 204)
  assert.equal((await issuer.refresh(refresh)).status, 400)
  await issuer.close()
})

test('B8: with stale knowledge of revocations a strict server answers 503, a relaxed one goes on', async () => {
  for (const [staleness, status] of [['strict', 503] as const, ['relaxed', 200] as const]) {
    const clock = handClock()
    const issuer = await startIssuer({ clock, staleness, maxStalenessSeconds: 5 })
    const { access } = await issuer.signUp('alice')
    clock.advance(6 * SECOND)
    const answer = await issuer.me(access)
    assert.equal(answer.status, status)
    if (status === 503) assert.ok(answer.headers.get('retry-after'))
    await issuer.close()
  }
})

test('B4: a forged, cut, stretched or foreign refresh token is 400 and ends nothing', async () => {
  const issuer = await startIssuer()
  const other = await startIssuer()
  const { refresh } = await issuer.signUp('alice')
  const foreign = await other.signUp('alice')
  const flipped = refresh.slice(0, -1) + (refresh.endsWith('A') ? 'B' : 'A')
  const forgeries = [flipped, refresh.slice(0, -2), `${refresh}AA`, refresh.toUpperCase(), 'x'.repeat(900)]
  for (const forgery of forgeries) {
    const answer = await issuer.refresh(forgery)
    assert.equal(answer.status, 400, forgery.slice(0, 12))
    await issuer.call('POST', '/logout', { json: { refresh_token: forgery } })
  }
  assert.equal((await issuer.refresh(foreign.refresh)).status, 400, 'the same keys, another database')
  assert.equal((await issuer.refresh(refresh)).status, 200)
  await Promise.all([issuer.close(), other.close()])
})

test('a refresh that asks for a scope nobody declared is refused, and the token is as good as it was', async () => {
  const clock = handClock()
  const issuer = await startIssuer({ clock })
  const { refresh } = await issuer.signUp('alice')
  const form = { grant_type: 'refresh_token', client_id: 'first-party', refresh_token: refresh }
  const misspelt = await issuer.call('POST', '/token', { form: { ...form, scope: 'profile:reed' } })
  assert.deepEqual([misspelt.status, misspelt.body.error], [400, 'invalid_scope'])
  clock.advance(60 * SECOND)
  assert.equal((await issuer.call('POST', '/token', { form })).status, 200)
  assert.equal((await issuer.auth.events.list({ name: 'session.reuse', limit: 1 })).length, 0)
  await issuer.close()
})

test('an ordinary life of a session raises no alarm', async () => {
  const issuer = await startIssuer()
  let { refresh } = await issuer.signUp('alice')
  for (let turn = 0; turn < 5; turn++) refresh = tokensOf(await issuer.refresh(refresh)).refresh
  const events = await issuer.auth.events.list({ limit: 100 })
  const names = events.map(({ name }) => name).filter((name) => name.startsWith('session.'))
  assert.deepEqual(names, ['session.started'])
  await issuer.close()
})
