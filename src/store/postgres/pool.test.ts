import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { poolConnection } from './pool.ts'
import { statement } from './statement.ts'

const question = statement('test.question', 'SELECT 1')

/** A pool of one connection that fails as told, and listens to it only while it is in the pool. */
function poolOf(query: () => Promise<{ readonly rows: readonly unknown[] }>) {
  const released: unknown[] = []
  const idleListener = (): void => undefined
  const client = Object.assign(new EventEmitter(), {
    query,
    release(broken?: Error | boolean) {
      released.push(broken ?? false)
      if (broken !== true) client.on('error', idleListener)
    },
  })
  client.on('error', idleListener)
  const pool = {
    async connect() {
      client.off('error', idleListener)
      return client
    },
  }
  const settings = { limitMilliseconds: 1000, longLimitMilliseconds: 1000, mostWaiting: 1, prepared: true }
  return { client, released, connection: poolConnection(pool, settings) }
}

test('a connection that was thrown away and then says what it died of ends nothing', async () => {
  const { client, released, connection } = poolOf(() => Promise.reject(new Error('Connection terminated')))
  await assert.rejects(connection.rows(question), /STORE_UNAVAILABLE/)
  assert.deepEqual(released, [true])
  client.emit('error', new Error('terminating connection due to unexpected postmaster exit'))
})

test('a connection that is given back has the listeners of the pool alone', async () => {
  const { client, released, connection } = poolOf(async () => ({ rows: [] }))
  assert.deepEqual(await connection.rows(question), [])
  assert.deepEqual(released, [false])
  assert.equal(client.listenerCount('error'), 1)
})

test('G-14: a pool that never answers is not asked without end, however often we give up', async () => {
  let asked = 0
  const never = () => {
    asked += 1
    return new Promise<never>(() => {})
  }
  const settings = { limitMilliseconds: 1, longLimitMilliseconds: 1, mostWaiting: 3, prepared: true }
  const connection = poolConnection({ connect: never }, settings)
  const reasons: unknown[] = []
  for (let count = 0; count < 5; count += 1) {
    await connection.rows(question).catch((error) => reasons.push(error.refusal.details.reason))
  }
  assert.equal(asked, 3)
  assert.deepEqual(reasons, [
    ...Array(3).fill('no connection was free in time'),
    ...Array(2).fill('too many statements wait for a connection'),
  ])
})

test('a pool that throws, for want of a certificate, is a database that is away: nothing waits and nothing ends', async () => {
  const settings = { limitMilliseconds: 1, longLimitMilliseconds: 1, mostWaiting: 1, prepared: true }
  const connection = poolConnection(
    {
      connect() {
        throw new Error('ENOENT: no such file or directory')
      },
    },
    settings,
  )
  for (let count = 0; count < 3; count += 1) {
    await assert.rejects(connection.rows(question), { code: 'STORE_UNAVAILABLE', message: /Look at/ })
  }
  assert.deepEqual(connection.load(), { working: 0, waiting: 0 })
})
