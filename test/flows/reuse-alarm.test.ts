import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthOptions, ReuseReport } from '../../src/index.ts'
import { handClock, startIssuer, tokensOf } from './issuer.ts'

const SECOND = 1000
const OWNER = { address: '192.0.2.7', agent: 'Phone/1' }
const THIEF = { address: '198.51.100.9', agent: 'Script/9' }

/** An owner whose first refresh token somebody has copied, and who has refreshed since. */
async function stolen(options: AuthOptions = {}) {
  const clock = handClock()
  const reports: { hook: string; report: ReuseReport }[] = []
  const note = (hook: string) => (report: ReuseReport) => void reports.push({ hook, report })
  const issuer = await startIssuer({
    clock,
    hooks: { after: { reuse: note('reuse'), repeatElsewhere: note('repeatElsewhere') } },
    ...options,
  })
  const refreshFrom = ({ address, agent }: typeof OWNER, token: string) =>
    issuer.call('POST', '/refresh', {
      json: { refresh_token: token },
      headers: { 'user-agent': agent },
      address,
    })
  const { refresh: copied } = await issuer.signUp('alice')
  clock.advance(60 * SECOND)
  const owner = tokensOf(await refreshFrom(OWNER, copied))
  const turnedAt = clock.now()
  return { issuer, clock, reports, refreshFrom, copied, owner, turnedAt }
}

test('the alarm holds both addresses, user agents and times, in the event and in the hook', async () => {
  const { issuer, clock, reports, refreshFrom, copied, owner, turnedAt } = await stolen()
  const other = tokensOf(await issuer.signIn('alice'))
  clock.advance(11 * SECOND)
  const refused = await refreshFrom(THIEF, copied)
  assert.equal(refused.status, 400)
  assert.equal(refused.body.error, 'invalid_grant')

  const [event, ...more] = await issuer.auth.events.list({ name: 'session.reuse', limit: 9 })
  assert.equal(more.length, 0)
  assert.deepEqual(
    { ...event?.data },
    {
      presented: 0,
      generation: 1,
      address: THIEF.address,
      agent: THIEF.agent,
      at: clock.now(),
      last_address: OWNER.address,
      last_agent: OWNER.agent,
      last_at: turnedAt,
      ends: 'session',
    },
  )
  assert.equal(event?.origin.reference, refused.body.reference)
  await new Promise(setImmediate)
  assert.deepEqual(reports, [
    {
      hook: 'reuse',
      report: {
        userId: event?.userId,
        sessionId: event?.sessionId,
        now: { ...THIEF, at: clock.now() },
        last: { ...OWNER, at: turnedAt },
      },
    },
  ])
  assert.equal((await issuer.me(owner.access)).status, 401)
  assert.equal((await issuer.me(other.access)).status, 200, 'the other device stays')
  await issuer.close()
})

test('a hook that fails changes nothing', async () => {
  const fail = () => {
    throw new Error('the mail server is down')
  }
  const { issuer, clock, refreshFrom, copied } = await stolen({ hooks: { after: { reuse: fail } } })
  clock.advance(11 * SECOND)
  assert.equal((await refreshFrom(THIEF, copied)).body.error, 'invalid_grant')
  await issuer.close()
})

test('PROTOCOL 1.10: a repeat from another network and agent is an event and a hook, and gets the current token', async () => {
  const { issuer, clock, reports, refreshFrom, copied, owner, turnedAt } = await stolen()
  clock.advance(SECOND)
  assert.equal(tokensOf(await refreshFrom(THIEF, copied)).refresh, owner.refresh)
  const [event] = await issuer.auth.events.list({ name: 'session.repeat_elsewhere', limit: 9 })
  assert.equal(event?.data?.address, THIEF.address)
  assert.equal(event?.data?.last_address, OWNER.address)
  assert.equal(event?.data?.last_at, turnedAt)
  await new Promise(setImmediate)
  assert.deepEqual(
    reports.map(({ hook }) => hook),
    ['repeatElsewhere'],
  )
  await issuer.close()
})

test("repeatElsewhere: 'reuse' ends the session, but forgives whoever differs in one of the two", async () => {
  const { issuer, clock, reports, refreshFrom, copied, owner } = await stolen({ repeatElsewhere: 'reuse' })
  clock.advance(SECOND)
  for (const near of [
    OWNER,
    { ...OWNER, address: '192.0.2.200' },
    { ...OWNER, address: THIEF.address },
    { ...OWNER, agent: THIEF.agent },
  ]) {
    assert.equal(tokensOf(await refreshFrom(near, copied)).refresh, owner.refresh)
  }
  assert.equal((await refreshFrom(THIEF, copied)).status, 400)
  assert.equal((await issuer.me(owner.access)).status, 401)
  assert.equal((await refreshFrom(OWNER, owner.refresh)).status, 400)
  await new Promise(setImmediate)
  assert.deepEqual(
    reports.map(({ hook }) => hook),
    ['reuse'],
  )
  await issuer.close()
})

test("repeatElsewhere: 'reuse' does not keep the owner from going on from elsewhere", async () => {
  const { issuer, refreshFrom, owner } = await stolen({ repeatElsewhere: 'reuse' })
  assert.equal((await refreshFrom(THIEF, owner.refresh)).status, 200, 'the current token is no repeat')
  await issuer.close()
})
