import type { StoreLoad } from '../store.ts'
import {
  type Connection,
  type PostgresClient,
  type QuerySettings,
  type RunOptions,
  type TransactionOptions,
  toQuery,
} from './connection.ts'
import { isUndone, leavesConnection, toStoreError, unavailable } from './failure.ts'
import type { Statement, Values } from './statement.ts'

/** The part of a `pg` pool that is used. */
export interface PostgresPool {
  connect(): Promise<PostgresPoolClient>
  /** Told of each new connection before it is handed out. */
  on?(name: 'connect', listener: (client: PostgresPoolClient) => void): unknown
}

export interface PostgresPoolClient extends PostgresClient {
  /** An error or true: the connection is not to be used again. */
  release(broken?: Error | boolean): void
  on(name: 'error', listener: () => void): unknown
  off(name: 'error', listener: () => void): unknown
}

export interface PoolSettings extends QuerySettings {
  /** For statements whose work grows with the installation. */
  readonly longLimitMilliseconds: number
  readonly mostWaiting: number
}

export interface PooledConnection extends Connection {
  /** Takes no more work and is fulfilled when none is under way. */
  drain(): Promise<void>
  load(): StoreLoad
}

/** Statements on the connections of a pool. Every wait is bounded: the queue, its time, and the time of a statement. */
export function poolConnection(pool: PostgresPool, settings: PoolSettings): PooledConnection {
  const longSettings = { ...settings, limitMilliseconds: settings.longLimitMilliseconds }
  // From its first moment: the pool stops to listen before whoever waits for the connection can begin to. A server that
  // is shut down says so to each, at times in the same packet as that it is ready, and would take this process along.
  pool.on?.('connect', (client) => client.on('error', ignore))
  const drained: (() => void)[] = []
  let waiting = 0
  let working = 0
  let closed = false

  /** A pool whose certificates cannot be read throws. */
  async function connect(): Promise<PostgresPoolClient> {
    return pool.connect()
  }

  /** A connection that comes too late goes straight back: what has been given up must not run after all. */
  async function acquire(mostWait: number): Promise<PostgresPoolClient> {
    let givenUp = false
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        givenUp = true
        reject(unavailable('no connection was free in time'))
      }, mostWait)
    })
    // Counted until the pool has answered, not until we give up: one of the application's own may queue it for ever.
    waiting += 1
    const connecting = connect().then(
      (client) => {
        waiting -= 1
        if (givenUp) client.release()
        return client
      },
      (error: unknown) => {
        waiting -= 1
        throw error
      },
    )
    try {
      return await Promise.race([connecting, late])
    } finally {
      clearTimeout(timer)
    }
  }

  /** The connection is given back, or thrown away if the work may have left it unusable. */
  async function use<T>(work: (client: PostgresClient) => Promise<T>, mostWait: number): Promise<T> {
    const client = await acquire(mostWait)
    client.on('error', ignore)
    /** In this order, for between the two there is no moment in which nobody listens. */
    const giveBack = (): void => {
      client.release()
      client.off('error', ignore)
    }
    try {
      const result = await work(client)
      giveBack()
      return result
    } catch (error) {
      // One that is thrown away may still say what it died of, and the pool does not listen to it any more.
      if (leavesConnection(error)) giveBack()
      else client.release(true)
      throw error
    }
  }

  /**
   * Counts the work, bounds the queue, and repeats what the database undid because another transaction was first: under
   * SERIALIZABLE, if that is a database's default, of many that meet in one row each time all are undone but one.
   */
  async function run<T>(work: (client: PostgresClient) => Promise<T>, mostWait: number): Promise<T> {
    if (closed) throw unavailable('the store is closed')
    if (waiting >= settings.mostWaiting) throw unavailable('too many statements wait for a connection')
    working += 1
    const since = performance.now()
    try {
      for (;;) {
        try {
          return await use(work, mostWait)
        } catch (error) {
          const late = performance.now() - since >= settings.limitMilliseconds
          if (late || !isUndone(error)) throw toStoreError(error)
        }
      }
    } finally {
      working -= 1
      if (working === 0) for (const resolve of drained.splice(0)) resolve()
    }
  }

  function transaction<T>(
    work: (connection: Connection) => Promise<T>,
    { long = false }: TransactionOptions = {},
  ): Promise<T> {
    return run(
      (client) => inTransaction(client, work, long ? longSettings : settings),
      settings.limitMilliseconds,
    )
  }

  return {
    async rows<Row>(statement: Statement<Row>, values: Values = {}, options: RunOptions = {}) {
      if (statement.long) {
        return transaction((connection) => connection.rows(statement, values), { long: true })
      }
      const query = toQuery(statement, values, settings)
      const mostWait = options.mostWaitMilliseconds ?? settings.limitMilliseconds
      const { rows } = await run(
        (client) => client.query(query),
        Math.min(mostWait, settings.limitMilliseconds),
      )
      return rows as Row[]
    },
    transaction,
    load: () => ({ working, waiting }),
    async drain() {
      closed = true
      if (working > 0) await new Promise<void>((resolve) => drained.push(resolve))
    },
  }
}

/** A connection that breaks also says so by an event, which would end the process; the statement's failure tells enough. */
function ignore(): void {}

async function inTransaction<T>(
  client: PostgresClient,
  work: (connection: Connection) => Promise<T>,
  settings: QuerySettings,
): Promise<T> {
  const command = (text: string) => client.query({ text, query_timeout: settings.limitMilliseconds })
  const connection: Connection = {
    rows: async <Row>(statement: Statement<Row>, values: Values = {}) =>
      (await client.query(toQuery(statement, values, settings))).rows as Row[],
    transaction: (inner) => inner(connection),
  }
  await command('BEGIN ISOLATION LEVEL READ COMMITTED')
  try {
    await command(`SET LOCAL statement_timeout = ${settings.limitMilliseconds}`)
    const result = await work(connection)
    await command('COMMIT')
    return result
  } catch (error) {
    // After any other failure the connection is thrown away, and the transaction with it.
    if (leavesConnection(error)) await command('ROLLBACK')
    throw error
  }
}
