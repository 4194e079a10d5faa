import { closeSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { makeFolder } from '../../base/make-folder.ts'

/** The part of node:sqlite that is used; a test puts one in its place that breaks at a chosen call. */
export type Database = Pick<DatabaseSync, 'prepare' | 'exec' | 'close' | 'isTransaction'>

export type OpenDatabase = (path: string) => Database

/** Only for a moment, for it blocks the process; longer waits are the group's, which lets other work go on. */
const BUSY_MILLISECONDS = 50
const OPENING_BUSY_MILLISECONDS = 5000
/** Before anything else is at work: another process that starts may be taking the same steps. */
const MIGRATING_BUSY_MILLISECONDS = 60_000

/** Opens the file, made with its folder for the owner alone where it is missing; `:memory:` for tests. */
export const openDatabase: OpenDatabase = (path) => {
  const { DatabaseSync } = loadSqlite()
  if (path !== ':memory:') createPrivateFile(path)
  const database = new DatabaseSync(path)
  try {
    // Another process may be opening the same new file; switching its journal takes an exclusive lock.
    database.exec(`PRAGMA busy_timeout = ${OPENING_BUSY_MILLISECONDS}`)
    database.exec('PRAGMA journal_mode = WAL')
    // FULL: in WAL mode anything less loses confirmed commits when the power fails.
    database.exec('PRAGMA synchronous = FULL')
    database.exec('PRAGMA foreign_keys = ON')
    database.exec('PRAGMA trusted_schema = OFF')
    database.exec(`PRAGMA busy_timeout = ${BUSY_MILLISECONDS}`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Begins to change the schema, once no other process writes. Blocks the process meanwhile. */
export function beginMigration(database: Database): void {
  database.exec(`PRAGMA busy_timeout = ${MIGRATING_BUSY_MILLISECONDS}`)
  try {
    database.exec('BEGIN IMMEDIATE')
  } finally {
    database.exec(`PRAGMA busy_timeout = ${BUSY_MILLISECONDS}`)
  }
}

function createPrivateFile(path: string): void {
  makeFolder(dirname(path), 0o700)
  // SQLite gives its side files the mode of the main file; an existing file keeps the mode its owner chose.
  closeSync(openSync(path, 'a', 0o600))
}

/** Loaded late, for verifiers never need it; the notice that some releases of Node print about it helps nobody. */
function loadSqlite(): typeof import('node:sqlite') {
  const emitWarning = process.emitWarning
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).startsWith('SQLite is an experimental feature')) return
    Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    return process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}
