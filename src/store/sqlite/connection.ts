import type { StatementSync } from 'node:sqlite'
import type { Clock } from '../../base/clock.ts'
import type { Database } from './database.ts'
import { toStoreError } from './failure.ts'
import { createGroupCommit, endLeftover, rollBackQuietly } from './group-commit.ts'

/** What is bound to the parameters of a statement, by name. Values never become part of its text. */
export type Values = Readonly<Record<string, string | number | boolean | null | undefined>>

/** `Row` says what the STRICT tables guarantee about the columns asked for. */
export interface Statements {
  get<Row>(sql: string, values?: Values): Row | undefined
  all<Row>(sql: string, values?: Values): Row[]
  /** The number of rows changed. */
  run(sql: string, values?: Values): number
}

/** One committed state of the database. */
export interface Reading extends Pick<Statements, 'get' | 'all'> {
  /** The store's time for everything done here. Milliseconds since 1970. */
  readonly now: number
}

/** A transaction under way. */
export interface Writing extends Reading, Statements {
  /** How long it waited for others and for the lock. */
  readonly waitedMilliseconds: number
}

export interface Connection {
  /** Runs the work on one committed state. */
  read<T>(work: (db: Reading) => T): Promise<T>
  /** Runs the work in one transaction, shared with others but failing alone; fulfilled once it is on disk. */
  write<T>(work: (db: Writing) => T): Promise<T>
}

export interface OpenConnection extends Connection {
  /** Fulfilled when no write is under way. */
  settled(): Promise<void>
}

export function connect(database: Database, clock: Clock): OpenConnection {
  const rows = createStatements(database)
  const group = createGroupCommit(database, clock, rows.followSchema)

  return {
    async read(work) {
      try {
        endLeftover(database)
        database.exec('BEGIN')
        rows.followSchema()
        const result = work({ ...rows, now: clock.now() })
        database.exec('COMMIT')
        return result
      } catch (error) {
        rollBackQuietly(database)
        throw toStoreError(error)
      }
    },
    write(work) {
      return group.write((waitedMilliseconds) => work({ ...rows, now: clock.now(), waitedMilliseconds }))
    },
    settled: () => group.idle(),
  }
}

/** The statements of one connection. */
interface ConnectionStatements extends Statements {
  /** To be called where a transaction begins: another process may have migrated the tables since the last one. */
  followSchema(): void
}

interface Prepared {
  readonly statement: StatementSync
  /** What each position takes, in order. */
  readonly names: readonly string[]
  /** Of its result; known once it was run, for SQLite may prepare by a schema that is out of date, and again as it runs. */
  columns?: readonly string[]
}

/**
 * Each text is prepared once; texts are constants of this folder, so their number is small. Values are bound, and
 * rows read, by position: to look for each name in a statement costs more than to run it.
 */
export function createStatements(database: Database): ConnectionStatements {
  const known = new Map<string, Prepared>()
  let schema: unknown
  function prepare(sql: string): Prepared {
    const before = known.get(sql)
    if (before !== undefined) return before
    const names: string[] = []
    const positional = sql.replace(PARAMETER, (_, name: string) => {
      names.push(name)
      return '?'
    })
    const statement = database.prepare(positional)
    statement.setReturnArrays(true)
    const prepared: Prepared = { statement, names }
    known.set(sql, prepared)
    return prepared
  }
  return {
    get<Row>(sql: string, values: Values = {}) {
      const prepared = prepare(sql)
      const cells = prepared.statement.get(...inOrder(prepared.names, values)) as Cells | undefined
      return cells && toRow<Row>(columnsOf(prepared), cells)
    },
    all<Row>(sql: string, values: Values = {}) {
      const prepared = prepare(sql)
      const rows = prepared.statement.all(...inOrder(prepared.names, values)) as unknown as Cells[]
      return rows.map((cells) => toRow<Row>(columnsOf(prepared), cells))
    },
    run(sql, values = {}) {
      const { statement, names } = prepare(sql)
      return Number(statement.run(...inOrder(names, values)).changes)
    },
    followSchema() {
      // A star stands for other columns in a table that was altered.
      const { statement } = prepare('PRAGMA schema_version')
      const [version] = statement.get() as unknown as Cells
      if (version === schema) return
      known.clear()
      schema = version
    },
  }
}

/** No text of this folder has a colon in a literal. */
const PARAMETER = /:([a-z]\w*)/gi

/** The values by position. Throws a RangeError where one is missing, for that is a fault of ours. */
function inOrder(names: readonly string[], values: Values): (string | number | null)[] {
  return names.map((name) => {
    if (!(name in values)) throw new RangeError(`a statement lacks a value for ${name}`)
    const value = values[name]
    return typeof value === 'boolean' ? Number(value) : (value ?? null)
  })
}

function columnsOf(prepared: Prepared): readonly string[] {
  prepared.columns ??= prepared.statement.columns().map(({ name }) => name)
  return prepared.columns
}

type Cells = readonly unknown[]

/** The driver's own rows have no shape that the engine can remember, so each look at one is a search by name. */
function toRow<Row>(columns: readonly string[], cells: Cells): Row {
  const row: Record<string, unknown> = {}
  for (let at = 0; at < columns.length; at += 1) row[columns[at] as string] = cells[at]
  return row as Row
}
