import type { Settings } from '../config/settings.ts'
import { postgres } from '../store/postgres/index.ts'
import { sqlite } from '../store/sqlite/index.ts'
import type { Store } from '../store/store.ts'

const SQLITE_URL = /^sqlite:/

/** The database that DATABASE_URL names. Nothing is opened or made yet. */
export function configuredStore(settings: Settings): Store {
  const { databaseListenUrl } = settings
  const url = settings.databaseUrl.reveal()
  if (SQLITE_URL.test(url)) return sqlite(url.replace(SQLITE_URL, ''))
  return postgres({
    url,
    ...(databaseListenUrl && { listenUrl: databaseListenUrl.reveal() }),
    connections: settings.databaseConnections,
    preparedStatements: settings.databasePreparedStatements,
  })
}
