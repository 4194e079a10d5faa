import type { Store } from '../store.ts'
import { createSqliteStore } from './sqlite-store.ts'

/**
 * Keeps everything in one SQLite file; its folder and the file are made for their owner alone where they are missing.
 * `:memory:` forgets everything when it is closed.
 *
 *     createAuth({ store: sqlite('./data/countersign.db') })
 *
 * Several processes of one machine may share the file; several machines may not (no network file systems).
 */
export function sqlite(path: string): Store {
  return createSqliteStore(path)
}
