import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { accountBesideRoot } from './account.ts'
import { type Account, type PrivateServer, startPrivateServer } from './private-server.ts'
import { postgresServer, postgresSetup, requireProgram } from './programs.ts'

const run = promisify(execFile)
const SETUP_MILLISECONDS = 60_000
const USER = 'countersign'

export interface PostgresOptions {
  /** Writes reach the disk before a commit is answered, as in production. Off by default: tests throw it all away. */
  readonly durable?: boolean
  /** Settings of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A PostgreSQL of a test's own. */
export interface PrivatePostgres extends PrivateServer {
  /** Of the database `postgres`; its user may do everything. */
  readonly url: string
  /** The same server, another database. */
  urlOf(database: string): string
}

/** Starts a private PostgreSQL: about a second. As root it runs as the system's `postgres` user. */
export async function startPostgres({
  durable = false,
  settings = {},
}: PostgresOptions = {}): Promise<PrivatePostgres> {
  const postgres = requireProgram(postgresServer)
  const initdb = requireProgram(postgresSetup)
  const account = accountBesideRoot('postgres', 'PostgreSQL')
  const password = randomBytes(16).toString('hex')
  const wanted = { ...BASE_SETTINGS, ...(durable ? {} : FORGETFUL_SETTINGS), ...settings }

  const server = await startPrivateServer({
    name: 'postgres',
    account,
    prepare: (folder) => setUp(initdb, folder, password, account),
    command: ({ folder, port }) => ({
      path: postgres,
      args: [
        ...['-D', join(folder, 'data'), '-p', String(port), '-k', folder],
        ...Object.entries(wanted).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
    }),
    ready: /database system is ready to accept connections/,
    // "Immediate": it does not wait for clients, and does not write what nobody will read.
    stopSignal: durable ? 'SIGINT' : 'SIGQUIT',
  })
  const urlOf = (database: string) => `postgres://${USER}:${password}@127.0.0.1:${server.port}/${database}`
  return { ...server, url: urlOf('postgres'), urlOf }
}

const BASE_SETTINGS = {
  listen_addresses: '127.0.0.1',
  max_connections: '100',
  shared_buffers: '32MB',
  timezone: 'UTC',
}

const FORGETFUL_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

async function setUp(
  initdb: string,
  folder: string,
  password: string,
  account: Account | undefined,
): Promise<void> {
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (account !== undefined) chownSync(passwordFile, account.uid, account.gid)
  const args = ['-D', join(folder, 'data'), '-U', USER, '-A', 'password', '--pwfile', passwordFile]
  const plain = ['-E', 'UTF8', '--locale', 'C', '--no-sync', '--no-instructions']
  await run(initdb, [...args, ...plain], { ...account, cwd: folder, timeout: SETUP_MILLISECONDS })
  rmSync(passwordFile)
}
