import { type Database, type OpenDatabase, openDatabase } from '../../src/store/sqlite/database.ts'

type Row = Record<string, string | number | bigint | null | Uint8Array>
export type Snapshot = ReadonlyMap<string, readonly Row[]>

/** A database in memory that outlives those who open it, and can fall back to what it was. */
export interface RewindableDatabase {
  /** Each opening finds what the one before left behind. */
  readonly open: OpenDatabase
  snapshot(): Snapshot
  /** Loses every commit since. The numbers of rows begin where they were. */
  rewind(to: Snapshot): void
  rows(sql: string): Row[]
}

export function createRewindableDatabase(): RewindableDatabase {
  const database = openDatabase(':memory:')
  const kept: Database = {
    prepare: (sql) => database.prepare(sql),
    exec: (sql) => database.exec(sql),
    close: () => undefined,
    get isTransaction() {
      return database.isTransaction
    },
  }
  const rows = (sql: string): Row[] => database.prepare(sql).all() as Row[]
  const tables = (): string[] =>
    rows(`SELECT name FROM sqlite_schema WHERE type = 'table' AND (name LIKE 'cs\\_%' ESCAPE '\\'
      OR name = 'sqlite_sequence')`).map(({ name }) => String(name))

  return {
    open: () => kept,
    rows,
    snapshot: () => new Map(tables().map((table) => [table, rows(`SELECT * FROM ${table}`)])),
    rewind(to) {
      database.exec('PRAGMA foreign_keys = OFF; BEGIN')
      for (const [table, former] of to) {
        database.exec(`DELETE FROM ${table}`)
        for (const row of former) {
          const names = Object.keys(row)
          const places = names.map((name) => `:${name}`)
          database
            .prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${places.join(', ')})`)
            .run(row)
        }
      }
      database.exec('COMMIT; PRAGMA foreign_keys = ON')
    },
  }
}
