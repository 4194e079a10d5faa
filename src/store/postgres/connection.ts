import { inOrder, type Statement, type Values } from './statement.ts'

/**
 * Runs statements. Both verbs reject with AuthError `STORE_UNAVAILABLE`: then nothing was written, unless it was the
 * answer that did not come, for a commit whose answer is lost may stand.
 */
export interface Connection {
  /** Runs one statement, which is a transaction of its own unless one is open. */
  rows<Row>(statement: Statement<Row>, values?: Values, options?: RunOptions): Promise<Row[]>
  /** Runs the work in one transaction, or as one step of the transaction that is open. It may run more than once. */
  transaction<T>(work: (connection: Connection) => Promise<T>, options?: TransactionOptions): Promise<T>
}

export interface RunOptions {
  /** How long to wait for a free connection, if less than the setting; past it the database is not touched. */
  readonly mostWaitMilliseconds?: number | undefined
}

export interface TransactionOptions {
  /** With the longer time limit. */
  readonly long?: boolean
}

/** The part of a `pg` client that is used; a pool's client or one of the application's own. */
export interface PostgresClient {
  query(config: QueryConfig): Promise<{ readonly rows: readonly unknown[] }>
}

export interface QueryConfig {
  readonly name?: string
  readonly text: string
  readonly values?: unknown[]
  readonly types?: typeof types
  /** Milliseconds. */
  readonly query_timeout: number
}

export interface QuerySettings {
  /** Off for PgBouncer in transaction mode, where the next statement may meet another server connection. */
  readonly prepared: boolean
  readonly limitMilliseconds: number
}

/** One row, for statements that have at most one. */
export async function firstRow<Row>(
  connection: Connection,
  statement: Statement<Row>,
  values?: Values,
  options?: RunOptions,
): Promise<Row | undefined> {
  const [row] = await connection.rows(statement, values, options)
  return row
}

export function toQuery(
  statement: Statement<unknown>,
  values: Values,
  { prepared, limitMilliseconds }: QuerySettings,
): QueryConfig {
  const query = {
    text: statement.text,
    values: inOrder(statement, values),
    types,
    query_timeout: limitMilliseconds,
  }
  return prepared && statement.name !== undefined ? { ...query, name: statement.name } : query
}

/** By type id (pg_type.oid). Our own, for an application may have replaced the driver's for the whole process. */
const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === 't',
  20: Number,
  21: Number,
  23: Number,
  114: (text) => JSON.parse(text),
  701: Number,
}

const types = {
  getTypeParser: (type: number): ((text: string) => unknown) => PARSERS[type] ?? String,
}
