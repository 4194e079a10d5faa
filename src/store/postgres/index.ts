import { type PostgresOptions, readOptions } from './options.ts'
import { createPostgresStore, type PostgresStore } from './postgres-store.ts'

/**
 * Keeps everything in the schema `countersign` of a PostgreSQL database, version 13 or later; any number of processes
 * may share it. Needs the package `pg`.
 *
 *     createAuth({ store: postgres(process.env.DATABASE_URL) })
 *     createAuth({ store: postgres({ pool }) })
 *
 * Connects at `open`, not here. Throws a TypeError that names every wrong option.
 */
export function postgres(options: string | PostgresOptions): PostgresStore {
  return createPostgresStore(readOptions(options))
}
