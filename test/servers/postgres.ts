import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { accountBesideRoot } from './account.ts'
import { type Account, type PrivateServer, startPrivateServer } from './private-server.ts'
import { postgresCopier, postgresServer, postgresSetup, requireProgram } from './programs.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'

const run = promisify(execFile)
const SETUP_MILLISECONDS = 60_000
const USER = 'countersign'

export interface PostgresOptions {
  /** Writes reach the disk before a commit is answered, as in production. Off by default: tests throw it all away. */
  readonly durable?: boolean
  /** Settings of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
  /** To keep its data on a disk of its own that a test can fill; needs the right to mount. */
  readonly diskMegabytes?: number
}

/** A PostgreSQL of a test's own. */
export interface PrivatePostgres extends PrivateServer {
  /** Of the database `postgres`; its user may do everything. */
  readonly url: string
  /** The same server, another database. */
  urlOf(database: string): string
  /** Where the data is, if it has a disk of its own. */
  readonly disk: SmallDisk | undefined
}

/** Starts a private PostgreSQL: about a second. As root it runs as the system's `postgres` user. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PrivatePostgres> {
  const { COUNTERSIGN_TEST_FOLDER: folderOfRun } = process.env
  if (folderOfRun === undefined || options.diskMegabytes !== undefined)
    return startOn(options, newPassword(), setUp)
  const { data, password } = await untouchedOf(folderOfRun)
  return startOn(options, password, (place) => runSetup('cp', ['-a', data, place.data], place))
}

/**
 * Starts a streaming replica of another one, which follows it until it is promoted.
 * @param port where the replica finds its primary: another one than its own, to put a wire between them
 */
export function startPostgresReplica(
  primary: PrivatePostgres,
  port: number,
  options: PostgresOptions = {},
): Promise<PrivatePostgres> {
  const { password } = new URL(primary.url)
  return startOn(options, password, (place) => copyFrom(port, place))
}

interface Place {
  readonly data: string
  readonly folder: string
  readonly password: string
  readonly account: Account | undefined
  /** Whether its disk is a small one. */
  readonly isSmall: boolean
}

async function startOn(
  { durable = false, settings = {}, diskMegabytes }: PostgresOptions,
  password: string,
  fillFolder: (place: Place) => Promise<void>,
): Promise<PrivatePostgres> {
  const postgres = requireProgram(postgresServer)
  const account = postgresAccount()
  const wanted = { ...BASE_SETTINGS, ...(durable ? {} : FORGETFUL_SETTINGS), ...settings }
  let disk: SmallDisk | undefined
  const dataIn = (folder: string) => join(disk?.path ?? folder, 'data')

  const server = await startPrivateServer({
    name: 'postgres',
    account,
    async prepare(folder) {
      if (diskMegabytes !== undefined) disk = mountSmallDisk(folder, diskMegabytes, account)
      await fillFolder({ data: dataIn(folder), folder, password, account, isSmall: disk !== undefined })
    },
    clear: () => disk?.unmount(),
    command: ({ folder, port }) => ({
      path: postgres,
      args: [
        ...['-D', dataIn(folder), '-p', String(port), '-k', folder],
        ...Object.entries(wanted).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
    }),
    ready: /database system is ready to accept (read-only )?connections/,
    // "Immediate": it does not wait for clients, and does not write what nobody will read.
    stopSignal: durable ? 'SIGINT' : 'SIGQUIT',
  })
  const urlOf = (database: string) => `postgres://${USER}:${password}@127.0.0.1:${server.port}/${database}`
  return { ...server, url: urlOf('postgres'), urlOf, disk }
}

const BASE_SETTINGS = {
  listen_addresses: '127.0.0.1',
  max_connections: '100',
  shared_buffers: '32MB',
  timezone: 'UTC',
}

const FORGETFUL_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

async function setUp({ data, folder, password, account, isSmall }: Place): Promise<void> {
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (account !== undefined) chownSync(passwordFile, account.uid, account.gid)
  const args = ['-D', data, '-U', USER, '-A', 'password', '--pwfile', passwordFile]
  const plain = ['-E', 'UTF8', '--locale', 'C', '--no-sync', '--no-instructions']
  // Its log is written in pieces of 16 MB otherwise, and a full disk would be noticed late.
  const small = isSmall ? ['--wal-segsize', '1'] : []
  await runSetup(requireProgram(postgresSetup), [...args, ...plain, ...small], { folder, account })
  rmSync(passwordFile)
}

async function copyFrom(port: number, { data, folder, password, account }: Place): Promise<void> {
  const args = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-U', USER]
  await runSetup(requireProgram(postgresCopier), [...args, '-R', '-X', 'stream', '-c', 'fast', '--no-sync'], {
    folder,
    account,
    env: { ...process.env, PGPASSWORD: password },
  })
}

/**
 * Data that no server has run on yet, and its password: what one file of a run has set up the next ones copy, in a fifth
 * of the time.
 */
async function untouchedOf(folderOfRun: string): Promise<{ data: string; password: string }> {
  const folder = join(folderOfRun, 'postgres')
  if (!existsSync(folder)) {
    const account = postgresAccount()
    const own = mkdtempSync(`${folder}-`)
    if (account !== undefined) chownSync(own, account.uid, account.gid)
    const password = newPassword()
    await setUp({ data: join(own, 'data'), folder: own, password, account, isSmall: false })
    writeFileSync(join(own, 'password'), password, { mode: 0o600 })
    try {
      renameSync(own, folder)
    } catch (error) {
      rmSync(own, { recursive: true })
      // Another file was first.
      if (!existsSync(folder)) throw error
    }
  }
  return { data: join(folder, 'data'), password: readFileSync(join(folder, 'password'), 'utf8') }
}

const newPassword = () => randomBytes(16).toString('hex')
const postgresAccount = () => accountBesideRoot('postgres', 'PostgreSQL')

interface SetupPlace {
  readonly folder: string
  readonly account: Account | undefined
  readonly env?: NodeJS.ProcessEnv
}

async function runSetup(program: string, args: readonly string[], place: SetupPlace): Promise<void> {
  const { folder, account, env = process.env } = place
  await run(program, args, { ...account, env, cwd: folder, timeout: SETUP_MILLISECONDS })
}
