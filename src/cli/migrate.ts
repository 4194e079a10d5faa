import type { AuthOptions } from '../auth-options.ts'
import { loadConfig } from '../config/load.ts'
import type { MigrationReport } from '../store/store.ts'
import { configuredStore } from '../wiring/configured-store.ts'
import type { RestoreReport } from '../wiring/declare-restored.ts'
import { timeOf } from './account.ts'
import { type OutputOptions, print, printJson, printTable } from './output.ts'
import { OPERATOR, withAuth } from './with-auth.ts'

interface MigrateOptions extends OutputOptions {
  readonly dryRun?: boolean
  readonly restored?: boolean
  /** Copy everything into this PostgreSQL database. */
  readonly to?: string
}

export async function migrateCommand(options: MigrateOptions): Promise<void> {
  const { dryRun = false, restored = false, json = false } = options
  if (restored && dryRun) throw new Error('--restored and --dry-run exclude each other')
  if (options.to !== undefined) {
    if (restored || dryRun) throw new Error('--to goes with neither --restored nor --dry-run')
    return move(options.to, json)
  }
  if (restored) return reportRestored(await withAuth((auth) => auth.declareRestored(OPERATOR)), json)
  const report = await migrate(dryRun)
  if (json) {
    printJson({ dry_run: dryRun, ...report })
    return
  }
  if (report.steps.length === 0) print(`The schema is up to date (version ${report.to}).`)
  else print(`${dryRun ? 'Would bring' : 'Brought'} the schema from version ${report.from} to ${report.to}:`)
  for (const { version, title } of report.steps) print(`  ${version}  ${title}`)
  const rows = Object.entries(report.rows).map(([table, count]) => ({ table, rows: count }))
  if (rows.length > 0) printTable(rows, {}, '')
}

const place = () => ({ cwd: process.cwd(), env: process.env, isKeyless: true })

/** The database alone: its tables need no key to change, and in development none shall be made for it. */
async function migrate(dryRun: boolean): Promise<MigrationReport> {
  const { options, settings } = await loadConfig(place())
  const store = (options as AuthOptions).store ?? configuredStore(settings)
  try {
    return await store.migrate({ dryRun })
  } finally {
    await store.close()
  }
}

/** Copies SQLite into PostgreSQL and compares the two. A password stands in PGPASSWORD: arguments are seen by everybody. */
async function move(to: string, json: boolean): Promise<void> {
  const { settings } = await loadConfig(place())
  const from = settings.databaseUrl.reveal()
  if (!from.startsWith('sqlite:'))
    throw new Error('--to copies from SQLite: DATABASE_URL has to name the file that is moved')
  if (!/^postgres(?:ql)?:\/\//.test(to) || !URL.canParse(to))
    throw new Error('--to: a postgres:// URL of an empty database')
  const { password, searchParams } = new URL(to)
  if (password !== '' || searchParams.has('password'))
    throw new Error(
      '--to: without the password, which everybody on this machine could read: set PGPASSWORD or PGPASSFILE',
    )
  const { moveToPostgres } = await import('../store/move/to-postgres.ts')
  const tables = await moveToPostgres({
    from: from.slice('sqlite:'.length),
    to,
    onProgress({ table, copied, of }) {
      if (of > 0) process.stderr.write(`${table}: ${copied} of ${of}\n`)
    },
  })
  if (json) {
    printJson({ items: tables })
    return
  }
  printTable(
    tables.map(({ table, rows, checksum }) => ({ table, rows, checksum })),
    {},
    'Nothing to move.',
  )
  print(
    '\nBoth databases say the same. Now start every server with DATABASE_URL set to the new one; the file',
  )
  print('of SQLite is as it was: keep it until all is well, and start no server on it again.')
}

/** So that a terminal shows the first of them; `--json` names all. */
const MOST_SHOWN = 50

function reportRestored({ epoch, signingKeys, accounts, clients }: RestoreReport, json: boolean): void {
  const review = accounts.map(({ id, email, state, updatedAt }) => ({
    id,
    email,
    state,
    changed: timeOf(updatedAt),
  }))
  const secrets = clients.map(({ id, name }) => ({ id, name }))
  const keys = signingKeys.map(({ kid, use, algorithm }) => ({ kid, use, algorithm }))
  if (json) {
    printJson({ epoch, signing_keys: keys, accounts: review, clients: secrets })
    return
  }
  print(`Every session and token made before is void (epoch ${epoch}): people sign in again.`)
  for (const { kid, use, algorithm } of keys) {
    print(`A new key signs (${use}, ${algorithm}): ${kid}. Those of the backup are withdrawn.`)
  }
  print(
    'API keys are suspended until they are confirmed. Recovery codes and mailed links are void: people make new ones.',
  )
  print('Start every server anew.')
  print('')
  print(
    'Look at these accounts. Each has the password, the roles and the state of the backup, whatever changed since:',
  )
  printTable(review.slice(0, MOST_SHOWN), {}, 'none')
  if (review.length > MOST_SHOWN) print(`and ${review.length - MOST_SHOWN} more; --json names all`)
  if (secrets.length === 0) return
  print('')
  print('And at these clients, whose secrets are those of the backup:')
  printTable(secrets, {}, 'none')
}
