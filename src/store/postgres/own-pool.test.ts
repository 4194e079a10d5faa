import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openPool } from './own-pool.ts'
import { poolConnection } from './pool.ts'
import { statement } from './statement.ts'

/** One message of the protocol (PostgreSQL 53.7): its letter, its length, and what it says. */
function message(letter: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(4 + body.length)
  return Buffer.concat([Buffer.from(letter), length, body])
}

test('a server that is shut down in the moment it is ready takes nobody along', async (t) => {
  const authenticated = message('R', Buffer.alloc(4))
  const ready = message('Z', Buffer.from('I'))
  const ending = message('E', Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0'))
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(Buffer.concat([authenticated, ready, ending])))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())

  const { port } = server.address() as AddressInfo
  const settings = {
    connections: 1,
    limitMilliseconds: 30_000,
    longLimitMilliseconds: 30_000,
    mostWaiting: 1,
    prepared: false,
  }
  const pool = await openPool(`postgres://somebody@127.0.0.1:${port}/any`, settings)
  t.after(() => pool.end())
  await assert.rejects(poolConnection(pool, settings).rows(statement('test.question', 'SELECT 1')), {
    code: 'STORE_UNAVAILABLE',
  })
})

test('a certificate that is gone when the next connection is made is told to whoever waited for it, and ends nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-pool-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const certificate = join(folder, 'ca.pem')
  writeFileSync(certificate, '')
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      rmSync(certificate)
      socket.destroy()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())

  const { port } = server.address() as AddressInfo
  const settings = { connections: 1, limitMilliseconds: 30_000, prepared: false }
  const pool = await openPool(
    `postgres://somebody@127.0.0.1:${port}/any?sslmode=verify-full&sslrootcert=${certificate}`,
    settings,
  )
  t.after(() => pool.end())
  const asked = [pool.connect(), pool.connect(), pool.connect()]
  const told = (await Promise.allSettled(asked)).map((one) => one.status === 'rejected' && one.reason.code)
  assert.deepEqual(told.slice(1), ['ENOENT', 'ENOENT'])
})
