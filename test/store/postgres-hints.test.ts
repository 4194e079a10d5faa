import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { guardedClock } from '../../src/base/clock.ts'
import { event, newUser, patient, startPlace } from './postgres-place.ts'

const place = await startPlace()
after(() => place.stop())

test('PROTOCOL 2.3: one process tells the other, many at once are few notices, and a restart is survived', async () => {
  const store = await place.open()
  const other = patient({ url: store.url })
  await other.open({ clock: guardedClock(), migrate: false })
  let heard = 0
  assert.equal(store.hints?.working, false)
  const end = await store.hints?.subscribe(() => {
    heard += 1
  })
  assert.equal(store.hints?.working, true)
  await other.hints?.subscribe(() => {})
  await pause(50)
  const before = heard
  for (let count = 0; count < 500; count += 1) other.hints?.send()
  await eventually(() => heard > before)
  await pause(100)
  assert.ok(heard - before <= 3, `${heard - before} notices for 500 hints sent together`)

  await place.server.restart()
  await eventually(() => store.hints?.working === true)
  const again = heard
  await eventually(() => other.hints?.working === true)
  other.hints?.send()
  await eventually(() => heard > again)

  await end?.()
  const last = heard
  other.hints?.send()
  await pause(100)
  assert.equal(heard, last)

  await other.close()
  assert.equal(other.hints?.working, false)
  other.hints?.send()
  await other.open({ clock: guardedClock(), migrate: false })
  await other.hints?.subscribe(() => {})
  assert.equal(other.hints?.working, true, 'a store that is opened again has its hints again')
  await other.close()
})

test('PROTOCOL 2.3: where notices cannot work nothing fails, and nothing is claimed', async () => {
  const url = await place.newUrl()
  const store = await place.open({
    url,
    listenUrl: 'postgres://nobody:none@127.0.0.1:1/none',
  })
  const end = await store.hints?.subscribe(() => assert.fail('there is nothing to hear'))
  assert.equal(store.hints?.working, false)
  store.hints?.send()
  await end?.()
  const created = await store.users.create(newUser('still'), event('user.created'))
  assert.equal(created.outcome, 'created')
})

async function eventually(holds: () => boolean): Promise<void> {
  const late = performance.now() + 120_000
  while (!holds()) {
    if (performance.now() > late) assert.fail('it did not come to pass')
    await pause(50)
  }
}
