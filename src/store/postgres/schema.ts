import { AuthError } from '../../errors/auth-error.ts'
import type { MigrationReport } from '../store.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { MIGRATIONS } from './migrations/index.ts'
import type { PooledConnection } from './pool.ts'
import { command, statement } from './statement.ts'

const NEWEST = MIGRATIONS.at(-1)?.version ?? 0

/** A step may go through whole tables, and the first of several processes keeps the others waiting. */
const LONG = { long: true }

/** An arbitrary number that no other program's advisory lock has; released when the transaction ends. */
const lock = command('SELECT pg_advisory_xact_lock(7234510943)')

const exists = command<{
  found: boolean
  table: boolean
}>(`SELECT to_regnamespace('countersign') IS NOT NULL AS found,
     to_regclass('countersign.migrations') IS NOT NULL AS "table"`)

// Not IF NOT EXISTS, which asks for the right to create even where there is nothing to create.
const createSchema = command('CREATE SCHEMA countersign')

const createTable = command(`CREATE TABLE countersign.migrations (
     version integer PRIMARY KEY, title text NOT NULL, taken_at timestamptz NOT NULL DEFAULT clock_timestamp()
   )`)

const newest = command<{ version: number }>(
  'SELECT coalesce(max(version), 0) AS version FROM countersign.migrations',
)

const note = statement(
  'schema.note',
  'INSERT INTO countersign.migrations (version, title) VALUES (@version::integer, @title::text)',
)

const tables = command<{ name: string }>(`SELECT relname AS name FROM pg_class
   WHERE relnamespace = to_regnamespace('countersign') AND relkind IN ('r', 'p') ORDER BY relname`)

const noteMigrated = statement('schema.migrated', insertEvent())

/** Refuses a schema that is not exactly this program's. */
export async function checkSchema(connection: Connection): Promise<void> {
  const found = await schemaVersion(connection)
  const details = { found, needed: NEWEST }
  if (found < NEWEST) throw new AuthError('STORE_SCHEMA_OLD', { details })
  if (found > NEWEST) throw new AuthError('STORE_SCHEMA_NEW', { details })
}

/** Brings the schema forward in one transaction, or with `dryRun` says what it would do. Never goes back. */
export function migrateSchema(pool: PooledConnection, dryRun: boolean): Promise<MigrationReport> {
  return pool.transaction(async (connection) => {
    await connection.rows(lock)
    const from = await schemaVersion(connection)
    if (from > NEWEST) throw new AuthError('STORE_SCHEMA_NEW', { details: { found: from, needed: NEWEST } })
    const steps = MIGRATIONS.filter((step) => step.version > from)
    const report = {
      from,
      to: NEWEST,
      steps: steps.map(({ version, title }) => ({ version, title })),
      rows: await countRows(connection),
    }
    if (dryRun || steps.length === 0) return report
    await makePlace(connection)
    for (const { version, title, sql } of steps) {
      await connection.rows(command(sql))
      await connection.rows(note, { version, title })
    }
    const event = {
      name: 'store.migrated',
      origin: { actor: { kind: 'system' } },
      data: { from, to: NEWEST },
    } as const
    await connection.rows(noteMigrated, eventValues(event))
    return report
  }, LONG)
}

async function makePlace(connection: Connection): Promise<void> {
  const place = await firstRow(connection, exists)
  if (place?.found !== true) await connection.rows(createSchema)
  if (place?.table !== true) await connection.rows(createTable)
}

async function schemaVersion(connection: Connection): Promise<number> {
  const place = await firstRow(connection, exists)
  return place?.table === true ? ((await firstRow(connection, newest))?.version ?? 0) : 0
}

async function countRows(connection: Connection): Promise<Record<string, number>> {
  const rows: Record<string, number> = {}
  for (const { name } of await connection.rows(tables)) {
    const count = command<{ rows: number }>(`SELECT count(*) AS rows FROM countersign."${name}"`)
    rows[name] = (await firstRow(connection, count))?.rows ?? 0
  }
  return rows
}
