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
  const group = createGroupCommit(database, clock)

  return {
    async read(work) {
      try {
        endLeftover(database)
        database.exec('BEGIN')
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

/** Each text is prepared once; texts are constants of this folder, so their number is small. */
export function createStatements(database: Database): Statements {
  const prepared = new Map<string, StatementSync>()
  function prepare(sql: string): StatementSync {
    let statement = prepared.get(sql)
    if (statement === undefined) {
      statement = database.prepare(sql)
      prepared.set(sql, statement)
    }
    return statement
  }
  return {
    get: <Row>(sql: string, values: Values = {}) => prepare(sql).get(bound(values)) as Row | undefined,
    all: <Row>(sql: string, values: Values = {}) => prepare(sql).all(bound(values)) as Row[],
    run: (sql, values = {}) => Number(prepare(sql).run(bound(values)).changes),
  }
}

function bound(values: Values): Record<string, string | number | null> {
  const result: Record<string, string | number | null> = {}
  for (const name in values) {
    const value = values[name]
    result[name] = value === undefined ? null : typeof value === 'boolean' ? Number(value) : value
  }
  return result
}
