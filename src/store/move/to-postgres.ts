import { existsSync } from 'node:fs'
import { loadDriver } from '../postgres/driver.ts'
import { postgres } from '../postgres/index.ts'
import { type Database, openDatabase } from '../sqlite/database.ts'
import { sqlite } from '../sqlite/index.ts'
import { type CatalogRow, planTables, sourceColumn, type TablePlan } from './plan.ts'
import { Checksum, declaration, fromBatch, readBack, type Value, valueFrom } from './row.ts'

export interface MoveProgress {
  readonly table: string
  readonly copied: number
  readonly of: number
}

export interface MoveOptions {
  /** The file of SQLite. */
  readonly from: string
  /** `postgres://…` */
  readonly to: string
  /** Told after each batch, which is on disk then. */
  readonly onProgress?: (progress: MoveProgress) => void
}

export interface MovedTable {
  readonly table: string
  readonly rows: number
  /** The same over the rows of both databases. */
  readonly checksum: string
}

/** The part of a connection of `pg` that is used. */
interface Client {
  query(text: string, values?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>
}

const BATCH = 500
const LIVE_MILLISECONDS = 30_000
/** The longest statement counts the rows of a table; a server that has gone without a word keeps nobody waiting for ever. */
const LIMIT_MILLISECONDS = 600_000
/** One after the other looks at a target and begins there: an arbitrary number that no other program's advisory lock has. */
const LOCK = 7234510944
/** While a copy is unfinished the schema counts as newer than any program's, so that no server starts on it. */
const UNFINISHED_VERSION = 1_000_000

/**
 * Copies everything from SQLite into an empty PostgreSQL database, then compares every table by number of rows and
 * checksum. A copy that was interrupted goes on where it stopped. The source is locked against changes meanwhile, and is
 * left as it was. Rejects with an Error that says what to do: where a server is at work on the source, where the target
 * holds something else, where the two differ at the end.
 */
export async function moveToPostgres({ from, to, onProgress }: MoveOptions): Promise<readonly MovedTable[]> {
  if (!existsSync(from)) throw new Error(`${from} is not there: nothing to move`)
  const before = sqlite(from)
  await before.migrate()
  await before.close()
  const source = openDatabase(from)
  const { Client } = await loadDriver()
  const client = new Client({
    connectionString: to,
    application_name: 'countersign move',
    query_timeout: LIMIT_MILLISECONDS,
  })
  // Without a listener it would end the process. Whoever asks after that is told only that there is no connection any more.
  const broken: Error[] = []
  client.on('error', (error) => broken.push(error))
  await client.connect()
  try {
    // Nobody writes meanwhile: what waits for it longer than its limit is told that the store is away.
    lock(source, from)
    refuseLiveSource(source)
    const id = String(source.prepare('SELECT id FROM cs_store').get()?.id)
    await client.query(`SELECT pg_advisory_lock(${LOCK})`)
    await prepareTarget(client as Client, to, id)
    await client.query(`SELECT pg_advisory_unlock(${LOCK})`)
    const plans = planTables(await catalogOf(client as Client))
    for (const plan of plans) {
      await copyTable(source, client as Client, plan, onProgress).catch((error: unknown) => {
        const { message } = broken[0] ?? (error as Error)
        throw new Error(`${plan.name} was not copied to its end: ${message}. Called again, it goes on there.`)
      })
    }
    const moved: MovedTable[] = []
    for (const plan of plans) moved.push(await compareTable(source, client as Client, plan))
    await finish(client as Client, plans)
    return moved
  } finally {
    if (source.isTransaction) source.exec('ROLLBACK')
    source.close()
    await client.end()
  }
}

function lock(source: Database, from: string): void {
  try {
    source.exec('BEGIN IMMEDIATE')
  } catch (error) {
    throw new Error(
      `${from} is in use by another program, which has to end first: ${(error as Error).message}.`,
    )
  }
}

function refuseLiveSource(source: Database): void {
  const row = source
    .prepare('SELECT count(*) AS nodes FROM cs_nodes WHERE seen_at > ?')
    .get(Date.now() - LIVE_MILLISECONDS)
  if (Number(row?.nodes) > 0)
    throw new Error(
      'A server is at work on the source, or was killed within the last 30 seconds: stop every one, then move.',
    )
}

/** Makes the schema in an empty database, or finds the unfinished copy of this very source. */
async function prepareTarget(client: Client, to: string, id: string): Promise<void> {
  const title = `unfinished copy of ${id}`
  const [place] = await rowsOf(client, "SELECT to_regclass('countersign.migrations') IS NOT NULL AS found")
  if (place?.found === true) {
    const [marker] = await rowsOf(client, 'SELECT title FROM countersign.migrations WHERE version = $1', [
      UNFINISHED_VERSION,
    ])
    if (marker?.title === title) return
    if (marker !== undefined)
      throw new Error(
        `The target holds an ${String(marker.title)}, which is another database. Drop the schema countersign there to give that up.`,
      )
    const [held] = await rowsOf(
      client,
      `SELECT (SELECT count(*) FROM countersign.users) + (SELECT count(*) FROM countersign.keys)
         + (SELECT count(*) FROM countersign.events WHERE name <> 'store.migrated') AS rows`,
    )
    if (Number(held?.rows) > 0)
      throw new Error('The target is in use: it holds accounts, keys or events. Move into an empty database.')
  }
  const store = postgres(to)
  await store.migrate()
  await store.close()
  const tables = (await catalogOf(client)).map(({ table_name }) => table_name)
  const filled = [...new Set(tables)].filter((name) => name !== 'migrations')
  await client.query('BEGIN')
  await client.query(`TRUNCATE ${filled.map((name) => `countersign.${name}`).join(', ')}`)
  await client.query(
    'CREATE TABLE countersign.move_progress (name text PRIMARY KEY, last_key json, copied bigint NOT NULL, done boolean NOT NULL)',
  )
  await client.query('INSERT INTO countersign.migrations (version, title) VALUES ($1, $2)', [
    UNFINISHED_VERSION,
    title,
  ])
  await client.query('COMMIT')
}

async function catalogOf(client: Client): Promise<readonly CatalogRow[]> {
  const rows = await rowsOf(
    client,
    `SELECT c.relname AS table_name, a.attname AS column_name, format_type(a.atttypid, a.atttypmod) AS type,
       coalesce(array_position(i.indkey::int2[], a.attnum), -1) + 1 AS key_place
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
     WHERE c.relnamespace = to_regnamespace('countersign') AND c.relkind IN ('r', 'p') AND a.attnum > 0
       AND NOT a.attisdropped AND c.relname <> 'move_progress'
     ORDER BY c.relname, a.attnum`,
  )
  return rows as unknown as CatalogRow[]
}

interface Progress {
  lastKey: readonly Value[] | undefined
  copied: number
  done: boolean
}

async function copyTable(
  source: Database,
  client: Client,
  plan: TablePlan,
  onProgress: MoveOptions['onProgress'],
): Promise<void> {
  const progress = await progressOf(client, plan)
  if (progress.done) return
  const count = source.prepare(`SELECT count(*) AS rows FROM (${plan.source})`).get()
  const of = Number(count?.rows)
  for (;;) {
    const batch = readBatch(source, plan, progress.lastKey)
    const last = batch.at(-1)
    progress.copied += batch.length
    progress.done = batch.length < BATCH
    if (last !== undefined) progress.lastKey = plan.key.map((name) => last.raw[name] as Value)
    await client.query('BEGIN')
    await insertBatch(
      client,
      plan,
      batch.map(({ values }) => values),
    )
    await client.query(
      `INSERT INTO countersign.move_progress VALUES ($1, $2, $3, $4)
       ON CONFLICT (name) DO UPDATE SET last_key = excluded.last_key, copied = excluded.copied, done = excluded.done`,
      [plan.name, JSON.stringify(progress.lastKey ?? null), progress.copied, progress.done],
    )
    await client.query('COMMIT')
    onProgress?.({ table: plan.name, copied: progress.copied, of })
    if (progress.done) return
  }
}

async function progressOf(client: Client, { name }: TablePlan): Promise<Progress> {
  const [row] = await rowsOf(
    client,
    'SELECT last_key, copied, done FROM countersign.move_progress WHERE name = $1',
    [name],
  )
  const lastKey = Array.isArray(row?.last_key) ? (row.last_key as Value[]) : undefined
  return { lastKey, copied: Number(row?.copied ?? 0), done: row?.done === true }
}

interface SourceRow {
  readonly raw: Readonly<Record<string, unknown>>
  readonly values: Readonly<Record<string, Value>>
}

function readBatch(source: Database, plan: TablePlan, after: readonly Value[] | undefined): SourceRow[] {
  const names = plan.key.map((name) => `"${name}"`).join(', ')
  const where = after === undefined ? '' : `WHERE (${names}) > (${plan.key.map(() => '?').join(', ')})`
  const rows = source
    .prepare(`SELECT * FROM (${plan.source}) ${where} ORDER BY ${names} LIMIT ${BATCH}`)
    .all(...((after ?? []) as string[])) as Record<string, unknown>[]
  return rows.map((raw) => ({ raw, values: valuesOf(plan, raw) }))
}

function valuesOf(plan: TablePlan, raw: Readonly<Record<string, unknown>>): Record<string, Value> {
  return Object.fromEntries(
    plan.columns.map((column) => [column.name, valueFrom(raw[sourceColumn(plan, column.name)], column)]),
  )
}

async function insertBatch(
  client: Client,
  { name, columns }: TablePlan,
  rows: readonly Readonly<Record<string, Value>>[],
): Promise<void> {
  if (rows.length === 0) return
  const names = columns.map((column) => `"${column.name}"`).join(', ')
  await client.query(
    `INSERT INTO countersign.${name} (${names}) OVERRIDING SYSTEM VALUE
     SELECT ${columns.map(fromBatch).join(', ')} FROM json_to_recordset($1::json) AS r (${columns.map(declaration).join(', ')})`,
    [JSON.stringify(rows)],
  )
}

async function compareTable(source: Database, client: Client, plan: TablePlan): Promise<MovedTable> {
  const [sent, read] = [new Checksum(), new Checksum()]
  for (let after: readonly Value[] | undefined; ; ) {
    const batch = readBatch(source, plan, after)
    for (const { values } of batch) sent.addSent(plan.columns, values)
    const last = batch.at(-1)
    if (last === undefined || batch.length < BATCH) break
    after = plan.key.map((name) => last.raw[name] as Value)
  }
  const columns = plan.columns.map(readBack).join(', ')
  await client.query('BEGIN')
  await client.query(`DECLARE rows CURSOR FOR SELECT ${columns} FROM countersign.${plan.name}`)
  for (;;) {
    const batch = await rowsOf(client, `FETCH ${BATCH} FROM rows`)
    for (const row of batch) read.addRead(plan.columns, row as Record<string, string | null>)
    if (batch.length < BATCH) break
  }
  await client.query('COMMIT')
  if (sent.rows !== read.rows || String(sent) !== String(read))
    throw new Error(
      `${plan.name} is not the same on both sides: ${sent.rows} rows (${sent}) and ${read.rows} (${read}). The source was changed after an interrupted copy began: drop the schema countersign in the target, and move again.`,
    )
  return { table: plan.name, rows: sent.rows, checksum: String(sent) }
}

/** From here on it is a database like any other: numbers go on behind the copied ones, and servers may start. */
async function finish(client: Client, plans: readonly TablePlan[]): Promise<void> {
  await client.query('BEGIN')
  for (const { name, columns } of plans) {
    if (!columns.some((column) => column.name === 'number')) continue
    await client.query(
      `SELECT setval(pg_get_serial_sequence('countersign.${name}', 'number'),
         greatest((SELECT coalesce(max(number), 0) FROM countersign.${name}), 1))`,
    )
  }
  await client.query('DROP TABLE countersign.move_progress')
  await client.query('DELETE FROM countersign.migrations WHERE version = $1', [UNFINISHED_VERSION])
  await client.query('COMMIT')
}

async function rowsOf(
  client: Client,
  text: string,
  values?: readonly unknown[],
): Promise<Record<string, unknown>[]> {
  return (await client.query(text, values)).rows
}
