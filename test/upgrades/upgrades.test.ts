import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { postgres } from '../../src/postgres.ts'
import { MIGRATIONS as POSTGRES_MIGRATIONS } from '../../src/store/postgres/migrations/index.ts'
import { MIGRATIONS } from '../../src/store/sqlite/migrations/index.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { countOf } from '../counts.ts'
import { handClock, startIssuer } from '../flows/issuer.ts'
import { PATIENCE_MILLISECONDS, type Place, run, startPlace } from '../store/postgres-place.ts'
import { DIALECTS, isKept, type KeptRecord, readKept } from './kept.ts'
import { optionsOf, STORY, type Stage } from './story.ts'

/** When people go on: past the window of a refresh, within the life of an access token. */
const LATER_MILLISECONDS = 60_000
const NEWEST = MIGRATIONS.at(-1)?.version ?? 0
const SCHEMAS = MIGRATIONS.map(({ version }) => version)
/** A quick run takes the newest schema and every fourth before it; CI takes them all. */
const STEP = countOf({ quick: 4, full: 1, long: 1 })
const MIGRATED = SCHEMAS.filter((schema) => (NEWEST - schema) % STEP === 0)

let place: Place
let folder: string
let newShapes: ReadonlyMap<number, unknown[]>
before(async () => {
  place = await startPlace()
  newShapes = await stepwise()
  folder = mkdtempSync(join(tmpdir(), 'countersign-upgrades-'))
})
after(async () => {
  await place?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('of every schema there is a database of each dialect', () => {
  assert.deepEqual(
    POSTGRES_MIGRATIONS.map(({ version }) => version),
    SCHEMAS,
  )
  const missing = DIALECTS.flatMap((dialect) =>
    SCHEMAS.filter((schema) => !isKept(dialect, schema)).map((schema) => `${dialect} ${schema}`),
  )
  assert.deepEqual(missing, [], 'a migration was added: run `npm run keep-schema` and commit what it makes')
})

/** Migrates, counts, and plays on where the release of that time stopped. */
async function upgrade(
  schema: number,
  record: KeptRecord,
  store: Store,
  clock?: ReturnType<typeof handClock>,
): Promise<void> {
  const { from, to, rows } = await store.migrate()
  assert.deepEqual([from, to], [schema, NEWEST])
  const { steps, rows: after } = await store.migrate({ dryRun: true })
  assert.deepEqual(steps, [])
  for (const [table, count] of Object.entries(rows)) {
    assert.ok((after[table] ?? 0) >= count, `${table}: ${count} rows became ${after[table]}`)
  }
  const issuer = await startIssuer({ ...optionsOf(NEWEST), store, ...(clock && { clock }) })
  const stage: Stage = { issuer, store, now: clock?.now ?? Date.now, tokensLive: clock !== undefined }
  try {
    for (const [name, chapter] of Object.entries(STORY)) {
      if (chapter.since > schema) continue
      const holdings = record.holdings[name]
      assert.ok(holdings, `the kept database has no chapter ${name}`)
      await chapter.judge(stage, holdings)
    }
  } finally {
    await issuer.close()
  }
}

/** What a database of SQLite is made of, by name. */
function shapeOf(database: DatabaseSync): unknown[] {
  const text = (sql: unknown) => String(sql).replaceAll(/\s+/g, ' ')
  return database
    .prepare("SELECT name, sql FROM sqlite_schema WHERE name GLOB 'cs_*' ORDER BY name")
    .all()
    .map(({ name, sql }) => [name, text(sql)])
}

/** A new database, brought to a schema by the steps as they are now. */
function newShape(schema: number): unknown[] {
  const database = new DatabaseSync(':memory:')
  for (const { version, sql } of MIGRATIONS) if (version <= schema) database.exec(sql)
  const shape = shapeOf(database).filter((part) => Array.isArray(part) && part[0] !== 'cs_migrations')
  database.close()
  return shape
}

for (const schema of MIGRATED) {
  test(`SQLite: what the release of schema ${schema} left is migrated, and people go on`, async () => {
    const { database, ...record } = readKept('sqlite', schema)
    const path = join(folder, `${schema}.db`)
    writeFileSync(path, database)
    const shapeNow = () => {
      const file = new DatabaseSync(path)
      const shape = shapeOf(file).filter((part) => Array.isArray(part) && part[0] !== 'cs_migrations')
      const broken = file.prepare('PRAGMA foreign_key_check').all()
      const [integrity] = file.prepare('PRAGMA integrity_check').all()
      file.close()
      assert.deepEqual([broken, Object.values(integrity ?? {})], [[], ['ok']])
      return shape
    }
    assert.deepEqual(shapeNow(), newShape(schema), 'a step that was released has been changed')
    const clock = handClock(record.at + LATER_MILLISECONDS)
    await upgrade(schema, record, createSqliteStore(path), clock)
    assert.deepEqual(shapeNow(), newShape(NEWEST))
  })

  test(`PostgreSQL: what the release of schema ${schema} left is migrated, and people go on`, async () => {
    const { database, ...record } = readKept('postgres', schema)
    const url = await place.newUrl()
    await run(url, database.toString())
    assert.deepEqual(await postgresShape(url), newShapes.get(schema), 'a released step has been changed')
    await run(url, laterBy(Date.now() - record.at - LATER_MILLISECONDS))
    await upgrade(schema, record, postgres({ url, limitMilliseconds: PATIENCE_MILLISECONDS }))
    assert.deepEqual(await postgresShape(url), newShapes.get(NEWEST))
  })
}

/** The database's own clock decides there: what was written then is moved to now. */
function laterBy(milliseconds: number): string {
  return `DO $$ DECLARE c record; BEGIN
    FOR c IN SELECT table_name, column_name, data_type FROM information_schema.columns
      WHERE table_schema = 'countersign' AND data_type IN ('timestamp with time zone', 'date')
    LOOP
      EXECUTE format('UPDATE countersign.%I SET %I = (%I + interval ''${milliseconds} milliseconds'')::%s',
        c.table_name, c.column_name, c.column_name, c.data_type);
    END LOOP;
  END $$`
}

const SHAPE = `
  SELECT 'column' AS kind, table_name || '.' || column_name AS name,
    concat_ws(' ', data_type, is_nullable, column_default) AS text
  FROM information_schema.columns WHERE table_schema = 'countersign' AND table_name <> 'migrations'
  UNION ALL
  SELECT 'index', indexname, indexdef FROM pg_indexes
  WHERE schemaname = 'countersign' AND tablename <> 'migrations'
  UNION ALL
  SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
  WHERE connamespace = 'countersign'::regnamespace AND conname <> 'migrations_pkey'
  UNION ALL
  SELECT 'trigger', tgrelid::regclass || ' ' || tgname, pg_get_triggerdef(oid) FROM pg_trigger
  WHERE NOT tgisinternal
  UNION ALL
  SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = 'countersign'::regnamespace
  ORDER BY 1, 2, 3`

const postgresShape = (url: string) => run(url, SHAPE)

/** What a new database is made of after each step. */
async function stepwise(): Promise<ReadonlyMap<number, unknown[]>> {
  const url = await place.newUrl()
  await run(url, 'CREATE SCHEMA countersign')
  const shapes = new Map<number, unknown[]>()
  for (const { version, sql } of POSTGRES_MIGRATIONS) {
    await run(url, sql)
    shapes.set(version, await postgresShape(url))
  }
  return shapes
}

test('a database of a newer release is refused with a sentence that says what to do', async () => {
  const path = join(folder, 'newer.db')
  const file = createSqliteStore(path)
  await file.migrate()
  await file.close()
  const database = new DatabaseSync(path)
  database.exec(`INSERT INTO cs_migrations VALUES (${NEWEST + 1}, 'of tomorrow', 0)`)
  database.close()
  const { url } = await place.open()
  await run(url, `INSERT INTO countersign.migrations VALUES (${NEWEST + 1}, 'of tomorrow')`)

  for (const store of [
    createSqliteStore(path),
    postgres({ url, limitMilliseconds: PATIENCE_MILLISECONDS }),
  ]) {
    const told = { code: 'STORE_SCHEMA_NEW', message: /start the newer release, or restore the backup/ }
    await assert.rejects(store.migrate(), told)
    await assert.rejects(startIssuer({ ...optionsOf(NEWEST), store }), told)
    await store.close()
  }
})
