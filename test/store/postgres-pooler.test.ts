import assert from 'node:assert/strict'
import { chownSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { guardedClock } from '../../src/base/clock.ts'
import { postgres } from '../../src/postgres.ts'
import { type PrivatePostgres, startPostgres } from '../servers/postgres.ts'
import { type PrivateServer, startPrivateServer } from '../servers/private-server.ts'
import { findProgram } from '../servers/programs.ts'
import { signIn } from './postgres-place.ts'

const bouncer = findProgram({
  title: 'PgBouncer',
  names: ['pgbouncer'],
  folders: ['/usr/sbin'],
  debianPackage: 'pgbouncer',
})

test('through PgBouncer in transaction mode: everything but hints, which need a direct connection', async (t) => {
  if (bouncer === undefined) return t.skip('PgBouncer is not installed (Debian: pgbouncer)')
  const server = await startPostgres()
  t.after(() => server.stop())
  const pooler = await startBouncer(bouncer, server)
  t.after(() => pooler.stop())
  const url = `postgres://anyone@127.0.0.1:${pooler.port}/postgres`

  const prepared = postgres(url)
  await assert.rejects(prepared.open({ clock: guardedClock(), migrate: true }), { code: 'STORE_UNAVAILABLE' })

  const store = postgres({ url, preparedStatements: false })
  await store.open({ clock: guardedClock(), migrate: true })
  const { call } = await signIn(store)
  const outcomes = await Promise.all(Array.from({ length: 16 }, () => store.sessions.refresh(call)))
  assert.deepEqual(outcomes.map(({ verdict }) => verdict).toSorted(), [...Array(15).fill('repeat'), 'rotate'])
  assert.equal((await store.revocations.pull()).complete, true)
  assert.equal(await store.users.count(), 1)
  await store.hints?.subscribe(() => {})
  assert.equal(store.hints?.working, false)
  await store.close()

  const direct = postgres({ url, preparedStatements: false, listenUrl: server.url })
  await direct.open({ clock: guardedClock(), migrate: false })
  await direct.hints?.subscribe(() => {})
  assert.equal(direct.hints?.working, true)
  await direct.close()
})

function startBouncer(path: string, server: PrivatePostgres): Promise<PrivateServer> {
  const { hostname, port, username, password } = new URL(server.url)
  // It refuses to run as root too: as whoever the database runs as.
  const { uid, gid } = statSync(join(server.folder, 'data'))
  const account = process.getuid?.() === 0 ? { uid, gid } : undefined
  const configuration = (own: number) => `[databases]
* = host=${hostname} port=${port} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
`
  return startPrivateServer({
    name: 'pgbouncer',
    account,
    command: ({ folder, port: own }) => {
      const file = join(folder, 'pgbouncer.ini')
      writeFileSync(file, configuration(own), { mode: 0o600 })
      if (account !== undefined) chownSync(file, account.uid, account.gid)
      return { path, args: [file] }
    },
    ready: /process up/,
    stopSignal: 'SIGTERM',
  })
}
