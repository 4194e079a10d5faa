import { createRequire } from 'node:module'
import type { Settings } from '../config/settings.ts'
import { sqlite } from '../store/sqlite/index.ts'
import type { Store } from '../store/store.ts'

const SQLITE_URL = /^sqlite:/

/** The database that DATABASE_URL names. Nothing is opened or made yet. */
export function configuredStore(settings: Settings): Store {
  const { databaseListenUrl } = settings
  const url = settings.databaseUrl.reveal()
  if (SQLITE_URL.test(url)) return sqlite(url.replace(SQLITE_URL, ''))
  return loadPostgres().postgres({
    url,
    ...(databaseListenUrl && { listenUrl: databaseListenUrl.reveal() }),
    connections: settings.databaseConnections,
    preparedStatements: settings.databasePreparedStatements,
  })
}

/**
 * Fifty modules that most issuers have no use for. `createAuth` does not wait, so they are not imported, which would have
 * to be waited for. The compiler changes no ending here.
 */
function loadPostgres(): typeof import('../store/postgres/index.ts') {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return createRequire(import.meta.url)(`../store/postgres/index.${ending}`)
}
