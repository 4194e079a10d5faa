import { failingLate, loadDriver } from './driver.ts'
import type { PostgresSettings } from './options.ts'
import type { PostgresPool } from './pool.ts'

const IDLE_MILLISECONDS = 30_000

export interface OwnPool extends PostgresPool {
  end(): Promise<void>
}

/** A pool of our own. Connections are made when they are needed. */
export async function openPool(
  url: string,
  {
    connections,
    limitMilliseconds,
    prepared,
  }: Pick<PostgresSettings, 'connections' | 'limitMilliseconds' | 'prepared'>,
): Promise<OwnPool> {
  const pg = await loadDriver()
  const pool = new pg.Pool({
    Client: failingLate(pg.Client),
    connectionString: url,
    application_name: 'countersign',
    max: connections,
    connectionTimeoutMillis: limitMilliseconds,
    idleTimeoutMillis: IDLE_MILLISECONDS,
    keepAlive: true,
    // The server's own limits hold when this process cannot ask any more; an older PgBouncer refuses to pass them on.
    ...(prepared && {
      statement_timeout: limitMilliseconds,
      idle_in_transaction_session_timeout: limitMilliseconds,
    }),
  })
  // A connection that breaks while nobody uses it is dropped by the pool; without a listener it would end the process.
  pool.on('error', () => {})
  return pool
}
