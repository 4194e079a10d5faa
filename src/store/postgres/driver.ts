import type pg from 'pg'
import { loadOptional } from '../../base/optional-package.ts'

/** The package `pg`, loaded when a database is opened: whoever keeps to SQLite needs no such package. */
export async function loadDriver(): Promise<typeof pg> {
  return (await loadOptional('pg', 'PostgreSQL', () => import('pg'))).default
}

/**
 * A connection whose certificates cannot be read, as while they are replaced, and which fails when it connects. The driver's
 * own throws when it is made, and for somebody who waits a pool makes one where nobody would catch that.
 */
export function failingLate(Client: typeof pg.Client): typeof pg.Client {
  return new Proxy(Client, {
    construct(made, [config]: [pg.ClientConfig]) {
      try {
        return new made(config)
      } catch (error) {
        const client = new made()
        const fail = (told?: (error: unknown) => void): unknown =>
          told === undefined ? Promise.reject(error) : process.nextTick(told, error)
        return Object.assign(client, { connect: fail })
      }
    },
  })
}
