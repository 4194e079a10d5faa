import type pg from 'pg'
import { loadOptional } from '../../base/optional-package.ts'

/** The package `pg`, loaded when a database is opened: whoever keeps to SQLite needs no such package. */
export async function loadDriver(): Promise<typeof pg> {
  return (await loadOptional('pg', 'PostgreSQL', () => import('pg'))).default
}
