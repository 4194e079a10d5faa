import { guardedClock } from '../../base/clock.ts'
import type { Store, StoreOptions } from '../store.ts'
import { countPastUse, removePastUse } from './clean-up.ts'
import { clientVerbs } from './clients.ts'
import { type Connection, connect, type OpenConnection } from './connection.ts'
import { type Database, type OpenDatabase, openDatabase } from './database.ts'
import { eventVerbs } from './events.ts'
import { toStoreError, unavailable } from './failure.ts'
import { keyVerbs } from './keys.ts'
import { nodeVerbs } from './nodes.ts'
import { oneTimeVerbs } from './one-time.ts'
import { revocationVerbs } from './revocations.ts'
import { checkSchema, migrateSchema } from './schema.ts'
import { sessionVerbs } from './sessions.ts'
import { userVerbs } from './users.ts'

/** The driver over a way to open the file; a test hands in one that breaks. */
export function createSqliteStore(path: string, openFile: OpenDatabase = openDatabase): Store {
  let database: Database | undefined
  let opened: OpenConnection | undefined
  let retention: StoreOptions['eventRetentionMilliseconds']

  function file(): Database {
    database ??= openFile(path)
    return database
  }
  function current(): OpenConnection {
    if (opened === undefined) throw unavailable('the store is not open')
    return opened
  }
  const connection: Connection = {
    read: async (work) => current().read(work),
    write: async (work) => current().write(work),
  }

  return {
    dialect: 'sqlite',
    description: `sqlite:${path}`,

    async open({ clock, migrate, eventRetentionMilliseconds }) {
      if (opened !== undefined) throw unavailable('the store is open already')
      try {
        if (migrate) migrateSchema(file(), clock, false)
        else checkSchema(file())
      } catch (error) {
        throw toStoreError(error)
      }
      retention = eventRetentionMilliseconds
      opened = connect(file(), clock)
    },

    async close() {
      const closing = opened
      opened = undefined
      await closing?.settled()
      database?.close()
      database = undefined
    },

    ping: () => connection.read((db) => void db.get('SELECT 1 FROM cs_store')),

    async migrate({ dryRun = false } = {}) {
      try {
        return migrateSchema(file(), guardedClock(), dryRun)
      } catch (error) {
        throw toStoreError(error)
      }
    },

    cleanUp: (limit) => connection.write((db) => removePastUse(db, limit, retention)),
    expired: () => connection.read((db) => countPastUse(db, retention)),

    users: userVerbs(connection),
    sessions: sessionVerbs(connection),
    clients: clientVerbs(connection),
    keys: keyVerbs(connection),
    revocations: revocationVerbs(connection),
    nodes: nodeVerbs(connection),
    events: eventVerbs(connection),
    oneTime: oneTimeVerbs(connection),
  }
}
