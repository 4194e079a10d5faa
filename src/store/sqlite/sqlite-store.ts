import { existsSync } from 'node:fs'
import { guardedClock } from '../../base/clock.ts'
import type { Store, StoreOptions } from '../store.ts'
import { apiKeyVerbs } from './api-keys.ts'
import { countPastUse, removePastUse } from './clean-up.ts'
import { clientVerbs } from './clients.ts'
import { codeVerbs } from './codes.ts'
import { type Connection, connect, type OpenConnection } from './connection.ts'
import { consentVerbs } from './consents.ts'
import { type Database, type OpenDatabase, openDatabase } from './database.ts'
import { deviceCodeVerbs } from './device-codes.ts'
import { eventVerbs } from './events.ts'
import { factorVerbs } from './factors.ts'
import { toStoreError, unavailable } from './failure.ts'
import { identityVerbs } from './identities.ts'
import { keyVerbs } from './keys.ts'
import { linkVerbs } from './links.ts'
import { nodeVerbs } from './nodes.ts'
import { oneTimeVerbs } from './one-time.ts'
import { permissionVerbs } from './permissions.ts'
import { refusalVerbs } from './refusals.ts'
import { declareRestored, identify } from './restore.ts'
import { revocationVerbs } from './revocations.ts'
import { checkSchema, migrateSchema } from './schema.ts'
import { sessionVerbs } from './sessions.ts'
import { survey } from './survey.ts'
import { userVerbs } from './users.ts'
import { webhookVerbs } from './webhooks.ts'

/** The driver over a way to open the file; a test hands in one that breaks. */
export function createSqliteStore(path: string, openFile: OpenDatabase = openDatabase): Store {
  let database: Database | undefined
  let opened: OpenConnection | undefined
  let retention: StoreOptions['eventRetentionMilliseconds']

  const connection: Connection = {
    read: async (work) => current().read(work),
    write: async (work) => current().write(work),
  }
  function current(): OpenConnection {
    if (opened === undefined) throw unavailable('the store is not open')
    return opened
  }

  /** The file for a look at its schema; a missing one is not made by looking. */
  function look<T>(at: (database: Database) => T): T {
    if (database !== undefined || path === ':memory:' || existsSync(path)) return at(file())
    const nothing = openFile(':memory:')
    try {
      return at(nothing)
    } finally {
      nothing.close()
    }
  }
  function file(): Database {
    database ??= openFile(path)
    return database
  }
  function closeFile(): void {
    database?.close()
    database = undefined
  }

  return {
    dialect: 'sqlite',
    description: `sqlite:${path}`,

    async open({ clock, migrate, eventRetentionMilliseconds }) {
      if (opened !== undefined) throw unavailable('the store is open already')
      try {
        if (migrate) migrateSchema(file(), clock, false)
        else look(checkSchema)
        opened = connect(file(), clock)
      } catch (error) {
        closeFile()
        throw toStoreError(error)
      }
      retention = eventRetentionMilliseconds
    },

    async close() {
      const closing = opened
      opened = undefined
      await closing?.settled()
      closeFile()
    },

    ping: () => connection.read((db) => void db.get('SELECT 1 FROM cs_store')),

    async migrate({ dryRun = false } = {}) {
      const clock = guardedClock()
      try {
        return dryRun ? look((at) => migrateSchema(at, clock, true)) : migrateSchema(file(), clock, false)
      } catch (error) {
        throw toStoreError(error)
      }
    },

    identify: () => connection.read(identify),
    declareRestored: (least, event) => connection.write((db) => declareRestored(db, least, event)),

    cleanUp: (limit) => connection.write((db) => removePastUse(db, limit, retention)),
    expired: () => connection.read((db) => countPastUse(db, retention)),
    survey: (question) => survey(connection, question),

    users: userVerbs(connection),
    sessions: sessionVerbs(connection),
    clients: clientVerbs(connection),
    apiKeys: apiKeyVerbs(connection),
    codes: codeVerbs(connection),
    consents: consentVerbs(connection),
    deviceCodes: deviceCodeVerbs(connection),
    factors: factorVerbs(connection),
    permissions: permissionVerbs(connection),
    identities: identityVerbs(connection),
    keys: keyVerbs(connection),
    revocations: revocationVerbs(connection),
    nodes: nodeVerbs(connection),
    events: eventVerbs(connection),
    oneTime: oneTimeVerbs(connection),
    links: linkVerbs(connection),
    refusals: refusalVerbs(connection),
    webhooks: webhookVerbs(connection),
  }
}
