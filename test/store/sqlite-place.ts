import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenDatabase } from '../../src/store/sqlite/database.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { type SettableClock, settableClock } from './settable-clock.ts'

/** A file of its own, and the stores that are open on it. */
export interface SqlitePlace {
  readonly path: string
  readonly clock: SettableClock
  open(openFile?: OpenDatabase): Promise<Store>
  /** Closes every store and removes the file. */
  clear(): Promise<void>
}

export function sqlitePlace(): SqlitePlace {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-store-'))
  const path = join(folder, 'data', 'countersign.db')
  const clock = settableClock()
  const stores: Store[] = []
  return {
    path,
    clock,
    async open(openFile) {
      const store = createSqliteStore(path, openFile)
      await store.open({ clock, migrate: true })
      stores.push(store)
      return store
    },
    async clear() {
      for (const store of stores) await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
