import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handClock, startIssuer } from './issuer.ts'

const DAY = 86_400_000

test('rows past their use are counted, and removed at most so many at a time', async () => {
  const clock = handClock()
  const issuer = await startIssuer({ clock })
  await issuer.signUp('alice')
  for (let number = 0; number < 4; number += 1) await issuer.signIn('alice')
  assert.equal(await issuer.auth.upkeep.expiredRows(), 0)
  clock.advance(9 * DAY)
  const before = await issuer.auth.upkeep.expiredRows()
  assert.ok(before >= 5, 'five sessions are past their idle limit')
  assert.equal(await issuer.auth.upkeep.cleanUp(2), 2)
  assert.equal(await issuer.auth.upkeep.expiredRows(), before - 2)
  while ((await issuer.auth.upkeep.cleanUp(2)) > 0);
  assert.equal(await issuer.auth.upkeep.expiredRows(), 0)
  assert.ok((await issuer.auth.events.list({ limit: 9 })).length > 0, 'events stay for their own time')
  clock.advance(400 * DAY)
  assert.ok((await issuer.auth.upkeep.expiredRows()) > 0)
  while ((await issuer.auth.upkeep.cleanUp(100)) > 0);
  assert.deepEqual(await issuer.auth.events.list({ limit: 9 }), [])
  await issuer.close()
})

test('events are kept as long as the setting says', async () => {
  const clock = handClock()
  const issuer = await startIssuer({ clock, eventRetentionDays: 3 })
  await issuer.signUp('alice')
  clock.advance(2 * DAY)
  await issuer.auth.upkeep.cleanUp(100)
  assert.equal((await issuer.auth.events.list({ name: 'user.created', limit: 9 })).length, 1)
  clock.advance(2 * DAY)
  await issuer.auth.upkeep.cleanUp(100)
  assert.deepEqual(await issuer.auth.events.list({ name: 'user.created', limit: 9 }), [])
  await issuer.close()
})
