import { setTimeout as pause } from 'node:timers/promises'
import { AuthError } from '../../errors/auth-error.ts'
import type { MigrationReport } from '../store.ts'
import { type Connection, firstRow } from './connection.ts'
import { eventValues, insertEvent } from './events.ts'
import { isLocked } from './failure.ts'
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

/**
 * Who waits for a whole table, as for a backup that reads it, keeps everybody waiting who comes after: for less than the
 * two seconds that the servers have patience. For more than the second after which PostgreSQL ends its own vacuum for it.
 */
const limitWaits = command("SET LOCAL lock_timeout = '1500ms'")
const BETWEEN_TRIES_MILLISECONDS = 500
/** Some two minutes. */
const MOST_TRIES = 60

const tables = command<{ name: string; about: number }>(`SELECT relname AS name, greatest(reltuples, (
     SELECT sum(part.reltuples) FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid WHERE inhparent = whole.oid
   ))::float8 AS about
   FROM pg_class whole
   WHERE relnamespace = to_regnamespace('countersign') AND relkind IN ('r', 'p') ORDER BY relname`)
/** To count more takes longer than there is time. */
const MOST_COUNTED = 1_000_000

const noteMigrated = statement('schema.migrated', insertEvent())

/** Refuses a schema that is not exactly this program's. */
export async function checkSchema(connection: Connection): Promise<void> {
  const found = await schemaVersion(connection)
  const details = { found, needed: NEWEST }
  if (found < NEWEST) throw new AuthError('STORE_SCHEMA_OLD', { details })
  if (found > NEWEST) throw new AuthError('STORE_SCHEMA_NEW', { details })
}

/**
 * Brings the schema forward in one transaction, or with `dryRun` says what it would do. Never goes back. Gives way to
 * servers that are at work, and tries again.
 */
export async function migrateSchema(pool: PooledConnection, dryRun: boolean): Promise<MigrationReport> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await takeSteps(pool, dryRun)
    } catch (error) {
      if (!isLocked(error) || tries === MOST_TRIES) throw error
      await pause(BETWEEN_TRIES_MILLISECONDS)
    }
  }
}

function takeSteps(pool: PooledConnection, dryRun: boolean): Promise<MigrationReport> {
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
    await connection.rows(limitWaits)
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
  for (const { name, about } of await connection.rows(tables)) {
    if (about > MOST_COUNTED) {
      rows[name] = about
      continue
    }
    const count = command<{ rows: number }>(`SELECT count(*) AS rows FROM countersign."${name}"`)
    rows[name] = (await firstRow(connection, count))?.rows ?? 0
  }
  return rows
}
