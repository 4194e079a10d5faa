import { chownSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PrivatePostgres } from './postgres.ts'
import { type PrivateServer, startPrivateServer } from './private-server.ts'
import { pgBouncer, requireProgram } from './programs.ts'

export interface BouncerOptions {
  /** Connections to each database; those who find none free wait in its queue. */
  readonly connections?: number
}

/** A PgBouncer of a test's own, in transaction mode. */
export interface PrivateBouncer extends PrivateServer {
  /** A database of the server behind it. It asks nobody for a password: it is on the loopback address alone. */
  urlOf(database: string): string
}

/** Starts a private PgBouncer in front of a server: some 20 ms. Set up as its packages are but for what is said here. */
export async function startBouncer(
  server: PrivatePostgres,
  { connections = 4 }: BouncerOptions = {},
): Promise<PrivateBouncer> {
  const path = requireProgram(pgBouncer)
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
default_pool_size = ${connections}
`
  const bouncer = await startPrivateServer({
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
  return { ...bouncer, urlOf: (database) => `postgres://anyone@127.0.0.1:${bouncer.port}/${database}` }
}
