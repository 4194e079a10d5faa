import type { Clock } from '../../base/clock.ts'
import { AuthError } from '../../errors/auth-error.ts'
import type { MigrationReport } from '../store.ts'
import { createStatements, type Reading, type Statements, type Writing } from './connection.ts'
import { beginMigration, type Database } from './database.ts'
import { writeEvent } from './events.ts'
import { rollBackQuietly } from './group-commit.ts'
import { MIGRATIONS } from './migrations/index.ts'

/** Refuses a schema that is not exactly this program's. */
export function checkSchema(database: Database): void {
  const version = schemaVersion(createStatements(database))
  const newest = newestVersion()
  const details = { found: version, needed: newest }
  if (version < newest) throw new AuthError('STORE_SCHEMA_OLD', { details })
  if (version > newest) throw new AuthError('STORE_SCHEMA_NEW', { details })
}

/** Brings the schema forward in one transaction, or with `dryRun` says what it would do. Never goes back. */
export function migrateSchema(database: Database, clock: Clock, dryRun: boolean): MigrationReport {
  const db = { ...createStatements(database), now: clock.now(), waitedMilliseconds: 0 }
  if (dryRun) database.exec('BEGIN')
  else beginMigration(database)
  try {
    const from = schemaVersion(db)
    if (from > newestVersion()) {
      throw new AuthError('STORE_SCHEMA_NEW', { details: { found: from, needed: newestVersion() } })
    }
    const steps = MIGRATIONS.filter((step) => step.version > from)
    const report = {
      from,
      to: newestVersion(),
      steps: steps.map(({ version, title }) => ({ version, title })),
      rows: countRows(db),
    }
    if (!dryRun && steps.length > 0) takeSteps(database, db, from)
    database.exec('COMMIT')
    return report
  } catch (error) {
    rollBackQuietly(database)
    throw error
  }
}

function takeSteps(database: Database, db: Writing, from: number): void {
  database.exec(
    `CREATE TABLE IF NOT EXISTS cs_migrations (
       version INTEGER PRIMARY KEY, title TEXT NOT NULL, taken_at INTEGER NOT NULL
     ) STRICT`,
  )
  for (const { version, title, sql } of MIGRATIONS) {
    if (version <= from) continue
    database.exec(sql)
    db.run('INSERT INTO cs_migrations VALUES (:version, :title, :now)', { version, title, now: db.now })
  }
  writeEvent(db, {
    name: 'store.migrated',
    origin: { actor: { kind: 'system' } },
    data: { from, to: newestVersion() },
  })
}

function newestVersion(): number {
  return MIGRATIONS.at(-1)?.version ?? 0
}

/** Not the file's `user_version`: that belongs to an application that may share the file. */
function schemaVersion(db: Pick<Statements, 'get'>): number {
  const table = db.get(`SELECT 1 FROM sqlite_schema WHERE name = 'cs_migrations'`)
  if (table === undefined) return 0
  return db.get<{ version: number | null }>('SELECT max(version) version FROM cs_migrations')?.version ?? 0
}

function countRows(db: Reading): Record<string, number> {
  const tables = db.all<{ name: string }>(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'cs_*' ORDER BY name`,
  )
  return Object.fromEntries(
    tables.map(({ name }) => [
      name,
      db.get<{ rows: number }>(`SELECT count(*) rows FROM "${name}"`)?.rows ?? 0,
    ]),
  )
}
