import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
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
 * to be waited for. As built, the path stands there as it is: what traces the files of an application (Next.js) looks for
 * it, and took a pattern for the types beside it too. The compiler changes no ending here.
 */
function loadPostgres(): typeof import('../store/postgres/index.ts') {
  const here = import.meta.url
  const load = createRequire(here)
  const isSource = here.endsWith('.ts')
  return isSource
    ? load(fileURLToPath(here.replace(/wiring\/[^/]+$/, 'store/postgres/index.ts')))
    : load('../store/postgres/index.js')
}
