import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startPostgres, startPostgresReplica } from './postgres.ts'
import { postgresClient, requireProgram } from './programs.ts'

const psql = requireProgram(postgresClient)

async function query(url: string, sql: string): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const env = {
    ...process.env,
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: password,
    PGDATABASE: pathname.slice(1),
  }
  const { stdout } = await promisify(execFile)(psql, ['-AtqX', '-v', 'ON_ERROR_STOP=1', '-c', sql], { env })
  return stdout.trim()
}

test('a private PostgreSQL answers with the settings asked for, and only to its password', async (t) => {
  const server = await startPostgres({ settings: { max_connections: '17' } })
  t.after(() => server.stop())
  assert.equal(await query(server.url, 'show max_connections'), '17')
  assert.equal(await query(server.url, 'show fsync'), 'off')
  assert.equal(await query(server.url, 'show timezone'), 'UTC')
  await query(server.url, 'create database second')
  assert.equal(await query(server.urlOf('second'), 'select current_database()'), 'second')
  await assert.rejects(query(server.url.replace(/:[0-9a-f]{32}@/, ':wrong@'), 'select 1'), /password/)
})

test('a durable PostgreSQL keeps what was committed through a kill', async (t) => {
  const server = await startPostgres({ durable: true })
  t.after(() => server.stop())
  assert.equal(await query(server.url, 'show fsync'), 'on')
  await query(server.url, 'create table kept as select 7 as seven')
  await server.kill()
  await server.start()
  assert.equal(await query(server.url, 'select seven from kept'), '7')
})

test('a replica follows its primary, and takes over when that is gone', async (t) => {
  const primary = await startPostgres({ settings: { synchronous_commit: 'remote_apply' } })
  t.after(() => primary.stop())
  const replica = await startPostgresReplica(primary, primary.port)
  t.after(() => replica.stop())
  await query(primary.url, "alter system set synchronous_standby_names = '*'")
  await query(primary.url, 'select pg_reload_conf()')
  await query(primary.url, 'create table kept as select 7 as seven')
  // The setting holds once the server has read it, which may be a moment after that.
  while ((await query(replica.url, "select to_regclass('kept') is not null")) !== 't');
  await assert.rejects(query(replica.url, 'create table other (id int)'), /read-only/)
  await primary.kill()
  await query(replica.url, 'select pg_promote(true, 60)')
  assert.equal(await query(replica.url, 'select count(*) from kept where seven = 7'), '1')
})
